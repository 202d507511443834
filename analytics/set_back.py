"""How far a place sets its heating back on free days, and whether it did so at the beginning of a stretch of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

import numpy as np

from analytics.excess import Flags
from analytics.heat_days import HeatDays, Rows
from analytics.heat_response import MEMORY_DAYS, Response, good_days, response
from analytics.hours import Numbers
from analytics.robust import deviation, middle

# Free days that make a share: the newest so many, at least so many. Ours.
LOOK_BACK, LEAST_DAYS = 40, 4
# On a day that needs less than this part of an ordinary one a share says nothing. Ours.
LEAST_PART = 0.25
# A share above this is no set-back. Ours.
NONE_FROM = 0.9
# A day is too much above what it usually takes by at least this share of that, and by so many standard deviations of
# the place's own days. On mild days, whose need is small, by the share of so much of an ordinary day's. Ours.
LEAST_SHARE, NOISE_SIGMAS, MILD_PART = 0.15, 2.0, 0.5
# A free day is not set back when it lacks more than this part of what setting back usually saves. Ours.
LOST = 0.5
# Free days at the beginning of a stretch that tell whether it was set back.
BEGIN = 2
# How far back the last working day before a stretch is looked for [days].
NEAR_DAYS = 4


@dataclass(frozen=True, slots=True)
class Share:
    """A free day takes `value` of a working day's heat at like temperature, and scatters around it by `sigma`."""

    value: float
    sigma: float

    @property
    def set_back(self) -> bool:
        """Whether it is one at all."""
        return self.value <= NONE_FROM


@dataclass(frozen=True, slots=True)
class Held:
    """What days are held against: the line, what it gives for each as a working day (days,), and the shares of
    weekends and of holidays."""

    line: Response
    working: Numbers
    weekend: Share | None
    holiday: Share | None

    def free(self, days: HeatDays, row: int) -> Share | None:
        """Return the share of a free day; a holiday has that of weekends, which are set back no farther, while too
        few holidays are known."""
        return self.weekend if days.weekend[row] else self.holiday or self.weekend

    def band(self, days: HeatDays, row: int) -> tuple[float, float]:
        """Return what a day usually takes and by how much it may take more [unit a day]; NaN where unknown."""
        working = float(self.working[row])
        if not days.free[row]:
            return working, self._margin((working, 1.0), self.line.sigma)
        free = self.free(days, row)
        if free is None:
            return float("nan"), float("nan")
        sigma = hypot(self.line.sigma * free.value, free.sigma * working)
        return working * free.value, self._margin((working * free.value, free.value), sigma)

    def set_back_until(self, days: HeatDays, row: int) -> float:
        """Return up to what amount a free day counts as set back [unit a day]; NaN where unknown."""
        usual, margin = self.band(days, row)
        return usual + max(margin, self.lost(row, usual))

    def lost(self, row: int, usual: float) -> float:
        """Return how far above a usual amount a free day takes when it is not set back [unit a day]."""
        return max(LEAST_SHARE * usual, LOST * (float(self.working[row]) - usual))

    def _margin(self, usual: tuple[float, float], sigma: float) -> float:
        amount, part = usual
        return max(LEAST_SHARE * max(amount, MILD_PART * self.line.level * part), NOISE_SIGMAS * sigma)


def held(days: HeatDays, good: Flags, row: int) -> Held | None:
    """Return what the days of the week of `row` are held against, from good days before; None for too few of them."""
    line = response(days, good_days(days, good, row))
    if line is None:
        return None
    working = line.expected(days.outdoor_c)
    start = max(0, row - MEMORY_DAYS)
    free = np.flatnonzero(good[start:row] & days.free[start:row]) + start
    return Held(line, working, *(share(days, rows, (line, working)) for rows in _weekends_and_holidays(days, free)))


def _weekends_and_holidays(days: HeatDays, free: Rows) -> tuple[Rows, Rows]:
    return free[days.weekend[free]], free[~days.weekend[free]]


def share(days: HeatDays, rows: Rows, held_to: tuple[Response, Numbers]) -> Share | None:
    """Return the share that free days `rows` took, None where too few of them can be told."""
    line, working = held_to
    rows = rows[-LOOK_BACK:]
    rows = rows[working[rows] >= LEAST_PART * line.level]
    if len(rows) < LEAST_DAYS:
        return None
    taken = days.amount[rows] / working[rows]
    return Share(middle(taken), deviation(taken))


def begun(days: HeatDays, row: int) -> list[int]:
    """Return the first known free days, up to `BEGIN`, of the stretch of free days that day `row` lies in."""
    first = int(days.stretch[row])
    known = np.flatnonzero(np.isfinite(days.amount[first : row + 1]))[:BEGIN]
    return [first + int(at) for at in known]


def level_before(days: HeatDays, row: int, known: Held) -> float:
    """Return by what the last working day before a stretch, which begins at `row`, was above what is usual.

    1.0 where it was not too much, or lies too far back. A place whose valve sticks takes more on free days too,
    however well it is set back.
    """
    for at in range(row - 1, max(row - 1 - NEAR_DAYS, -1), -1):
        if not days.free[at] and np.isfinite(days.amount[at]) and days.season[at] >= 0:
            usual, margin = known.band(days, at)
            over = days.amount[at] > usual + margin and usual >= LEAST_PART * known.line.level
            return float(days.amount[at]) / usual if over else 1.0
    return 1.0


def stays_up(days: HeatDays, row: int, known: Held) -> bool:
    """Whether the stretch of free days that day `row` lies in was not set back from its beginning."""
    first = begun(days, row)
    if len(first) < BEGIN:
        return False
    level = level_before(days, first[0], known)
    return all(days.amount[at] > level * known.set_back_until(days, at) for at in first)
