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
LEAST_ROWS, LEAST_OF_GROUP, RECENT, MEMORY_DAYS = 14, 3, 20, 365

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


def floor_before(rows: Rows, row: int, calm: NDArray[np.bool_], like: int) -> tuple[Numbers, Numbers] | None:
    """Return the floor (24,) [kWh per hour] of a shut building and its noise, from calm rows before `row`.

    Rows of the group of `like` are looked at; a group with too little history borrows from one that uses no less:
    closed days from weekends, weekends from workdays (whose nights alone are shut). The floor is the higher of the
    recent and the year's median: coming back to a level seen for weeks is no new fault. None before `LEAST_ROWS`.
    """
    past = np.flatnonzero(calm[max(0, row - MEMORY_DAYS) : row]) + max(0, row - MEMORY_DAYS)
    if len(past) < LEAST_ROWS:
        return None
    for group in range(int(rows.group[like]), WORKDAY - 1, -1):
        own = past[rows.group[past] == group]
        if len(own) >= LEAST_OF_GROUP:
            return _floor(np.where(rows.shut[own], rows.value[own], np.nan).T)
    return None


def _floor(history: Numbers) -> tuple[Numbers, Numbers]:
    recent = history[:, -RECENT:]
    level = median(recent, LEAST_OF_GROUP)
    return np.fmax(level, median(history, LEAST_OF_GROUP)), spread(recent, level)
