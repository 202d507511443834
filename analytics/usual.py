"""What a meter usually uses at an hour: the median of the same hour on similar earlier days, with a band."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analytics.hours import KEPT, DayGrid, Hours, day_grid
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
    """Return median and median absolute deviation (days, 24), each cell from the nearest likeness that suffices."""
    value = np.full(grid.value.shape, np.nan)
    deviation = value.copy()
    for classes in _likenesses(grid):
        earlier = _earlier(classes, oldest_days)
        # The farther likeness is only asked for where a nearer one does not suffice.
        rows = np.flatnonzero((earlier >= 0).any(axis=1) & np.isnan(value).any(axis=1))
        centre, width = _among(grid.value, earlier[rows])
        missing = np.isnan(value[rows])
        value[rows] = np.where(missing, centre, value[rows])
        deviation[rows] = np.where(missing, width, deviation[rows])
    return value, deviation


def _likenesses(grid: DayGrid) -> list[NDArray[np.int64]]:
    """Return the class of each day (days,), the closest likeness first; days of a class are alike, of -1 none are.

    The kind of a day and its weekday, its kind, and whether there are classes.
    """
    weekday = (grid.first.weekday() + np.arange(len(grid.kinds))) % 7
    class_day, weekend = grid.is_kind(DayKind.CLASS), grid.is_kind(DayKind.WEEKEND)
    working, free = class_day | grid.is_kind(DayKind.MAKEUP), (DayKind.HOLIDAY, DayKind.VACATION)
    kinds = (working, weekend, *map(grid.is_kind, free))
    return [
        np.select([class_day, weekend], [weekday, 7 + weekday], -1),
        np.select(kinds, range(len(kinds)), -1),
        np.where(grid.is_kind(*_CLOSED), 0, -1),
    ]


def _earlier(classes: NDArray[np.int64], oldest_days: int) -> NDArray[np.int64]:
    """Return the last `LOOK_BACK` days of its class before each day (days, LOOK_BACK), -1 where there are fewer."""
    found = np.full((len(classes), LOOK_BACK), -1)
    for one in np.unique(classes[classes >= 0]):
        alike = np.flatnonzero(classes == one)
        place = np.arange(len(alike))[:, None] - 1 - np.arange(LOOK_BACK)
        earlier = alike[np.maximum(place, 0)]
        found[alike] = np.where((place >= 0) & (alike[:, None] - earlier <= oldest_days), earlier, -1)
    return found


def _among(value: Numbers, earlier: NDArray[np.int64]) -> tuple[Numbers, Numbers]:
    """Return median and deviation (rows, 24) over the earlier days of each row."""
    seen = np.where((earlier >= 0)[..., None], value[earlier], np.nan).swapaxes(1, 2)
    centre = median(seen, LEAST_DAYS)
    return centre, spread(seen, centre)
