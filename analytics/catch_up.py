"""What was booked in one interval though it was used over a silence: a gap's sum, or the whole register."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Intervals to either side of a silence from which the usual use is taken [days].
AROUND_DAYS = 28
# Of them this many have to be known.
LEAST_KNOWN = 10
# It stands out: more than any other interval, and above so many times what only one in twenty exceeds.
OUTSTANDING, RARELY = 2.0, 95.0
# It is the sum of the silence when it lies within this factor of the usual use of that time.
ABOUT = 3.0
# It is the whole register when it is within this share of all that was used before.
WHOLE = 0.05
_DAY_MS = 86_400_000

Values = NDArray[np.float64]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CatchUp:
    """At the interval that begins at `time_ms`, `value` was booked after `missing` intervals without a reading.

    `usual` is the mean use of an interval around; `whole` says that it is the whole register, not the silence's sum.
    """

    time_ms: int
    missing: int
    value: float
    usual: float
    whole: bool

    @property
    def times(self) -> float:
        """How many usual intervals it holds."""
        return self.value / self.usual


def catch_ups(time_ms: Times, value: Values) -> list[CatchUp]:
    """Return what was booked late: `value` (n,) is use per interval on a complete grid, NaN where none came."""
    unknown = np.isnan(value)
    after = np.flatnonzero(unknown[:-1] & ~unknown[1:]) + 1
    return [found for at in after if (found := _judged(time_ms, value, int(at))) is not None]


def _judged(time_ms: Times, value: Values, at: int) -> CatchUp | None:
    known = np.flatnonzero(~np.isnan(value[:at]))
    if not len(known) or value[at] <= 0:
        return None
    missing = at - int(known[-1]) - 1
    near = np.abs(time_ms - time_ms[at]) <= (AROUND_DAYS * _DAY_MS) + (time_ms[at] - time_ms[known[-1]])
    near[at] = False
    others = value[near & ~np.isnan(value)]
    if len(others) < LEAST_KNOWN or not others.any():
        return None
    booked, usual = float(value[at]), float(others.mean())
    if booked <= max(float(others.max()), OUTSTANDING * float(np.percentile(others, RARELY))):
        return None
    before = float(np.nansum(value[:at]))
    whole = abs(booked - before) <= WHOLE * before
    expected = usual * (missing + 1)
    if not whole and not expected / ABOUT <= booked <= expected * ABOUT:
        return None
    return CatchUp(int(time_ms[at]), missing, booked, usual, whole)
