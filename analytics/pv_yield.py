"""What a roof gives for the sun it gets: the middle of its own clear days, and how that goes with the season."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.hours import Numbers
from analytics.robust import deviation, middle

# Clear days it is told from, the newest of a year and a half, and how many suffice. Ours.
LOOK_BACK, LEAST_DAYS = 80, 10
# Modules are tilted and the sun is measured on the horizontal: in winter they give more for it. Days whose
# declination [°] is so far apart tell how much; the days must span so much. Ours.
APART_DEG, LEAST_SPAN_DEG = 3.0, 10.0
# What geometry allows for roofs that face the equator, flat to steeper than the latitude: log of the ratio per degree
# of declination. At 36° north and 25° tilt noon alone gives -0.005 in summer and -0.02 in winter.
STEEPEST, FLATTEST = -0.025, 0.005
_TILT_OF_EARTH_DEG = 23.45


@dataclass(frozen=True, slots=True)
class Yield:
    """What clear days give: `ratio` [kWh per unit of sun] at declination 0, times e to the `per_deg` × declination;
    `sigma` is the share by which days scatter around it."""

    ratio: float
    per_deg: float
    sigma: float

    def at(self, declination_deg: Numbers) -> Numbers:
        """Return the ratio at declinations (n,)."""
        found: Numbers = self.ratio * np.exp(self.per_deg * declination_deg)
        return found


def declination_deg(first: int, days: int) -> Numbers:
    """Return the sun's declination (days,) [°] of so many days from a proleptic ordinal on (Cooper 1969)."""
    day_of_year = (first + np.arange(days) - 1) % 365.2425
    found: Numbers = _TILT_OF_EARTH_DEG * np.sin(2 * np.pi * (285 + day_of_year) / 365)
    return found


def usual_yield(ratio: Numbers, declination: Numbers, rows: NDArray[np.int64]) -> Yield | None:
    """Return what the newest of the good clear days `rows` give, None for too few of them."""
    rows = rows[-LOOK_BACK:]
    if len(rows) < LEAST_DAYS:
        return None
    log, at = np.log(np.maximum(ratio[rows], 1e-9)), declination[rows]
    slope = 0.0
    if np.ptp(at) >= LEAST_SPAN_DEG:
        apart = at[:, None] - at
        told = apart >= APART_DEG
        slope = float(np.clip(middle((log[:, None] - log)[told] / apart[told]), STEEPEST, FLATTEST))
    else:
        rows = rows[-3 * LEAST_DAYS :]
        log, at = np.log(np.maximum(ratio[rows], 1e-9)), declination[rows]
    level = log - slope * at
    return Yield(float(np.exp(middle(level))), slope, deviation(level))
