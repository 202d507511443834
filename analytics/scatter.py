"""How far a forecast of so many days strays: from the series' own past forecasts, and from what others showed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analytics.ahead import SAFE_DAYS, YEAR_DAYS, Ints, Numbers, Past, expected_from

# How far the use of a month strays from what was expected, as a share (standard deviation of its logarithm), before a
# series has shown anything of its own: half of the months of five universities' electricity missed by less than 4 %,
# of their gas by less than 17 %, of 22 schools' water by less than 33 % (shared/data/cambridge, attica), ÷ 0.6745.
PRIOR: Mapping[str, float] = {"electricity": 0.06, "pv": 0.2, "gas": 0.2, "heat": 0.2, "water": 0.3}
# That counts as so many forecasts of its own; months count for longer stretches too, at most so many.
PRIOR_WEIGHT, MONTHS_WEIGHT = 3.0, 3.0
MONTH_DAYS = 30
# A longer stretch strays further, days average out and levels drift: by (days ÷ 30) to this power, on the same data.
GROWTH = 0.2
# Past forecasts looked at: so many, at least nine days apart, so that they fall on every weekday.
MOST_ORIGINS, LEAST_STEP = 26, 9
# Known share of the days of a stretch for it to tell anything.
KNOWN = 0.9
# What is added to both sides of a miss, as a share of the mean: next to nothing expected is no endless miss.
FLOOR = 0.02


@dataclass(frozen=True, slots=True)
class Scatter:
    """The spread of a forecast's logarithm, and the degrees of freedom it is known with."""

    sigma: float
    freedom: float


def scatter(past: Past, days: int, medium: str, lead: int = 0) -> Scatter:
    """Return how far a forecast of `days` days strays that begin `lead` days from the end of the past."""
    grown = (days / MONTH_DAYS) ** GROWTH
    own, own_weight = _missed(past, days, lead)
    parts = [(PRIOR_WEIGHT, (PRIOR[medium] * grown) ** 2), (own_weight, own)]
    if days > MONTH_DAYS:
        month, weight = _missed(past, MONTH_DAYS, lead)
        parts.append((min(weight, MONTHS_WEIGHT), month * grown**2))
    freedom = sum(weight for weight, _ in parts)
    return Scatter(math.sqrt(sum(weight * square for weight, square in parts) / freedom), freedom)


def _missed(past: Past, days: int, lead: int) -> tuple[float, float]:
    """Return the mean square of past forecasts' misses over `days` days, and how many of them stand by themselves."""
    days = min(days, SAFE_DAYS - lead)
    step = max(LEAST_STEP, days // 4)
    last = past.known_days - days - lead
    # Without a year before it, what the last weeks told of the days after them.
    first = YEAR_DAYS if last > YEAR_DAYS or days > MONTH_DAYS else 2 * MONTH_DAYS
    origins = np.array(range(last, first, -step)[:MOST_ORIGINS], np.int64)
    misses = _misses(past, origins, lead + np.arange(days))
    if not len(misses):
        return 0.0, 0.0
    apart = min(1.0, step / days)
    return float(np.mean(np.square(misses))), len(misses) * apart


def _misses(past: Past, origins: Ints, offsets: Ints) -> Numbers:
    """Return the logarithms (k',) of what was used over what had been expected at those origins that tell."""
    used, told = past.value[origins[:, None] + offsets], expected_from(past, origins, offsets)
    both = np.isfinite(used) & np.isfinite(told)
    usual = float(np.nanmean(past.value)) if np.isfinite(past.value).any() else 0.0
    have, said = (np.where(both, of, 0.0).sum(axis=1) + FLOOR * usual * len(offsets) for of in (used, told))
    tells = (both.sum(axis=1) >= KNOWN * len(offsets)) & (have > 0) & (said > 0)
    missed: Numbers = np.log(have[tells] / said[tells])
    return missed
