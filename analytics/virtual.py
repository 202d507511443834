"""A virtual meter's use from that of its inputs over the same windows: unknown as soon as one of them is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analytics.series import Bools, Floats, Ints, Use, gather, nothing
from campus.results import Figure

# Sums of binary fractions miss 0 by some of their last digits; no register tells a billionth of what it counts.
FLOAT_NOISE = 1e-9
# The largest permitted errors of meters by medium, as shares: class 1 electricity, 2.5 water, 2.0 gas, 3 heat and
# cold (GB 17167-2006 and GB/T 29149-2012 for buildings; the wider one where they leave a choice).
PERMITTED_ERROR = {"electricity": 0.01, "pv": 0.01, "water": 0.025, "gas": 0.02, "heat": 0.03, "cold": 0.03}


def whole(use: Use) -> Use:
    """Return use without what is known of a part of its window only: such an amount makes any difference wrong.

    A window is whole where all of it is measured, or where estimated use fills it up.
    """
    return _only(use, (use.coverage > 1 - FLOAT_NOISE) | (use.estimated > 0))


def whole_days(use: Use, hours: Ints, days: Ints) -> Use:
    """Return the hours between `hours` (k+1,) summed to those days between `days` (m+1,) that know every hour."""
    gaps = replace(use, value=np.isnan(use.value).astype(np.float64))
    return _only(gather(use, hours, days), gather(gaps, hours, days).value == 0)


def _only(use: Use, here: Bools) -> Use:
    kept = nothing(len(use.value))
    kept.put(use, here)
    return kept


def combine(parts: Sequence[tuple[float, Use]]) -> Use:
    """Return the sum of factor × use over the same windows, below 0 where it comes to that.

    Unknown where any part is. Coverage is the least of the parts'. What is estimated or corrected in a part falls
    wholly on the result, however small that difference is: its share is of the result, and at most all of it.
    """
    if not parts:
        raise ValueError("a sum of nothing is unknown, over windows nobody named")
    amounts = [factor * use.value for factor, use in parts]
    sizes = [np.abs(amount) for amount in amounts]
    total = _added(amounts)
    total[np.abs(total) < FLOAT_NOISE * _added(sizes)] = 0.0
    coverage = np.stack([use.coverage for _, use in parts]).min(axis=0)
    estimated = _share(sizes, [use.estimated for _, use in parts], total)
    corrected = _share(sizes, [use.corrected for _, use in parts], total)
    return _only(Use(total, coverage, estimated, corrected), np.asarray(~np.isnan(total)))


def _added(amounts: Sequence[Floats]) -> Floats:
    """Return the sum, one after the other: numpy's own order, and with it the last bit, depends on the length."""
    total = np.zeros(len(amounts[0]))
    for amount in amounts:
        total += amount
    return total


def _share(sizes: Sequence[Floats], marks: Sequence[Floats], total: Floats) -> Floats:
    """Return which share of the total the marked amounts are; without any amount, which of the inputs' time."""
    marked = _added([size * mark for size, mark in zip(sizes, marks, strict=True)])
    by_time = np.where(_added(sizes) > 0, 0.0, _added(marks) / len(marks))
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Floats = np.where(marked > 0, np.minimum(marked / np.abs(total), 1.0), by_time)
    return share


def of_figures(parts: Sequence[tuple[float, Figure]]) -> Figure:
    """Return the sum of factor × figure of one period by the same rules, called as the first figure is."""
    uses = [(factor, Use(*(np.array([number]) for number in _numbers(figure)))) for factor, figure in parts]
    result = combine(uses)
    value, coverage, estimated, corrected = (float(column[0]) for column in result.columns())
    known = None if math.isnan(value) else value
    return replace(parts[0][1], value=known, coverage=coverage, estimated=estimated, corrected=corrected)


def _numbers(figure: Figure) -> tuple[float, float, float, float]:
    value = math.nan if figure.value is None else figure.value
    return value, figure.coverage, figure.estimated, figure.corrected


def permitted_error(parts: Sequence[tuple[float, str]]) -> float:
    """Return how far a sum can be off by its meters' permitted errors, all against it.

    `parts` are each meter's amount in the sum and its medium.
    """
    return sum(abs(amount) * PERMITTED_ERROR[medium] for amount, medium in parts)
