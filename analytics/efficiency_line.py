"""What a plant usually takes for what it gives: a straight line through its own good days, and the weather's part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.heat_response import BEYOND_K, LEAST_DAYS
from analytics.hours import Numbers
from analytics.robust import deviation, middle
from analytics.station import Station

# Days whose heat differs by less than this share of an ordinary day's do not tell how fuel goes with load; so many
# pairs that do are needed. Ours.
APART, LEAST_PAIRS = 0.1, 20
# Days at like load (within this, natural logarithm) and so many kelvin apart tell how the plant goes with the
# weather. Ours.
LIKE_LOAD, APART_K = 0.3, 2.0
# A chiller takes so much more per kelvin outside: what physics allows, what is assumed where its own days do not
# tell [M], and how much of it stays in doubt for each kelvin warmer than the days seen. Ours.
MOST_PER_K, ASSUMED_PER_K, DOUBT_PER_K = 0.04, 0.02, 0.01


@dataclass(frozen=True, slots=True)
class Line:
    """A day takes (`fixed` + `per_gj` × GJ) × e to the `per_k` × (outdoor °C - `at_c`); days scatter by `sigma`, all
    in units of fuel. `coldest` and `warmest` [°C] are the ends of what was seen."""

    fixed: float
    per_gj: float
    sigma: float
    per_k: float = 0.0
    at_c: float = 0.0
    coldest: float = 0.0
    warmest: float = 0.0

    def expected(self, of: Station) -> tuple[Numbers, Numbers]:
        """Return what a plant's days should take and the standard deviation of that, both (days,).

        NaN where unknown, and on days colder than any seen: what holds in summer says nothing of a winter's day."""
        plain = self.fixed + self.per_gj * of.heat
        if of.outdoor_c is None:
            return plain, np.full(len(plain), self.sigma)
        felt = np.maximum(of.outdoor_c, self.coldest)
        weather = np.exp(self.per_k * (felt - self.at_c))
        weather[of.outdoor_c < self.coldest - BEYOND_K] = np.nan
        beyond = (felt - self.warmest).clip(0.0)
        return plain * weather, (self.sigma + DOUBT_PER_K * beyond * plain) * weather


def usual_line(of: Station, rows: NDArray[np.int64]) -> Line | None:
    """Return the line through good days by medians (Theil 1950, Sen 1968); None for too few of them."""
    if len(rows) < LEAST_DAYS:
        return None
    heat, fuel = of.heat[rows], of.fuel[rows]
    if of.outdoor_c is None:
        return Line(*_through(heat, fuel))
    outdoor = of.outdoor_c[rows]
    per_k, at_c = _per_k(np.log(fuel / heat), np.log(heat), outdoor), middle(outdoor)
    through = _through(heat, fuel / np.exp(per_k * (outdoor - at_c)))
    return Line(*through, per_k, at_c, float(outdoor.min()), float(outdoor.max()))


def _through(heat: Numbers, fuel: Numbers) -> tuple[float, float, float]:
    """Return the fuel without heat, the fuel per GJ and the standard deviation of days."""
    apart = heat[:, None] - heat
    told = apart >= APART * middle(heat)
    per_gj = middle(fuel / heat)
    if told.sum() >= LEAST_PAIRS:
        per_gj = middle((fuel[:, None] - fuel)[told] / apart[told])
    rest = fuel - per_gj * heat
    return middle(rest), per_gj, deviation(rest)


def _per_k(log_ratio: Numbers, log_heat: Numbers, outdoor: Numbers) -> float:
    """Return by what share a plant takes more per kelvin."""
    apart = outdoor[:, None] - outdoor
    told = (apart >= APART_K) & (np.abs(log_heat[:, None] - log_heat) <= LIKE_LOAD)
    if told.sum() < LEAST_PAIRS:
        return ASSUMED_PER_K
    return float(np.clip(middle((log_ratio[:, None] - log_ratio)[told] / apart[told]), 0.0, MOST_PER_K))
