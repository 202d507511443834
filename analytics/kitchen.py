"""A kitchen's own hours: which hours of the night it never uses gas in, as it has shown itself and plans say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analytics import planned
from analytics.detector import Context
from analytics.grain import grain
from analytics.hours import HOURS_PER_DAY, DayGrid, Numbers
from campus.calendar import WORKING

# A night is told in one piece: rows run from noon to noon.
NOON = 12
# Hours of a night [local], counted on from the evening: cooking begins at 04:00 (users.md section 2 l), and nobody
# cooks after 22:00 before it is seen.
NIGHT = (22, 23, 24, 25, 26, 27)
# An hour that had gas on at least this share of the newest so many like days, at least so many, belongs to the
# kitchen's hours where it joins them. Ours.
RECURS, LOOK_BACK, LEAST_DAYS = 0.5, 14, 5
# Days with gas that show the finest step a meter counts in.
SHOWN_DAYS = 14

Flags = NDArray[np.bool_]
Cell = TypeVar("Cell", np.float64, np.bool_)


@dataclass(frozen=True, slots=True)
class Kitchen:
    """Gas by row and hour, rows from noon to noon: `value` (rows, 24) [unit per hour] above what a plan allows, NaN
    where unknown, `shut` (rows, 24) the hours in which nobody cooks, `pulse` the meter's step [unit]."""

    grid: DayGrid
    value: Numbers
    shut: Flags
    pulse: float


def kitchen(grid: DayGrid, context: Context) -> Kitchen:
    """Return a kitchen's gas and the hours it is shut in, each known from days before alone."""
    closed, allowed = planned.closed(grid, context.plans), planned.allowed(grid, context.plans)
    value = grid.value - np.nan_to_num(allowed)
    shut = _shut(_recurring(grid)) | _from_noon(closed, np.False_)
    return Kitchen(grid, _from_noon(value, np.float64(np.nan)), shut, context.meter.pulse or _step(grid))


def _from_noon(days: NDArray[Cell], beyond: Cell) -> NDArray[Cell]:
    """Return days × hours as rows from noon to noon; the last morning is `beyond`."""
    flat = np.concatenate([days.reshape(-1)[NOON:], np.full(NOON, beyond)])
    return flat[: days.size].reshape(days.shape)


def _recurring(grid: DayGrid) -> Flags:
    """Return which hours (days, 24) had gas again and again on like days before; of free days too few of which are
    known, as on working days, which cook longer."""
    working = grid.is_kind(*WORKING)
    often = np.full(grid.value.shape, np.nan)
    for like, of in ((~working, ~working), (working, working), (~working, working)):
        target = np.flatnonzero(like)
        share = _share_before(grid.value, np.flatnonzero(of), target)
        often[target] = np.where(np.isnan(often[target]), share, often[target])
    return np.asarray(often >= RECURS)


def _share_before(value: Numbers, source: NDArray[np.int64], target: NDArray[np.int64]) -> Numbers:
    """Return on what share of the newest `source` days before each target day there was gas (target, 24)."""
    known, used = np.isfinite(value[source]), value[source] > 0
    totals = [np.vstack([np.zeros(HOURS_PER_DAY), np.cumsum(mark, axis=0)]) for mark in (used, known)]
    until = np.searchsorted(source, target)
    since = np.maximum(until - LOOK_BACK, 0)
    often, seen = (total[until] - total[since] for total in totals)
    found: Numbers = np.divide(often, seen, out=np.full(seen.shape, np.nan), where=seen >= LEAST_DAYS)
    return found


def _shut(recurring: Flags) -> Flags:
    """Return the hours of each night (rows, 24), from noon, in which nobody cooks.

    The kitchen's hours reach into the night as far as cooking recurs without a break, from the evening on and up to
    the morning; gas that recurs all night long is nobody's hours. The hour next to them is left out: a pan is put on
    early, and a reading shortly after the hour tells of the hour before.
    """
    rows = _from_noon(recurring, np.False_)
    place = np.array(NIGHT) - NOON
    night = rows[:, place]
    before, after = rows[:, place[0] - 1], rows[:, place[-1] + 1]
    evening = np.cumprod(night, axis=1).astype(bool)
    morning = np.cumprod(night[:, ::-1], axis=1)[:, ::-1].astype(bool)
    partly = np.asarray(~night.all(axis=1)).reshape(-1, 1)
    own = (evening | morning) & partly
    beside = np.column_stack([before, evening[:, :-1]]) | np.column_stack([morning[:, 1:], after])
    beside &= partly
    shut = np.zeros(recurring.shape, bool)
    shut[:, place] = ~own & ~beside
    return shut


def _step(grid: DayGrid) -> float:
    """Return the step [unit] that the first days with gas show: what a meter's days are whole multiples of; 0.0 where
    they are of nothing."""
    total = grid.value.sum(axis=1)
    used = total[np.isfinite(total) & (total > 0)][:SHOWN_DAYS]
    return grain(used, LEAST_DAYS) or 0.0
