"""How far use strays from what is expected: margins from stretches left out, by hour, day and level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# The band holds nine hours in ten.
COVERED = 0.90
# Levels of the expected use that may stray differently: a boiler that is off does not stray.
LEVELS = 5
# A cell of few hours is held against the mean of all with so many hours' weight.
BELIEVED_AFTER = 20.0
# What the level of a meter drifts in a year for reasons no baseline sees [share of the expected use, standard
# deviation], which no part of one year can show: half of 20 meter-years of universities and of water districts
# (shared/data/cambridge, ferrara) moved by more than 3.5 %, ÷ 0.6745.
YEARLY_DRIFT = 0.05
# Nine in ten lie within so many standard deviations of a normal distribution.
SIGMAS = 1.645

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Margins:
    """Margins below and above an expected use: usual miss by (open or closed, slot of the day) and by level.

    `scale` (2, slots) [unit], `edges` (LEVELS − 1,) [unit], `factor` (LEVELS,), `below` and `above` in usual misses.
    """

    scale: Numbers
    edges: Numbers
    factor: Numbers
    below: float
    above: float

    def numbers(self) -> Mapping[str, tuple[float, ...]]:
        """Return the margins as a baseline keeps them."""
        return {
            "margin_scale": tuple(self.scale.ravel().tolist()),
            "margin_edges": tuple(self.edges.tolist()),
            "margin_factor": tuple(self.factor.tolist()),
            "margin_quantiles": (self.below, self.above),
        }


def margins(expected: Numbers, use: Numbers, closed: Flags) -> Margins:
    """Return the margins that hold `COVERED` of the use (slots, days) around what was expected without seeing it.

    Split conformal (Lei et al. 2018, section 2.2) with the miss measured in usual misses of like hours.
    `closed` (days,) sets the days apart.
    """
    known = np.isfinite(use) & np.isfinite(expected)
    miss = np.where(known, use - expected, 0.0)
    edges = np.quantile(expected[known], np.linspace(0, 1, LEVELS + 1)[1:-1])
    group = closed.astype(np.int64) * len(use) + np.arange(len(use))[:, None]
    mean = np.abs(miss[known]).mean()
    scale = _shrunk(np.abs(miss)[known], group[known], 2 * len(use), max(mean, np.finfo(float).tiny))
    level = np.searchsorted(edges, expected)
    factor = _shrunk((np.abs(miss) / scale[group])[known], level[known], LEVELS, 1.0)
    below, above = np.quantile((miss / (scale[group] * factor[level]))[known], [(1 - COVERED) / 2, (1 + COVERED) / 2])
    return Margins(scale.reshape(2, -1), edges, factor, float(min(below, 0.0)), float(max(above, 0.0)))


def read(numbers: Mapping[str, tuple[float, ...]]) -> Margins:
    """Return the margins a baseline kept."""
    scale = np.array(numbers["margin_scale"]).reshape(2, -1)
    below, above = numbers["margin_quantiles"]
    return Margins(scale, np.array(numbers["margin_edges"]), np.array(numbers["margin_factor"]), below, above)


def band(given: Margins, expected: Numbers, closed: Flags) -> tuple[Numbers, Numbers]:
    """Return the lower and upper margin (slots, days) [unit, both ≥ 0] around an expected use a year later."""
    usual = given.scale[closed.astype(np.int64)].T * given.factor[np.searchsorted(given.edges, expected)]
    drift = SIGMAS * YEARLY_DRIFT * np.abs(expected)
    return np.hypot(given.below * usual, drift), np.hypot(given.above * usual, drift)


def _shrunk(values: Numbers, group: NDArray[np.int64], groups: int, prior: float) -> Numbers:
    total, count = np.bincount(group, values, groups), np.bincount(group, minlength=groups)
    return (total + BELIEVED_AFTER * prior) / (count + BELIEVED_AFTER)
