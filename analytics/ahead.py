"""What days not known yet will use: like the same days of last year at today's level, and like the last weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from campus.calendar import DayKind, day_kind
from campus.registry import School

# A year that keeps the weekday, and how many of them are looked back at [days, years].
YEAR_DAYS, YEARS = 364, 2
# Days of last year that are like a day: the same weekday up to a week off; where too few of them are known or of the
# same kind, any such day within four weeks, then within two months: a vacation moves by that with Spring Festival.
NEAR_OFFSETS = (-7, 0, 7)
FAR_DAYS, FARTHEST_DAYS = 28, 60
# Known days asked for before their mean stands for a day.
LEAST_DAYS = 2
# The level is that of as many days back as is looked ahead, within these bounds [days]. Of spans from two weeks to a
# year this missed least on five universities and 22 schools (benchmarks/landing.py).
LEVEL_LEAST, LEVEL_MOST, LEVEL_KNOWN = 14, 364, 7
# Looked no further ahead than this, no day that is like one of those lies beyond the present.
SAFE_DAYS = YEAR_DAYS - FARTHEST_DAYS
# So far ahead the last weeks tell as much as last year does [days].
RECENT_DAYS = 28

Numbers = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a series by the local day, and of the days to come.

    `value` (n,) [unit], NaN where unknown, from `first` on; `kind` (n + ahead,) tells days of different kinds apart,
    for as many days more as are looked ahead; `last_year` (n + ahead,) is the mean of the days of earlier years that
    are like each.
    """

    first: date
    value: Numbers
    kind: Ints
    last_year: Numbers

    @property
    def known_days(self) -> int:
        """How many days are in the past."""
        return len(self.value)


def past(first: date, value: Numbers, kind: Ints) -> Past:
    """Return a past from its days (n,) and the kinds of these and of days to come (n + ahead,)."""
    return Past(first, value, kind, like_last_year(value, kind))


def kinds(first: date, days: int, school: School) -> Ints:
    """Return a number for the kind of each day (days,); a make-up day is worked like any other."""
    told = list(DayKind)
    found = [day_kind(first + timedelta(days=row), school) for row in range(days)]
    return np.array([told.index(DayKind.CLASS if of is DayKind.MAKEUP else of) for of in found], np.int64)


def apart(kind: Ints, heated: NDArray[np.bool_]) -> Ints:
    """Return the kinds (days,) for what heating uses: a heated day is of another kind than one outside the season."""
    return kind + len(DayKind) * heated


def expected(past: Past, rows: Ints) -> Numbers:
    """Return what the days of `rows` (m,), ascending and counted from `past.first`, are expected to use.

    NaN where nothing tells. Days of the past among them are gaps, expected like the days around them.
    """
    gaps, end = rows < past.known_days, np.array([past.known_days])
    return np.concatenate([like_around(past, rows[gaps]), expected_from(past, end, rows[~gaps] - end)[0]])


def expected_from(past: Past, origins: Ints, offsets: Ints) -> Numbers:
    """Return what was expected (k, m) at the beginning of each day of `origins` (k,) of days that came after.

    `offsets` (m,), ascending, are counted from each origin on, and smaller than `SAFE_DAYS` where an origin is past.
    """
    if not len(offsets) or not past.known_days:
        return np.full((len(origins), len(offsets)), np.nan)
    rows = origins[:, None] + offsets
    span = min(max(int(offsets[-1]) + 1, LEVEL_LEAST), LEVEL_MOST)
    shaped = past.last_year[rows] * level(past.value, past.last_year, origins, span)[:, None]
    near = offsets < RECENT_DAYS
    recent = np.full(rows.shape, np.nan)
    recent[:, near] = like_last_weeks(past, origins, offsets[near])
    both = np.stack([shaped, recent])
    count = np.isfinite(both).sum(axis=0)
    total: Numbers = np.where(count > 0, np.nansum(both, axis=0) / np.maximum(count, 1), np.nan)
    return total


def level(used: Numbers, like: Numbers, origins: Ints, span: int) -> Numbers:
    """Return use over what it was held to be like, both by the day, in the `span` days before each origin (k,).

    NaN where too few days tell; 1 where both are nothing.
    """
    back = origins[:, None] + np.arange(-span, 0)
    before = _at(used, back), _at(like, back)
    both = np.isfinite(before[0]) & np.isfinite(before[1])
    have, meant = (np.where(both, of, 0.0).sum(axis=1) for of in before)
    found: Numbers = np.divide(have, meant, out=np.ones(len(origins)), where=meant > 0)
    found[(both.sum(axis=1) < LEVEL_KNOWN) | ((meant <= 0) & (have > 0))] = np.nan
    return found


def like_last_year(value: Numbers, kind: Ints) -> Numbers:
    """Return the mean of the days of earlier years like each day (n + ahead,), NaN where too few are known."""
    found = np.full(len(kind), np.nan)
    years = [-YEAR_DAYS * year for year in range(1, YEARS + 1)]
    for offsets in (NEAR_OFFSETS, range(-FAR_DAYS, FAR_DAYS + 1), range(-FARTHEST_DAYS, FARTHEST_DAYS + 1)):
        missing = np.flatnonzero(np.isnan(found))
        found[missing] = _mean_of((value, kind), missing, [year + offset for year in years for offset in offsets])
    return found


def like_last_weeks(past: Past, origins: Ints, offsets: Ints) -> Numbers:
    """Return the mean of the days like each (k, m) in the weeks before its origin: the same weekday, else kind."""
    back, rows = origins[:, None] + np.arange(-RECENT_DAYS, 0), origins[:, None] + offsets
    used = _at(past.value, back)
    known = np.isfinite(used)
    like = known[:, None, :] & (past.kind[np.maximum(back, 0)][:, None, :] == past.kind[rows][:, :, None])
    used = np.where(known, used, 0.0)
    found = np.full(rows.shape, np.nan)
    for near in (like & ((back[:, None, :] - rows[:, :, None]) % 7 == 0), like):
        count = near.sum(axis=2)
        mean = (near * used[:, None, :]).sum(axis=2) / np.maximum(count, 1)
        found = np.where(np.isnan(found) & (count >= LEAST_DAYS), mean, found)
    return found


def _at(value: Numbers, rows: Ints) -> Numbers:
    """Return the values of days, NaN before the first."""
    return np.where(rows >= 0, value[np.maximum(rows, 0)], np.nan)


def like_around(past: Past, rows: Ints) -> Numbers:
    """Return the mean of the days like each gap (m,) within weeks of it: the same weekday, else the same kind."""
    known = past.value, past.kind
    weekly = _mean_of(known, rows, range(-RECENT_DAYS, RECENT_DAYS + 1, 7))
    return np.where(np.isnan(weekly), _mean_of(known, rows, range(-RECENT_DAYS, RECENT_DAYS + 1)), weekly)


def _mean_of(days: tuple[Numbers, Ints], rows: Ints, offsets: Sequence[int]) -> Numbers:
    value, kind = days
    place = rows[:, None] + np.array(offsets, np.int64)
    inside = (place >= 0) & (place < len(value))
    place = np.where(inside, place, 0)
    if not len(value):
        return np.full(len(rows), np.nan)
    there = value[place]
    fits = inside & np.isfinite(there) & (kind[place] == kind[rows][:, None])
    count = fits.sum(axis=1)
    mean: Numbers = np.where(fits, there, 0.0).sum(axis=1) / np.maximum(count, 1)
    return np.where(count >= LEAST_DAYS, mean, np.nan)
