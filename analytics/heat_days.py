"""Days of a heated place: what it took, how cold it was, whether it was the season, and whether anybody worked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analytics import planned
from analytics.detector import Context, NotJudged, Verdict
from analytics.excess import Flags
from analytics.hours import HOURS_PER_DAY, KEPT, DayGrid, Hours, Numbers, day_grid
from campus.calendar import WORKING, DayKind
from campus.registry import STATION, Season

# Hours of a day that must be known for it to have an amount, as of its mean temperature.
LEAST_HOURS = 21
# Part of a day's need that follows the day before: walls keep a day's cold. Of 0, 0.3 and 0.5 the one that scattered
# least at four of five gas-heated university buildings (2017-2021, shared/data/cambridge).
DAY_BEFORE = 0.3
# The first days of a season fill, vent and balance the network and warm up the walls. Ours.
RAMP_DAYS = 7
# Without the next season registered, days this long after a season are surely outside one: until mid-August where it
# ends in March. Ours.
SURELY_OFF_DAYS = 150
# Filling and trial runs before a season. Ours.
TRIAL_DAYS = 14
Rows = NDArray[np.int64]

FUELS = frozenset({"gas", "gas_energy"})

BY_HEAT_METER = NotJudged(
    "by_heat_meter",
    "锅炉房有热量表，由热量表判断。",
    "The boiler room has a heat meter, which is judged instead.",
)
NO_SEASON = NotJudged(
    "no_season",
    "没有登记供暖期，登记后才能判断。",
    "No heating season is registered: it is judged once one is.",
)
NO_WEATHER = NotJudged(
    "no_weather",
    "没有室外气温，分不清是天冷还是多用。",
    "Without outdoor temperatures cold weather cannot be told from waste.",
)
TOO_LITTLE = NotJudged(
    "too_little_history",
    "供暖期里可用的日子还不够，或者用量不跟着气温走，不知道平时多少。",
    "Too few known days of a heating season, or none that follow the weather, to say what is usual.",
)


@dataclass(frozen=True, slots=True)
class HeatDays:
    """Local days of a heat meter, or of a boiler's fuel.

    `amount` (days,) [GJ, m³ or kWh a day], NaN where too little is known. `outdoor_c` (days,) is the mean outdoor
    temperature with a part of the day before's, NaN where unknown. `season` (days,) is the place of the day's heating
    season in `School.heating`, -1 outside; `since` (days,) counts its days from 0. `off` (days,) is surely no season,
    and `after` (days,) counts its days since one from 0.
    `free` (days,) says that nobody works, `weekend` (days,) that only the week says so, `stretch` (days,) where the
    free days begin that a free day lies among.
    """

    grid: DayGrid
    amount: Numbers
    outdoor_c: Numbers
    season: Rows
    since: Rows
    off: Flags
    after: Rows
    free: Flags
    weekend: Flags
    stretch: Rows

    @property
    def settled(self) -> Flags:
        """Days of a season (days,) after its first ones."""
        return np.asarray((self.season >= 0) & (self.since >= RAMP_DAYS))


def not_heating(context: Context) -> Verdict | None:
    """Return what is said of a meter that does not tell what heating takes: a fuel does where no heat meter does.

    Of what no boiler room burns there is nothing to say.
    """
    if context.quantity not in FUELS:
        return None
    if context.kind != STATION:
        return []
    return BY_HEAT_METER if any(one.quantity == "heat" for one in context.around.beside) else None


def heat_days(hours: Hours, context: Context) -> HeatDays:
    """Return the days of a meter."""
    grid = day_grid(hours, context.school)
    season, since, after = seasons(grid, context.school.heating)
    shut = planned.closed(grid, context.plans).all(axis=1)
    free = shut | ~grid.is_kind(*WORKING)
    return HeatDays(
        grid=grid,
        amount=amounts(grid),
        outdoor_c=_felt(context, len(season)),
        season=season,
        since=since,
        off=after >= 0,
        after=after,
        free=free,
        weekend=~shut & grid.is_kind(DayKind.WEEKEND),
        stretch=np.maximum.accumulate(np.where(free, -1, np.arange(len(free)))) + 1,
    )


def amounts(grid: DayGrid) -> Numbers:
    """Return what each day took (days,): the mean of its known hours × 24, NaN where fewer than `LEAST_HOURS` are."""
    known = np.isfinite(grid.value)
    count = known.sum(axis=1)
    total = np.where(known, grid.value, 0.0).sum(axis=1)
    enough = count >= LEAST_HOURS
    found: Numbers = np.divide(total * HOURS_PER_DAY, count, out=np.full(len(count), np.nan), where=enough)
    return found


def _felt(context: Context, days: int) -> Numbers:
    """Return the day's mean outdoor temperature (days,) [°C] with a part of the day before's."""
    temperature = context.around.temperature
    if temperature is None:
        return np.full(days, np.nan)
    mean_c = amounts(day_grid(temperature, context.school)) / HOURS_PER_DAY
    before = np.concatenate([mean_c[:1], mean_c[:-1]])
    return np.where(np.isfinite(before), (1 - DAY_BEFORE) * mean_c + DAY_BEFORE * before, mean_c)


@lru_cache(KEPT)
def _seasons(first: int, days: int, heating: tuple[Season, ...]) -> tuple[Rows, Rows, Rows]:
    day = first + np.arange(days)
    season, since, after = np.full((3, days), -1)
    ordered = sorted(range(len(heating)), key=lambda place: heating[place].first)
    for place, following in pairwise([*ordered, None]):
        assert place is not None
        begin, end = heating[place].first.toordinal(), heating[place].last.toordinal() + 1
        inside = (day >= begin) & (day < end)
        season[inside], since[inside] = place, day[inside] - begin
        until = end + SURELY_OFF_DAYS if following is None else heating[following].first.toordinal() - TRIAL_DAYS
        outside = (day >= end) & (day < until)
        after[outside] = day[outside] - end
    after[season >= 0] = -1
    for shared in (season, since, after):
        shared.flags.writeable = False
    return season, since, after


def seasons(grid: DayGrid, heating: tuple[Season, ...]) -> tuple[Rows, Rows, Rows]:
    """Return of each day (days,) the place of its season and its number in it, and since when it is surely in none.

    Each is -1 where it does not hold. Between two registered seasons it is in none, but for the trial runs before
    one; before the first nobody knows.
    """
    return _seasons(grid.first.toordinal(), len(grid.kinds), heating)
