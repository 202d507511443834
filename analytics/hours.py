"""A meter's use by the hour, and the same laid out as local days × hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from campus.calendar import DayKind, day_kind, local_hours, midnight
from campus.registry import School

HOURS_PER_DAY = 24
# An hour is evidence only when this much of it was measured and no more of it than the rest was filled in.
MEASURED = 0.9
# Grids kept, since every rule that judges a meter, or looks at it from beside, lays it out the same way: those of a
# building class, at 0.1 MB a year each.
KEPT = 64
_HOUR_MS = 3_600_000

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """Use of one meter per UTC hour on a complete grid; its arrays are never written to.

    `start_ms` (n,) epoch ms, every hour once, ascending; `value` (n,) [kWh or m³ per hour], NaN where unknown;
    `coverage` and `estimated` (n,) as in a Figure.
    """

    start_ms: NDArray[np.int64]
    value: Numbers
    coverage: Numbers
    estimated: Numbers

    def measured(self) -> Numbers:
        """Return the values (n,) with NaN wherever less than `MEASURED` of the hour was measured."""
        with np.errstate(invalid="ignore"):
            poor = (self.coverage < MEASURED) | (self.estimated > 1 - MEASURED)
        return np.where(poor, np.nan, self.value)


@dataclass(frozen=True, slots=True)
class DayGrid:
    """Measured hours as local days: `value` (days, 24), NaN where unknown or where the clock skips the hour.

    `row` and `hour` (n,) give each hour of the input its place. Of a doubled hour in autumn the mean is kept.
    """

    first: date
    kinds: tuple[DayKind, ...]
    value: Numbers
    row: NDArray[np.int64]
    hour: NDArray[np.int64]
    zone: ZoneInfo

    def day(self, row: int) -> date:
        """Return the local day of a row."""
        return self.first + timedelta(days=int(row))

    def instant(self, row: int, hour: int = 0) -> datetime:
        """Return the UTC instant of a local hour of a row; hours beyond 0..23 lie in neighbouring days."""
        days, rest = divmod(hour, HOURS_PER_DAY)
        return midnight(self.day(row + days), self.zone) + timedelta(hours=rest)

    def over(self) -> NDArray[np.bool_]:
        """Return which days lie whole in the hours that were laid out (days,): the last one may not be over yet."""
        laid = np.bincount(self.row, minlength=len(self.value))
        whole: NDArray[np.bool_] = laid >= HOURS_PER_DAY - 1
        return whole

    def is_kind(self, *kinds: DayKind) -> NDArray[np.bool_]:
        """Return which rows are of one of the kinds (days,)."""
        return np.array([kind in kinds for kind in self.kinds], bool)


@lru_cache(KEPT)
def day_grid(hours: Hours, school: School) -> DayGrid:
    """Lay hours out as local days of a school; who asks for the same hours again gets the same grid, read-only."""
    at, first_ms = len(hours.start_ms), int(hours.start_ms[0]) if len(hours.start_ms) else 0
    day, hour = _places(first_ms, at, school.timezone)
    first = int(day[0]) if at else date(1970, 1, 1).toordinal()
    row = day - first
    days = int(row[-1]) + 1 if at else 0
    value = hours.measured()
    known = np.isfinite(value)
    place = row[known] * HOURS_PER_DAY + hour[known]
    total = np.bincount(place, value[known], days * HOURS_PER_DAY)
    count = np.bincount(place, minlength=days * HOURS_PER_DAY)
    mean = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0).reshape(days, HOURS_PER_DAY)
    for shared in (row, mean):
        shared.flags.writeable = False
    return DayGrid(date.fromordinal(first), _kinds(first, days, school), mean, row, hour, school.timezone)


@lru_cache(KEPT)
def _places(first_ms: int, count: int, zone: ZoneInfo) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the local day and hour of `count` hours from `first_ms` on: the meters of a school mostly share them."""
    day, hour = local_hours(first_ms + np.arange(count, dtype=np.int64) * _HOUR_MS, zone)
    for shared in (day, hour):
        shared.flags.writeable = False
    return day, hour


@lru_cache(KEPT)
def _kinds(first: int, days: int, school: School) -> tuple[DayKind, ...]:
    return tuple(day_kind(date.fromordinal(first + i), school) for i in range(days))
