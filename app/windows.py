"""Windows and their edges as arrays of epoch milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from analytics.series import Ints
from campus import calendar
from campus.schema import to_ms

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

Window = tuple[datetime, datetime]


def hour_edges(start: datetime, end: datetime) -> Ints:
    """Return the edges of the UTC hours from `start` (floored) to `end`."""
    return np.arange(to_ms(calendar.floor_hour(start)), to_ms(end) + 1, HOUR_MS, dtype=np.int64)


def edges(windows: Iterable[Window]) -> Ints:
    """Return the edges (k+1,) of k windows, each beginning where the one before ends."""
    listed = list(windows)
    return np.array([to_ms(start) for start, _ in listed] + [to_ms(listed[-1][1])], np.int64)


@lru_cache(64)
def day_edges(start: datetime, end: datetime, zone: ZoneInfo) -> Ints:
    """Return the edges of the local days that touch [start, end): mostly all meters ask for the same, read-only."""
    return _shared(edges(calendar.days(start, end, zone)))


@lru_cache(64)
def month_edges(start: datetime, end: datetime, zone: ZoneInfo) -> Ints:
    """Return the edges of the local months that touch [start, end), read-only."""
    return _shared(edges(calendar.months(start, end, zone)))


@lru_cache(64)
def year_edges(start: datetime, end: datetime, zone: ZoneInfo) -> Ints:
    """Return the edges of the local calendar years that touch [start, end), read-only."""
    return _shared(edges(calendar.years(start, end, zone)))


def _shared(grid: Ints) -> Ints:
    grid.flags.writeable = False
    return grid


def runs(days: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Yield the runs of consecutive day numbers as (first, last)."""
    ordered = sorted(days)
    start = 0
    for index in range(1, len(ordered) + 1):
        if index == len(ordered) or ordered[index] > ordered[index - 1] + 1:
            yield ordered[start], ordered[index - 1]
            start = index


def merged(windows: Iterable[Window]) -> list[Window]:
    """Return windows with those that touch or overlap made one, ascending."""
    joined: list[Window] = []
    for start, end in sorted(windows):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
