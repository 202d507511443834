"""How uncertain a saving is: by Guideline 14's formula, and by how far whole months strayed that no fit had seen."""

from __future__ import annotations

from math import sqrt

import numpy as np

from analytics.baseline import BILLS, HOURLY, Baseline
from analytics.baseline_fit import student_t

# Fractional savings uncertainty of ASHRAE Guideline 14: the coefficient of Reddy & Claridge 2000 (HVAC&R Research 6).
GUIDELINE_COEFFICIENT = 1.26
# A formula needs this many independent values at least.
LEAST_FREEDOM = 3.0


def half_width(baseline: Baseline, slots: int, level: float) -> float:
    """Return ± of a saving [unit] over `slots` hours, days or bills at a confidence such as 0.9: the wider of both.

    The formula knows noise and its memory, not that a model may be wrong for a month on end; the months left out
    know that, and are few.
    """
    return max(by_guideline_14(baseline, slots, level), by_months_left_out(baseline, slots, level))


def by_guideline_14(baseline: Baseline, slots: int, level: float) -> float:
    """Return ± of a saving [unit] by fractional savings uncertainty with autocorrelated residuals."""
    fit = baseline.fit
    memory = min(max(fit.autocorrelation, 0.0), 0.999)
    independent = max(fit.count * (1 - memory) / (1 + memory), LEAST_FREEDOM)
    freedom = max(independent - fit.parameters, LEAST_FREEDOM) if baseline.model != HOURLY else independent
    noise = fit.cv_rmse * abs(fit.mean) * sqrt(fit.count / independent * (1 + 2 / independent) * slots)
    return GUIDELINE_COEFFICIENT * student_t((1 + level) / 2, freedom) * noise * _of_slot(baseline)


def by_months_left_out(baseline: Baseline, slots: int, level: float) -> float:
    """Return ± of a saving [unit] if each stretch of it strays like the stretches the fits had not seen.

    Batch means (Schmeiser 1982) about zero. What strayed in the baseline period strayed into the baseline, too, and
    stands against every slot: with as many slots before as after, both have the same part in ±.
    """
    errors = baseline.array("stretch_errors")
    if not len(errors):
        return float("inf")
    length = 1.0 if baseline.model == BILLS else baseline.numbers["stretch_slots"][0]
    stray = float(np.sqrt((errors**2).mean())) * sqrt(slots * length * (1 + slots / baseline.fit.count))
    return student_t((1 + level) / 2, max(float(len(errors)), LEAST_FREEDOM)) * stray * _of_slot(baseline)


def _of_slot(baseline: Baseline) -> float:
    """Return the days a slot's errors count for: those of a bill are told per day."""
    return baseline.numbers["stretch_slots"][0] if baseline.model == BILLS else 1.0
