"""What runs in a building day and night, and whether there is more of it than on calm days before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.degree_days import cooling_degree_days, heating_degree_days
from analytics.events import Event, Rule
from analytics.hours import HOURS_PER_DAY, DayGrid, Numbers
from analytics.like_rows import Reach, earlier, level
from analytics.robust import SIGMA_PER_MAD, median
from analytics.scan import Mark, after_events, scan
from campus.calendar import WORKING

# The base load of a day is its third lowest hour: what stays when everybody sleeps, but for a reading gone wrong.
LOWEST, LEAST_HOURS = 2, 20
# Six of seven days: what stays. Five quiet ones end it; back within three weeks, it is the same.
RULE = Rule(above=6, of=7, quiet=5, memory=12, rejoin=21)
# Four weeks of like days are what is usual; the last week may be the step itself.
USUAL = Reach(recent=28, least=5, oldest=365, gap=7)
# A level that a quarter of the days of the last year had is not new; half a year must be known to say so.
SEEN_SHARE, YEAR_DAYS, LEAST_YEAR_DAYS, RENEWED_DAYS = 0.75, 365, 180, 28
# Counted above the usual by the greatest of these: share (ours: below the 20 % of `out_of_hours`, since seven days
# are looked at and not three), and times its own standard deviation (ours).
LEAST_SHARE, NOISE_SIGMAS = 0.15, 3.5
# A day is only held against days as warm, so close in degree days [K, ours]: the first hot days cool, and the first
# cold ones heat, what nothing did before. Between the two bases nobody does either.
AS_WARM_K = 5.0


# It runs all day when so many hours of the day have risen by this share of it (ours), each held against at least so
# many days.
LEAST_RISEN, RISEN_SHARE, LEAST_ALIKE = 18, 0.5, 3


@dataclass(frozen=True, slots=True)
class Base:
    """The base load by local day (days,) [kW], what was usual and how much above it counts; NaN where unknown."""

    grid: DayGrid
    value: Numbers
    usual: Numbers
    margin: Numbers
    events: list[Event]


def base_load(grid: DayGrid, outside: Numbers | None, least_kw: float) -> Base:
    """Return the base load of each day and the events in which it was higher than usual by at least `least_kw`.

    `outside` (days,) is the mean outdoor temperature [°C], None where no weather is kept.
    """
    known = (np.isfinite(grid.value).sum(axis=1) >= LEAST_HOURS) & grid.over()
    value = np.where(known, np.sort(grid.value, axis=1)[:, LOWEST], np.nan)
    base = Base(grid, value, np.full(len(value), np.nan), np.full(len(value), np.nan), [])
    working = grid.is_kind(*WORKING)

    def above(calm: Mark, held: int | None) -> Numbers:
        known = calm & np.isfinite(value)
        before = np.where(
            working[:, None], earlier(known & working, held, USUAL), earlier(known & ~working, held, USUAL)
        )
        usual, noise = level(value, _as_warm(outside, before), USUAL.least)
        usual = np.where(np.isnan(usual), np.nan, np.fmax(usual, _seen(value, calm, held)))
        margin = np.maximum(np.maximum(LEAST_SHARE * usual, least_kw), NOISE_SIGMAS * SIGMA_PER_MAD * noise)
        # Days up to the last event stay held against what they were judged by.
        rows = slice(after_events(calm) if held is None else held, None)
        base.usual[rows], base.margin[rows] = usual[rows], margin[rows]
        return np.where(np.isfinite(value) & np.isfinite(usual), value > usual + margin, np.nan)

    found = scan(len(value), above, RULE)
    base.events.extend(event for event in found if _stands_out(event, base) and _all_day(event, base, working))
    return base


def _stands_out(event: Event, base: Base) -> bool:
    """Whether any day is above the level just before the event, which is newer than the one it was noticed by."""
    rows = slice(event.first, event.end)
    return bool((base.value[rows] > base.usual[rows] + base.margin[rows]).any())


def _all_day(event: Event, base: Base, working: Mark) -> bool:
    """Whether most hours of the day rose with the base load: what runs at night alone is no base load.

    It is said of the days up to the one on which the event was known, each hour against the four weeks before.
    """
    now, before = np.arange(event.first, event.known + 1), np.arange(max(0, event.first - USUAL.recent), event.first)
    rise = np.full((len(now), HOURS_PER_DAY), np.nan)
    for group in (True, False):
        mine = working[now] == group
        rise[mine] = base.grid.value[now[mine]] - median(
            base.grid.value[before[working[before] == group]].T, LEAST_ALIKE
        )
    size = float(np.median((base.value - base.usual)[now][np.isfinite((base.value - base.usual)[now])]))
    risen = median(rise.T) >= RISEN_SHARE * size
    return bool(risen.sum() >= LEAST_RISEN)


def _seen(value: Numbers, calm: Mark, held: int | None) -> Numbers:
    """Return the level (days,) that the year before has seen on a quarter of its days; NaN unless half is known.

    It is renewed every four weeks.
    """
    starts = np.arange(0, len(value), RENEWED_DAYS) if held is None else np.array([held])
    found = np.full(len(starts), np.nan)
    for place, start in enumerate(starts):
        past = slice(max(0, start - YEAR_DAYS), max(0, start - (USUAL.gap if held is None else 0)))
        known = value[past][calm[past] & np.isfinite(value[past])]
        if len(known) >= LEAST_YEAR_DAYS:
            found[place] = np.quantile(known, SEEN_SHARE)
    return np.repeat(found, RENEWED_DAYS)[: len(value)] if held is None else np.full(len(value), found[0])


def _as_warm(outside: Numbers | None, before: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the earlier rows (rows, n) without those colder or warmer than each; of unknown warmth all stay."""
    if outside is None or not len(outside):
        return before
    degrees = cooling_degree_days(outside) - heating_degree_days(outside)
    apart = np.abs(degrees[before] - degrees[:, None])
    return np.where(apart > AS_WARM_K, -1, before)
