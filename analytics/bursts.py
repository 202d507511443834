"""Hours in which far more water ran than ever at that hour, and more than taps can: where a burst began and ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.hours import HOURS_PER_DAY, DayGrid, Hours, Numbers
from campus.calendar import WORKING

# Two hours in a row above three times what only one in twenty of the same hours was above, and above what only a main
# pipe lets through [m³/h] (users.md section 3, standards.md 5.1).
INTERVALS, TIMES, RARELY, MAIN_PIPE_M3_H = 2, 3.0, 0.95, 5.0
# The days of a kind that say what an hour is at most, of which so many must be known, how old they may be, and how
# often they are looked at anew.
LOOK_BACK_DAYS, LEAST_DAYS, OLDEST_DAYS, RENEWED_DAYS = 28, 20, 180, 7
# A tank that is filled has been filled before: so many times within a year, with about as much [share of this one].
RECURS, AS_MUCH, YEAR_H = 2, 0.8, 365 * 24
# It is over when two hours in a row have lost this share of what stood out.
GONE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Burst:
    """A burst in places of the hours: [first, end), `end` None while it lasts; `usual` (hours,) is what each hour of
    it is at most [m³/h], and `excess` by how much it stood out at first."""

    first: int
    end: int | None
    usual: Numbers
    excess: float


def bursts(hours: Hours, grid: DayGrid) -> list[Burst] | None:
    """Return the bursts of a meter, oldest first; None where too few days are known to tell."""
    value = hours.measured()
    weeks = np.arange(0, max(len(grid.value), 1), RENEWED_DAYS)
    # Where no two hours let through what a main pipe does, it is only asked whether enough is known by now.
    most = _most(grid, weeks if rushes(hours) else weeks[-1:])
    if np.isnan(most).all():
        return None
    if len(most) < len(weeks):
        return []
    usual = most[grid.row // RENEWED_DAYS, grid.hour]
    with np.errstate(invalid="ignore"):
        over = value > np.maximum(TIMES * usual, MAIN_PIPE_M3_H)
    begun = np.flatnonzero(over[:-1] & over[1:] & np.isfinite(usual[:-1] + usual[1:]))
    found: list[Burst] = []
    seen: list[tuple[int, float]] = []
    free = 0
    for first in begun.tolist():
        if first < free:
            continue
        excess = float((value - usual)[first : first + INTERVALS].mean())
        frozen = most[grid.row[first] // RENEWED_DAYS][grid.hour[first:]]
        end = _end(value[first:] - frozen, excess)
        free = len(value) if end is None else first + end
        before = [much for at, much in seen if first - at <= YEAR_H and much >= AS_MUCH * excess]
        seen.append((first, excess))
        if len(before) < RECURS:
            found.append(Burst(first, None if end is None else free, frozen[: free - first], excess))
    return found


def rushes(hours: Hours) -> bool:
    """Whether two hours in a row let through what only a main pipe does."""
    with np.errstate(invalid="ignore"):
        main = hours.measured() > MAIN_PIPE_M3_H
    return bool((main[:-1] & main[1:]).any())


def _most(grid: DayGrid, weeks: NDArray[np.int64]) -> Numbers:
    """Return what each hour is above on one day in twenty (weeks, 24), from the working days before each week, or the
    free ones where those have more; NaN where too few working days are known.

    A vacation is no measure of the term after it.
    """
    working = grid.is_kind(*WORKING)
    kinds = [np.flatnonzero(working), np.flatnonzero(~working)]
    most = np.full((2, len(weeks), HOURS_PER_DAY), np.nan)
    for place, row in enumerate(weeks.tolist()):
        for kind, rows in enumerate(kinds):
            past = rows[: np.searchsorted(rows, row)][-LOOK_BACK_DAYS:]
            most[kind, place] = _rarely(grid.value[past[past >= row - OLDEST_DAYS]])
    return np.where(np.isnan(most[0]), np.nan, np.fmax(most[0], most[1]))


def _rarely(past: Numbers) -> Numbers:
    """Return what each hour (24,) of past days (days, 24) is above once in twenty; NaN where too few are known."""
    ordered, known = np.sort(past, axis=0), np.isfinite(past).sum(axis=0)  # NaN goes last
    if len(past) < LEAST_DAYS:
        return np.full(HOURS_PER_DAY, np.nan)
    rank = np.maximum(np.ceil(RARELY * known).astype(int) - 1, 0)
    return np.where(known >= LEAST_DAYS, ordered[rank, np.arange(HOURS_PER_DAY)], np.nan)


def _end(over: Numbers, excess: float) -> int | None:
    """Return the place of the first of two known hours in a row in which most of it is gone, None while it lasts."""
    known: NDArray[np.intp] = np.flatnonzero(np.isfinite(over))
    quiet = over[known] < GONE_SHARE * excess
    both = np.flatnonzero(quiet[:-1] & quiet[1:])
    return int(known[both[0]]) if len(both) else None
