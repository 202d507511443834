"""Which days a fit without them may be judged by: only those it would have vouched for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.baseline_enough import STRANGE_K

# A kind of day is known when so many days of it were seen.
SEEN_DAYS = 3

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def vouched(kinds: Flags, temperature: Numbers | None, known: Flags, blocks: NDArray[np.int64]) -> Flags:
    """Return which days (days,) a fit on the other blocks knows by kind and temperature.

    `kinds` (days, k) marks each kind's days, `known` (days,) the days with use. A day is not vouched for when it is
    of a kind, or of a temperature [°C], that the known days outside its block lack.
    """
    good = np.ones(len(blocks), bool)
    for block in np.unique(blocks):
        here, others = blocks == block, known & (blocks != block)
        if not others.any():
            good[here] = False
            continue
        missing = kinds[others].sum(axis=0) < SEEN_DAYS
        good[here] &= ~kinds[here][:, missing].any(axis=1)
        if temperature is not None and np.isfinite(temperature[others]).any():
            seen = temperature[others & np.isfinite(temperature)]
            low, high = seen.min() - STRANGE_K, seen.max() + STRANGE_K
            good[here] &= ~((temperature[here] < low) | (temperature[here] > high))
    return good
