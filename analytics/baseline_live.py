"""The expected use of the present: a frozen baseline with the level and the scatter of the last weeks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.baseline import HOURLY, Baseline, Expected
from analytics.baseline_margin import COVERED
from analytics.hours import HOURS_PER_DAY

# The level follows the last four weeks: shorter would take a burst for the new normal, longer lag a season.
LEVEL_DAYS = 28
# The level of a meter that now uses next to nothing is not told by it: so many days of mean use stand for no change.
# Seven or two made no difference to what the bands of 39 meter-years held; two follows a change more closely.
LEVEL_PRIOR_DAYS = 2
# The scatter follows eight weeks, and counts in full once so many days of them are known.
WIDTH_DAYS, WIDTH_KNOWN_DAYS = 56, 28

Numbers = NDArray[np.float64]


def followed(expected: Expected, use: Numbers, day: NDArray[np.int64], baseline: Baseline) -> Expected:
    """Return the expected use (n,) with the recent level and width of band, learnt from earlier days only.

    `use` (n,) is NaN where unknown, `day` (n,) ascending says which local day each hour is of (a daily series: one
    value a day). A level that stays changed is the usual one after four weeks: savings are told by the frozen
    baseline alone.
    """
    row = day - day[0] if len(day) else day
    level = _level(expected.value, use, row, baseline)[row]
    value = expected.value * level
    below, above = (expected.value - expected.low) * level, (expected.high - expected.value) * level
    width = _width((use - value, below, above), row)[row]
    low = value - below * width
    return Expected(value, np.maximum(low, baseline.floor), value + above * width, expected.strange)


def _level(expected: Numbers, use: Numbers, row: NDArray[np.int64], baseline: Baseline) -> Numbers:
    """Return use over expected use in the days before each day (days,), 1 where nothing is known of them."""
    both = np.isfinite(expected) & np.isfinite(use)
    used, meant = (_per_day(np.where(both, values, 0.0), row) for values in (use, expected))
    slots = HOURS_PER_DAY if baseline.model == HOURLY else 1
    prior = LEVEL_PRIOR_DAYS * abs(baseline.fit.mean) * slots
    ratio = (_before(used, LEVEL_DAYS) + prior) / (_before(meant, LEVEL_DAYS) + prior)
    level: Numbers = np.maximum(ratio, 0.0)
    return level


def _width(misses: tuple[Numbers, Numbers, Numbers], row: NDArray[np.int64]) -> Numbers:
    """Return by what each day's margins must be multiplied to have held `COVERED` of the days before it (days,).

    `misses` are use − expected, the margin below and the margin above (n,).
    """
    miss, below, above = misses
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(miss >= 0, miss / above, -miss / below)
    known = np.isfinite(score)
    days = int(row[-1]) + 1 if len(row) else 0
    edges = np.searchsorted(row, np.arange(days + 1))
    known_days = (_per_day(known.astype(np.float64), row) > 0).astype(np.float64)
    trust = np.minimum(_before(known_days, WIDTH_DAYS) / WIDTH_KNOWN_DAYS, 1.0)
    width = np.ones(days)
    for d in range(1, days):
        part = score[edges[max(d - WIDTH_DAYS, 0)] : edges[d]]
        part = part[np.isfinite(part)]
        if len(part):
            width[d] = 1.0 + trust[d] * (np.quantile(part, COVERED) - 1.0)
    return width


def _per_day(values: Numbers, row: NDArray[np.int64]) -> Numbers:
    return np.bincount(row, values).astype(np.float64)


def _before(per_day: Numbers, days: int) -> Numbers:
    """Return the sum of the `days` days before each day."""
    total = np.concatenate([[0.0], np.cumsum(per_day)])
    place = np.arange(len(per_day))
    sums: Numbers = total[place] - total[np.maximum(place - days, 0)]
    return sums
