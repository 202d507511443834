"""How well a baseline fits, and how far whole stretches stray: what savings are uncertain by."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from analytics.baseline import Fit

# A stretch speaks for its month when this share of it is known.
LEAST_OF_STRETCH = 0.3

Numbers = NDArray[np.float64]


def fit_of(use: Numbers, fitted: Numbers, unseen: Numbers, parameters: float) -> Fit:
    """Return the quality of a fit on values in time order (any shape), NaN where unknown.

    `unseen` is what fits on the other stretches expected. Measures as in ASHRAE Guideline 14-2002, section 5.2.11.3;
    residuals are use − fitted.
    """
    known = np.isfinite(use) & np.isfinite(fitted)
    miss, values = (use - fitted)[known], use[known]
    count, mean = len(values), float(values.mean())
    freedom = max(count - parameters, 1.0)
    spread = float(((values - mean) ** 2).sum())
    return Fit(
        cv_rmse=float(np.sqrt((miss**2).sum() / freedom) / abs(mean)),
        nmbe=float(miss.sum() / freedom / mean),
        r2=1.0 - float((miss**2).sum()) / spread if spread > 0 else 0.0,
        left_out=float(np.sqrt(np.nanmean(((use - unseen)[known]) ** 2)) / abs(mean)),
        count=count,
        parameters=float(parameters),
        autocorrelation=autocorrelation((use - fitted).ravel()),
        mean=mean,
    )


def autocorrelation(residuals: Numbers) -> float:
    """Return the correlation of neighbours in a series (n,), pairs with an unknown one left out; 0 where none is."""
    one, next_one = residuals[:-1], residuals[1:]
    both = np.isfinite(one) & np.isfinite(next_one)
    one, next_one = one[both], next_one[both]
    if len(one) < 3 or one.std() == 0 or next_one.std() == 0:
        return 0.0
    return float(np.corrcoef(one, next_one)[0, 1])


def stretch_errors(unseen_miss: Numbers, slots: int) -> Mapping[str, tuple[float, ...]]:
    """Return the mean miss [unit a slot] of each stretch of `slots` values that its fit had not seen (n,)."""
    parts = np.array_split(unseen_miss, range(slots, len(unseen_miss), slots))
    means = [float(np.nanmean(p)) for p in parts if np.isfinite(p).sum() >= LEAST_OF_STRETCH * slots]
    return {"stretch_errors": tuple(means), "stretch_slots": (float(slots),)}


def student_t(probability: float, freedom: float) -> float:
    """Return the quantile of Student's t with so many degrees of freedom (≥ 3 for three figures).

    Abramowitz & Stegun 1964, 26.7.5.
    """
    z = NormalDist().inv_cdf(probability)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return sum(term / freedom**k for k, term in enumerate(terms))
