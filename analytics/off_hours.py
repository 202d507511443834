"""When a building is shut, and what it uses then: days from 06:00 to 06:00, laid out as rows of 24 hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics import planned
from analytics.detector import Context
from analytics.hours import HOURS_PER_DAY, DayGrid, Numbers
from analytics.robust import median, spread
from analytics.scan import Mark
from campus.calendar import WORKING, DayKind

T = TypeVar("T", np.float64, np.bool_)
# A row begins at this local hour, so that a night stays in one piece.
DAWN = 6
# Local hour from which a building is shut on a working day, by class; 22:00 otherwise. Lights-out in dormitories is
# 23:00, libraries stay open until 22:30 (users.md section 3).
SHUT_FROM: dict[str, int] = {"dormitory": 23, "library": 23}
SHUT_FROM_ELSE = 22
# Local hour at which work begins again; canteens cook from 04:00 (users.md section 2 l).
OPEN_FROM: dict[str, int] = {"canteen": 4}
# Classes of buildings that serve those who stay on free days: only their nights are judged.
LIVED_IN = frozenset({"dormitory", "canteen"})
# Boarders come back, and sit at their desks, from this local hour of the free day before a working day.
RETURN_FROM = 17
# Good rows before anything is judged, and of the row's own group; how many recent ones make the level, how old
# rows may be [days].
LEAST_ROWS, LEAST_OF_GROUP, RECENT, MEMORY_DAYS = 14, 6, 20, 365
# The floor is renewed with every so many rows, and held against that of every fourth week of the year before.
RENEWED, MONTH_ROWS, MONTHS = 7, 28, 13

WORKDAY, WEEKEND, CLOSED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Rows:
    """Use by row and hour: `value` (rows, 24) [kWh], NaN where unknown, column 0 begins at `DAWN`; `shut` (rows, 24)
    says when the building is shut; `group` (rows,) is WORKDAY, WEEKEND or CLOSED. `allowed` (rows, 24) [kW] is what
    a plan keeps on, NaN where none says."""

    value: Numbers
    shut: NDArray[np.bool_]
    group: NDArray[np.int64]
    allowed: Numbers


def rows_of(grid: DayGrid, context: Context) -> Rows:
    """Return a meter's days from dawn to dawn; the last one lacks its morning until the next day is known."""
    closed = _from_dawn(planned.closed(grid, context.plans), fill=False)
    group = np.array([_group(kind) for kind in grid.kinds], np.int64)
    group[closed.all(axis=1)] = CLOSED
    allowed = _from_dawn(planned.allowed(grid, context.plans), fill=np.nan)
    return Rows(_from_dawn(grid.value, fill=np.nan), _shut(group, context) | closed, group, allowed)


def _from_dawn(by_day: NDArray[T], fill: float) -> NDArray[T]:
    """Return hours by day (days, 24) as hours from dawn; what lies after the last day is filled."""
    flat = np.concatenate([by_day.reshape(-1)[DAWN:], np.full(DAWN, fill, by_day.dtype)])[: by_day.size]
    return flat.reshape(by_day.shape)


def _group(kind: DayKind) -> int:
    if kind in WORKING:
        return WORKDAY
    return WEEKEND if kind is DayKind.WEEKEND else CLOSED


def _shut(group: NDArray[np.int64], context: Context) -> NDArray[np.bool_]:
    hour = (np.arange(HOURS_PER_DAY) + DAWN) % HOURS_PER_DAY
    opens, closes = OPEN_FROM.get(context.kind, DAWN), SHUT_FROM.get(context.kind, SHUT_FROM_ELSE)
    night = (hour >= closes) | (hour < opens)
    if context.kind in LIVED_IN:
        return np.tile(night, (len(group), 1))
    free = np.tile((group != WORKDAY)[:, None], (1, HOURS_PER_DAY))
    if context.school.boarding:
        back = np.append(group[1:] == WORKDAY, False)
        free &= ~(back[:, None] & (hour >= RETURN_FROM))
    shut: NDArray[np.bool_] = night | free
    return shut


def floors(rows: Rows, calm: Mark, held: int | None) -> tuple[Numbers, Numbers]:
    """Return the floor of a shut building at each hour and its noise, both (rows, 24) [kWh per hour].

    They come from calm rows of the row's own group, renewed every week (with `held`: from those before that row); a
    group with too little history borrows from one that uses no less: closed days from weekends, weekends from
    workdays (whose nights alone are shut). The floor is the higher of the recent level and the middle one of a year:
    coming back to a level seen for weeks is no new fault. NaN before `LEAST_ROWS`.
    """
    starts = np.arange(0, len(calm), RENEWED) if held is None else held - MONTH_ROWS * np.arange(MONTHS)[::-1]
    place = np.arange(len(calm)) // RENEWED if held is None else np.full(len(calm), MONTHS - 1)
    known = calm & np.isfinite(rows.value).any(axis=1)
    enough = np.searchsorted(np.flatnonzero(known), starts) >= LEAST_ROWS
    level, noise = np.full((2, *rows.value.shape), np.nan)
    for group in range(CLOSED, WORKDAY - 1, -1):
        recent, count = _recent(rows, known & (rows.group == group), starts)
        recent[:, ~(enough & (count >= LEAST_OF_GROUP))] = np.nan
        own = (rows.group >= group)[:, None] & np.isnan(level).all(axis=1, keepdims=True)
        level = np.where(own, np.fmax(recent[0], _of_the_year(recent[0], held))[place], level)
        noise = np.where(own, recent[1][place], noise)
    return level, noise


def _recent(rows: Rows, mine: Mark, starts: NDArray[np.int64]) -> tuple[Numbers, NDArray[np.int64]]:
    """Return median and deviation (2, starts, 24) of the shut hours before each start, and of how many rows."""
    place = np.flatnonzero(mine)
    at = np.searchsorted(place, starts)[:, None] - 1 - np.arange(RECENT)
    if not len(place):
        return np.full((2, len(starts), HOURS_PER_DAY), np.nan), np.zeros(len(starts), np.int64)
    found = place[np.maximum(at, 0)]
    old = (at < 0) | (starts[:, None] - found > MEMORY_DAYS)
    shut = rows.shut[found] & ~old[..., None]
    seen = np.where(shut, rows.value[found], np.nan).swapaxes(1, 2)
    level = median(seen, LEAST_OF_GROUP)
    return np.stack([level, spread(seen, level)]), (~old).sum(axis=1)


def _of_the_year(level: Numbers, held: int | None) -> Numbers:
    """Return the middle one of the levels (starts, 24) of a year, of every fourth week, and renewed as often."""
    if held is not None:
        return np.broadcast_to(median(level.T), level.shape)
    monthly = level[:: MONTH_ROWS // RENEWED]
    back = np.arange(len(monthly))[:, None] - np.arange(MONTHS)
    middle = median(np.where((back >= 0)[..., None], monthly[np.maximum(back, 0)], np.nan).swapaxes(1, 2))
    return np.repeat(middle, MONTH_ROWS // RENEWED, axis=0)[: len(level)]
