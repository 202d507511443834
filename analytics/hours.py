"""A meter's use by the hour, and the same laid out as local days × hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from campus.calendar import DayKind, day_kind, local_hours, midnight
from campus.registry import School

HOURS_PER_DAY = 24
# An hour is evidence only when this much of it was measured and no more of it than the rest was filled in.
MEASURED = 0.9

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hours:
    """Use of one meter per UTC hour on a complete grid.

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

    def is_kind(self, *kinds: DayKind) -> NDArray[np.bool_]:
        """Return which rows are of one of the kinds (days,)."""
        return np.array([kind in kinds for kind in self.kinds], bool)


def day_grid(hours: Hours, school: School) -> DayGrid:
    """Lay hours out as local days of a school."""
    day, hour = local_hours(hours.start_ms, school.timezone)
    first = int(day[0]) if len(day) else date(1970, 1, 1).toordinal()
    row = day - first
    days = int(row[-1]) + 1 if len(row) else 0
    value = hours.measured()
    known = np.isfinite(value)
    place = row[known] * HOURS_PER_DAY + hour[known]
    total = np.bincount(place, value[known], days * HOURS_PER_DAY)
    count = np.bincount(place, minlength=days * HOURS_PER_DAY)
    mean = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    kinds = tuple(day_kind(date.fromordinal(first + i), school) for i in range(days))
    return DayGrid(date.fromordinal(first), kinds, mean.reshape(days, HOURS_PER_DAY), row, hour, school.timezone)
