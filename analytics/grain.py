"""The finest digit of a meter's values: what it counts in, as the values themselves show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Powers of ten looked at: from a hundred kWh to a tenth of a litre.
COARSEST, FINEST = 4, -4
# A grain is one when so many of the different values are whole multiples of it; the rest are caps and fillings.
SHARE = 0.8
# Different values asked for; of fewer the last digit may be nought by chance.
LEAST = 10
# How far from a whole multiple a value may be, as rounding leaves it.
ROUNDING = 1e-6


def grain(values: NDArray[np.float64], least: int = LEAST) -> float | None:
    """Return the coarsest power of ten that values are multiples of; None for fewer than `least` or where none is."""
    positive = np.unique(values[np.isfinite(values) & (values > 0)])
    if len(positive) < least:
        return None
    for exponent in range(COARSEST, FINEST - 1, -1):
        steps = positive / 10.0**exponent
        whole = np.rint(steps)
        fits = (whole > 0) & (np.abs(steps - whole) <= ROUNDING * np.maximum(steps, 1.0))
        if fits.mean() >= SHARE:
            return float(10.0**exponent)
    return None
