"""From where an hour is judged: with all that came after it, or as it was known when it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
ANY = 10**6


@dataclass(frozen=True, slots=True)
class Sight:
    """How many days after an hour's own are known, and how many hours after it a stretch it lies in may reach."""

    after_days: int
    after_hours: int

    def split(self, hours: int) -> tuple[int, int]:
        """Return how many hours of a stretch in whose middle an hour lies come before it and, if known, after it."""
        return hours // 2, min((hours - 1) // 2, self.after_hours)

    def mirrored(self, hours: int) -> tuple[int, int]:
        """Return how many hours before and after an hour are the middles of the stretches it lies in."""
        return (hours - 1) // 2, min(hours // 2, self.after_hours)

    def over_days(self, values: Numbers, summary: Callable[[Numbers], Numbers]) -> Numbers:
        """Return for each day what `summary` (days, 24) -> (1 or 24,) says of all days, or of those before it."""
        if self.after_days:
            return summary(values)[None, :]
        return np.stack([summary(values[:day]) for day in range(len(values))])


RETROSPECT = Sight(after_days=ANY, after_hours=ANY)
# The morning after: of the days to compare with none is to come, of the stretch the hour lies in all is known.
NEXT_MORNING = Sight(after_days=0, after_hours=ANY)
AS_OF_NOW = Sight(after_days=0, after_hours=0)


def shifted(values: Numbers, by: int) -> Numbers:
    """Return values whose entry i is entry i - `by` of the input, NaN where there is none."""
    moved = np.full_like(values, np.nan)
    if abs(by) < len(values):
        moved[max(by, 0) : len(values) + min(by, 0)] = values[max(-by, 0) : len(values) - max(by, 0)]
    return moved


def windows(values: Numbers, around: tuple[int, int]) -> Numbers:
    """Return for each hour of (days, 24) the hours so many before to so many after it, (days · 24, window)."""
    padded = np.pad(values.ravel(), around, constant_values=np.nan)
    return sliding_window_view(padded, sum(around) + 1)


def rolling_mean(values: Numbers, around: tuple[int, int]) -> Numbers:
    """Return the mean of the known hours (days, 24) around each, NaN where none is known."""
    near = windows(values, around)
    known = np.isfinite(near)
    total, count = np.where(known, near, 0.0).sum(axis=1), known.sum(axis=1)
    mean: Numbers = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return mean.reshape(values.shape)


def rolling_max(values: Numbers, around: tuple[int, int]) -> Numbers:
    """Return the greatest of the known hours (days, 24) around each, NaN where none is known."""
    greatest: Numbers = np.fmax.reduce(windows(values, around), axis=1)
    return greatest.reshape(values.shape)
