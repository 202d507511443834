"""Nights of a water meter: when a building's night is, its lowest hour and its quietest hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics import planned
from analytics.detector import Context
from analytics.hours import DayGrid, Numbers
from campus.calendar import DayKind

# Local hours in which nobody is expected to use water, by building class (standards.md 5.1).
WINDOWS: dict[str, tuple[int, ...]] = {
    "canteen": (0, 1, 2),
    "dormitory": (2, 3),
    "teaching": (-1, 0, 1, 2, 3, 4),
}
DEFAULT_WINDOW = (1, 2, 3, 4)
# The quietest hours of a whole night tell more than its one lowest hour: so many of the local hours from `FROM` to
# `UNTIL`, of which so many must be known. Wide enough to hold every class's quiet hours; ours.
QUIET_HOURS, QUIET_FROM, QUIET_UNTIL, QUIET_LEAST = 6, -2, 8, 8

IN_TERM, WEEKEND, HOLIDAY, VACATION = range(4)
_GROUP = {DayKind.WEEKEND: WEEKEND, DayKind.HOLIDAY: HOLIDAY, DayKind.VACATION: VACATION}


def window(kind: str) -> tuple[int, ...]:
    """Return the hours of the night, counted from the midnight it holds: -1 is 23:00 of the day before."""
    return WINDOWS.get(kind, DEFAULT_WINDOW)


@dataclass(frozen=True, slots=True)
class Nights:
    """A meter's nights by the day they end in: `flow` (days,) is the lowest hour [m³/h] less registered night use,
    NaN where an hour of the night is unknown (a lower one might be missing); `quiet` (days,) is the mean of its
    quietest hours [m³/h]. `group` (days,) tells nights apart by how many sleep here: IN_TERM for all of them and
    wherever nobody sleeps, else the kind of free day. `allowed` (days,) [m³/h] is what a plan keeps running, NaN
    where none says."""

    grid: DayGrid
    flow: Numbers
    quiet: Numbers
    group: NDArray[np.int64]
    allowed: Numbers
    context: Context


def nights_of(grid: DayGrid, context: Context) -> Nights:
    """Return the nights of a meter."""
    lowest = _lowest(grid.value, context)
    flow = np.maximum(lowest - context.meter.night_use_m3_h, 0.0)
    allowed = _lowest(planned.allowed(grid, context.plans), context)
    return Nights(grid, flow, _quiet(grid.value), groups_of(grid, context), allowed, context)


def _lowest(value: Numbers, context: Context) -> Numbers:
    """Return the lowest hour of each night (days,), NaN where one is unknown."""
    lowest: Numbers = np.min(np.stack([_column(value, hour) for hour in window(context.kind)]), axis=0)
    return lowest


def _quiet(value: Numbers) -> Numbers:
    """Return the mean of the quietest hours of each night (days,), NaN where too few hours are known."""
    hours = np.sort(np.stack([_column(value, hour) for hour in range(QUIET_FROM, QUIET_UNTIL)]), axis=0)
    enough = np.isfinite(hours).sum(axis=0) >= QUIET_LEAST  # NaN is sorted to the end
    return np.where(enough, hours[:QUIET_HOURS].mean(axis=0), np.nan)


def groups_of(grid: DayGrid, context: Context) -> NDArray[np.int64]:
    """Return the group of each night or day (see `Nights`); a holiday inside a vacation is one of the vacation."""
    if context.sleepers == 0:
        return np.full(len(grid.kinds), IN_TERM)
    groups: list[int] = []
    for kind in grid.kinds:
        group = _GROUP.get(kind, IN_TERM)
        groups.append(VACATION if group == HOLIDAY and groups and groups[-1] == VACATION else group)
    return np.array(groups, np.int64)


def _column(value: Numbers, hour: int) -> Numbers:
    column: Numbers = value[:, hour]
    return column if hour >= 0 else np.concatenate([[np.nan], column])[: len(column)]
