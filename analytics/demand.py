"""Demand: the mean power of a quarter hour, and the highest of a day or a month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.around import Quarters
from analytics.hours import Numbers
from analytics.series import Ints

PER_HOUR = 4
QUARTER_MS = 900_000
# A level read at least this often within a quarter hour tells its mean: ours.
LEAST_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Maxima:
    """The highest demand of each window (k,) [kW], when that quarter hour began [epoch ms], and the share of the
    window's quarter hours that are known; without any, NaN and 0."""

    kw: Numbers
    at_ms: Ints
    coverage: Numbers


def maxima(quarters: Quarters, edges_ms: Ints) -> Maxima:
    """Return the maxima between edges (k+1,) [epoch ms]; of equal ones the first."""
    count = len(edges_ms) - 1
    kw, at_ms, coverage = np.full(count, np.nan), np.zeros(count, np.int64), np.zeros(count)
    places = np.searchsorted(quarters.start_ms, edges_ms)
    for row in range(count):
        part = slice(places[row], places[row + 1])
        value = quarters.value[part]
        known = np.isfinite(value)
        if known.any():
            best = int(np.nanargmax(value))
            kw[row], at_ms[row] = value[best] * PER_HOUR, quarters.start_ms[part][best]
            coverage[row] = known.sum() * QUARTER_MS / (edges_ms[row + 1] - edges_ms[row])
    return Maxima(kw, at_ms, coverage)


def of_levels(time_ms: Ints, level_kw: Numbers, edges_ms: Ints) -> Quarters:
    """Return the energy [kWh] of quarter hours between edges (k+1,) from readings of power (n,), NaN where there are
    too few of them."""
    count = len(edges_ms) - 1
    place = np.searchsorted(edges_ms, time_ms, side="right") - 1
    inside = (place >= 0) & (place < count)
    total = np.bincount(place[inside], level_kw[inside], count)
    levels = np.bincount(place[inside], minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(levels >= LEAST_LEVELS, total / levels, np.nan)
    return Quarters(edges_ms[:-1], mean / PER_HOUR)
