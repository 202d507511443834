"""The highest demand of each day, of its month so far, and what the rest of the month is likely to bring."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.around import Quarters
from analytics.demand import maxima
from analytics.hours import Numbers
from analytics.robust import SIGMA_PER_MAD, median
from analytics.series import Ints
from campus.calendar import WORKING, day_kind, local_date, midnight
from campus.registry import School
from campus.schema import from_ms, to_ms

# Days of a kind that a day's highest is foreseen from: the level of two weeks of work, the scatter from day to day of
# six, since two tell too little of it; and the fewest of them. Ours.
LEVEL, SCATTER, LEAST = 10, 30, 5
# Where the highest of k values is expected: at (k − a) ÷ (k + b) of their distribution (Blom 1958).
_BLOM_A, _BLOM_B = 0.375, 0.25
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """Local days (n,): each one's highest demand [kW], when it was [epoch ms], the highest of its month so far, and
    what the month will come to as foreseen at the day's end [kW]; NaN where unknown."""

    dates: tuple[date, ...]
    top: Numbers
    at_ms: Ints
    so_far: Numbers
    foreseen: Numbers

    def month(self, row: int) -> slice:
        """Return the rows of a day's month up to that day."""
        return slice(max(0, row + 1 - self.dates[row].day), row + 1)


def days_of(quarters: Quarters, school: School) -> Days:
    """Return the days of a meter's quarter hours (at least one)."""
    zone = school.timezone
    begin, last = (local_date(from_ms(int(at)), zone) for at in (quarters.start_ms[0], quarters.start_ms[-1]))
    dates = tuple(begin + timedelta(days=n) for n in range((last - begin).days + 1))
    edges = np.array([to_ms(midnight(day, zone)) for day in (*dates, last + _DAY)], np.int64)
    best = maxima(quarters, edges)
    month = _months(dates)
    so_far = np.full(len(dates), np.nan)
    for one in np.unique(month):
        so_far[month == one] = np.fmax.accumulate(best.kw[month == one])
    return Days(dates, best.kw, best.at_ms, so_far, np.maximum(np.nan_to_num(so_far), _rest(dates, best.kw, school)))


def _months(dates: tuple[date, ...]) -> Ints:
    return np.array([12 * day.year + day.month for day in dates], np.int64)


def _rest(dates: tuple[date, ...], top: Numbers, school: School) -> Numbers:
    """Return the highest demand (n,) to be expected of the rest of each day's month [kW].

    Days of work and others are foreseen each from the last ones of their kind; where too few of one kind are known
    the other stands for both, and where none is known or to come there is nothing to expect: NaN and 0.
    """
    beyond = tuple(dates[-1] + timedelta(days=n) for n in range(1, 32))
    works = np.array([day_kind(day, school) in WORKING for day in (*dates, *beyond)])
    month = _months((*dates, *beyond))
    ends = np.searchsorted(month, month[: len(dates)], side="right") - 1
    found = np.zeros((2, len(dates)))
    for kind, group in enumerate((works, ~works)):
        so_many = np.cumsum(group)
        left = so_many[ends] - so_many[: len(dates)]
        found[kind] = _of_kind(group[: len(dates)], top, left)
    over, unknown = np.isinf(found).all(axis=0), (np.isnan(found) | np.isinf(found)).all(axis=0)
    return np.where(over, 0.0, np.where(unknown, np.nan, np.fmax(found[0], found[1])))


def _of_kind(group: NDArray[np.bool_], top: Numbers, left: Ints) -> Numbers:
    """Return what the days of a kind that are `left` (n,) are expected to reach: -inf where none is, NaN where too
    few are known."""
    known = np.flatnonzero(group & np.isfinite(top))
    if not len(known):
        return np.where(left > 0, np.nan, -np.inf)
    steps = np.abs(np.diff(top[known], prepend=np.nan))
    level = median(_last(top[known], LEVEL))
    noise = SIGMA_PER_MAD * median(_last(steps, SCATTER)) / math.sqrt(2)
    count = np.searchsorted(known, np.arange(len(top)), side="right")
    at = np.maximum(count - 1, 0)
    reached = np.where(count >= LEAST, level[at] + _stands()[left] * noise[at], np.nan)
    return np.where(left > 0, reached, -np.inf)


def _last(values: Numbers, count: int) -> Numbers:
    """Return each value (m,) with those before it (m, count), NaN where there are none."""
    return sliding_window_view(np.concatenate([np.full(count - 1, np.nan), values]), count)


@cache
def _stands() -> Numbers:
    """Return how many standard deviations above the middle the highest of so many days (0..31) is expected."""
    days = np.arange(1, 32)
    share = (days - _BLOM_A) / (days + _BLOM_B)
    return np.array([np.nan, *(NormalDist().inv_cdf(float(one)) for one in share)])
