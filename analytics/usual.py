"""What a meter usually uses at an hour: the median of the same hour on similar earlier days, with a band."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analytics.hours import HOURS_PER_DAY, KEPT, DayGrid, Hours, day_grid
from analytics.robust import SIGMA_PER_MAD, median, spread
from campus.calendar import DayKind
from campus.registry import School

# Similar days looked back at, and how old they may be [days]: two months, so that a season does not linger.
LOOK_BACK = 8
OLDEST_DAYS = 63
# What heating uses changes within days when its season begins. Nine days hold enough class days to compare with, and
# on the first heating weekend too few free ones: nothing is then called usual.
OLDEST_HEATING_DAYS = 9
HEATING = frozenset({"heat", "gas", "gas_energy"})
# Known values asked for before an hour has a usual value.
LEAST_DAYS = 4
# Half width of the band in standard deviations as eight days give them. Measured on five university buildings of
# 2017-2021 (one-step-ahead, shared/data/cambridge): four hours in five lie inside; 1.645 would hold two in three.
BAND_SIGMAS = 2.5

Numbers = NDArray[np.float64]
_CLOSED = (DayKind.WEEKEND, DayKind.HOLIDAY, DayKind.VACATION)


@dataclass(frozen=True, slots=True)
class Usual:
    """Expected use per hour (n,) [unit of the hours] with its band; NaN where too few similar days are known."""

    value: Numbers
    low: Numbers
    high: Numbers


@lru_cache(KEPT)
def usual(hours: Hours, school: School, oldest_days: int = OLDEST_DAYS) -> Usual:
    """Return what each hour usually is, from days before its own only; for the same hours the same arrays, read-only.

    Days older than `oldest_days` count for nothing. Similar days are, as far as enough are known: the same kind and
    weekday, then the same kind, then (for days without classes) any day without classes. Make-up days are like class
    days.
    """
    grid = day_grid(hours, school)
    value, deviation = _from_similar_days(grid, oldest_days)
    value, deviation = value[grid.row, grid.hour], deviation[grid.row, grid.hour]
    half = BAND_SIGMAS * SIGMA_PER_MAD * deviation
    known = Usual(value, np.maximum(value - half, 0.0), value + half)
    for shared in (known.value, known.low, known.high):
        shared.flags.writeable = False
    return known


def _from_similar_days(grid: DayGrid, oldest_days: int) -> tuple[Numbers, Numbers]:
    """Return median and median absolute deviation (days, 24), each cell from the nearest rule that suffices."""
    value = np.full(grid.value.shape, np.nan)
    deviation = value.copy()
    for target, similar in _rules(grid):
        # The farther likeness is only asked for where a nearer one does not suffice.
        rows = np.flatnonzero(target & np.isnan(value).any(axis=1))
        centre, width = _before(grid.value, (rows, np.flatnonzero(similar)), oldest_days)
        missing = np.isnan(value[rows])
        value[rows] = np.where(missing, centre, value[rows])
        deviation[rows] = np.where(missing, width, deviation[rows])
    return value, deviation


def _rules(grid: DayGrid) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Return pairs of (days to fill, days they are like), the closest likeness first."""
    weekday = (grid.first.weekday() + np.arange(len(grid.kinds))) % 7
    working, weekend = grid.is_kind(DayKind.CLASS, DayKind.MAKEUP), grid.is_kind(DayKind.WEEKEND)
    class_day, closed = grid.is_kind(DayKind.CLASS), grid.is_kind(*_CLOSED)
    same_weekday = [(kind & (weekday == d),) * 2 for kind in (class_day, weekend) for d in range(7)]
    same_kind = [(grid.is_kind(kind),) * 2 for kind in (DayKind.HOLIDAY, DayKind.VACATION)]
    return [*same_weekday, (working, working), (weekend, weekend), *same_kind, (closed, closed)]


def _before(
    value: Numbers, likeness: tuple[NDArray[np.int64], NDArray[np.int64]], oldest_days: int
) -> tuple[Numbers, Numbers]:
    """Return median and deviation (rows, 24) over the last `LOOK_BACK` similar days before each row."""
    rows, similar = likeness
    end = np.searchsorted(similar, rows)
    place = end[:, None] - 1 - np.arange(LOOK_BACK)
    if not len(similar):
        return (np.full((len(rows), HOURS_PER_DAY), np.nan),) * 2
    earlier = similar[np.maximum(place, 0)]
    valid = (place >= 0) & (rows[:, None] - earlier <= oldest_days)
    seen = np.where(valid[..., None], value[earlier], np.nan).swapaxes(1, 2)
    centre = median(seen, LEAST_DAYS)
    return centre, spread(seen, centre)
