"""A lasting step of a meter's level by a factor: on which day, by how much, and whether the whole day was scaled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.grain import grain
from analytics.hours import DayGrid, Numbers
from analytics.robust import median
from campus.calendar import WORKING

# Working days the level before and after is taken from: two school weeks, so that no weekday weighs more.
WINDOW = 10
# Of them known before a step is looked for, and after it before it is told: a school week.
LEAST_DAYS = 5
# Known hours that make a day's level: what is left of a day without its busiest hours is another day.
LEAST_HOURS = 18
# The smallest step looked at: below the smallest of the known relations, hundred cubic feet and m³ (2.83).
LEAST_FACTOR = 2.5
# A step is sudden: the largest move from one working day to the next is at least this share of the whole (log).
SUDDEN = 0.5
# Levels further apart than a summer vacation are of two seasons and not compared [days].
FARTHEST_DAYS = 60
# The parts of a day are alike when half of them moved as the whole day did, within this factor: cloth cut to another
# scale, and not a building in which only the nights, or only the days, use less.
ALIKE = 1.5
# Parts of a day that have to be known for that.
LEAST_PARTS = 8
# Days on which an hour has to be known for that, on either side.
LEAST_PART_DAYS = 3

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Levels:
    """The working days of a meter that have a level: `row` (n,) in the grid, `day` (n,) and `part` (n, 24) the log of
    the mean use per hour and of each hour's use, NaN where none."""

    grid: DayGrid
    row: Rows
    day: Numbers
    part: Numbers


@dataclass(frozen=True, slots=True)
class Step:
    """From the day `row` of the grid on the level is `ratio` times what it was.

    `before`, `after` are the mean uses per hour. `whole` says whether the whole day was scaled, None where too few of
    its parts are known. `grains` is by what factor the finest digit of the values moved with it, 1.0 where it stayed,
    None where there is none. `days` counts the working days since, up to `WINDOW`.
    """

    row: int
    ratio: float
    before: float
    after: float
    whole: bool | None
    grains: float | None
    days: int
    rows_before: Rows
    rows_after: Rows


def levels(grid: DayGrid) -> Levels:
    """Return the level of each working day that is known well enough and on which anything was used."""
    known = np.isfinite(grid.value).sum(axis=1)
    total = np.nansum(grid.value, axis=1)
    row = np.flatnonzero(grid.is_kind(*WORKING) & (known >= LEAST_HOURS) & (total > 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.log(grid.value[row])
    part[~np.isfinite(part)] = np.nan
    return Levels(grid, row, np.log(total[row] / known[row]), part)


def steps(of: Levels) -> list[Step]:
    """Return the lasting steps, oldest first."""
    if len(of.row) < 2 * LEAST_DAYS:
        return []
    before, after = _around(of.day)
    move = after - before
    big = np.abs(np.nan_to_num(move)) >= np.log(LEAST_FACTOR)
    return [step for run in _runs(big, np.sign(move)) if (step := _step(of, run, move)) is not None]


def _around(day: Numbers) -> tuple[Numbers, Numbers]:
    """Return the median of the `WINDOW` days before each place (n,) and of those from it on, NaN for too few."""
    edge = np.full(WINDOW, np.nan)
    windows = median(sliding_window_view(np.concatenate([edge, day, edge]), WINDOW), LEAST_DAYS)
    return windows[: len(day)], windows[WINDOW : WINDOW + len(day)]


def _runs(big: NDArray[np.bool_], sign: Numbers) -> Iterator[Rows]:
    """Yield stretches of places in a row that are big and of one sign."""
    at = np.flatnonzero(big)
    if len(at):
        cuts = np.flatnonzero((np.diff(at) > 1) | (np.diff(sign[at]) != 0)) + 1
        yield from np.split(at, cuts)


def _step(of: Levels, run: Rows, move: Numbers) -> Step | None:
    """Return the step of a run: at its largest move from one day to the next, None where there was no such jump."""
    place = run[run > 0]
    if not len(place):
        return None
    jump = (of.day[place] - of.day[place - 1]) * np.sign(move[place])
    at = int(place[np.argmax(jump)])
    whole = float(np.abs(move[run]).max())
    near = of.row[at] - of.row[at - 1] <= FARTHEST_DAYS
    return _made(of, at, float(move[at])) if near and jump.max() >= SUDDEN * whole else None


def _made(of: Levels, at: int, move: float) -> Step:
    before, after = np.arange(max(0, at - WINDOW), at), np.arange(at, min(len(of.row), at + WINDOW))
    level = float(np.median(of.day[before]))
    rows = of.row[before], of.row[after]
    parts = _parts(of.part[before], of.part[after])
    return Step(
        row=int(of.row[at]),
        ratio=float(np.exp(move)),
        before=float(np.exp(level)),
        after=float(np.exp(level + move)),
        whole=None if parts is None else _alike(parts, move),
        grains=_grains(of.grid.value[rows[0]], of.grid.value[rows[1]]),
        days=len(after),
        rows_before=rows[0],
        rows_after=rows[1],
    )


def _parts(before: Numbers, after: Numbers) -> Numbers | None:
    """Return by how much (log) the parts of the day (days, 24) moved, None where too few are known."""
    moved = median(after.T, LEAST_PART_DAYS) - median(before.T, LEAST_PART_DAYS)
    moved = moved[np.isfinite(moved)]
    return moved if len(moved) >= LEAST_PARTS else None


def _alike(moved: Numbers, move: float) -> bool:
    """Return whether half of the parts moved as the day did."""
    return bool(np.median(np.abs(moved - move)) <= np.log(ALIKE))


def _grains(before: Numbers, after: Numbers) -> float | None:
    first, second = grain(before), grain(after)
    return None if first is None or second is None else second / first


def day_of(of: Levels, step: Step) -> date:
    """Return the local day a step is dated to."""
    return of.grid.day(step.row)
