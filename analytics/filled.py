"""Hours a vendor filled in evenly: a total spread over a silence looks measured, and would be taken for a leak."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analytics.hours import HOURS_PER_DAY, DayGrid
from campus.calendar import DayKind

# The hours of a working day that are never all alike in a building in use.
BUSY = slice(8, 18)
# A day is only called filled where most of the working days before it did vary [days looked back, days asked for].
LOOK_BACK, LEAST_VARIED = 28, 5
# Values closer than this share are one value: a running register gives a constant back with rounding noise.
SAME = 1e-6


def without_filled(grid: DayGrid) -> DayGrid:
    """Return the grid with evenly filled stretches unknown.

    A stretch is filled when one non-zero value stands through all busy hours of a working day although the working
    days before it varied. A leak does not do that: it adds to a use that varies.
    """
    filled_day = _flat_though_busy(grid)
    if not filled_day.any():
        return grid
    flat = grid.value.reshape(-1)
    with np.errstate(invalid="ignore"):
        same = np.abs(np.diff(flat)) <= SAME * np.maximum(np.abs(flat[1:]), SAME)
    run = np.concatenate([[0], np.cumsum(~same)])
    noon = np.flatnonzero(filled_day) * HOURS_PER_DAY + BUSY.start
    value = np.where(np.isin(run, run[noon]), np.nan, flat).reshape(grid.value.shape)
    return replace(grid, value=value)


def _flat_though_busy(grid: DayGrid) -> NDArray[np.bool_]:
    busy = grid.value[:, BUSY]
    known = np.isfinite(busy).all(axis=1) & grid.is_kind(DayKind.CLASS, DayKind.MAKEUP)
    top, bottom = busy.max(axis=1), busy.min(axis=1)
    with np.errstate(invalid="ignore"):
        level = known & (top - bottom <= SAME * np.abs(top))
    varied, seen = _before(known & ~level), _before(known)
    filled: NDArray[np.bool_] = level & (top > 0) & (varied >= LEAST_VARIED) & (2 * varied > seen)
    return filled


def _before(mark: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many of the `LOOK_BACK` days before each are marked."""
    total = np.concatenate([[0], np.cumsum(mark)])
    rows = np.arange(len(mark))
    counts: NDArray[np.int64] = total[rows] - total[np.maximum(rows - LOOK_BACK, 0)]
    return counts
