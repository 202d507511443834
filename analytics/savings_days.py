"""A reporting period by the day: what was expected, within which band, and what was used, where both are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.savings import Metered

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ByDay:
    """Local days `day` (n,) as proleptic ordinals, ascending, each with a slot that is known on both sides.

    `expected` and `used` (n,) [unit] of those slots of all meters, `below` and `above` (n,) how far the use of such a
    day strays from the expected, nine times in ten; `covered` and `estimated` (n,) shares of slots and of use.
    """

    day: NDArray[np.int64]
    expected: Numbers
    below: Numbers
    above: Numbers
    used: Numbers
    covered: Numbers
    estimated: Numbers


def by_day(meters: Sequence[Metered]) -> ByDay:
    """Return the days of a period; the meters' errors are their own and add up in squares."""
    edges = [edge for one in meters for edge in (one.day[:1], one.day[-1:])]
    first, last = int(np.concatenate(edges).min()), int(np.concatenate(edges).max())
    total = np.zeros((7, last - first + 1))
    for one in meters:
        row, known = one.day - first, one.known.astype(np.float64)
        memory = min(max(one.baseline.fit.autocorrelation, 0.0), 0.999)
        # Neighbouring slots stray together: as Guideline 14 counts independent ones, but never more than all of them.
        spread = np.sqrt((1 + memory) / (1 - memory))
        expected = one.expected
        below, above = (
            _strayed(row, np.nan_to_num(margin) * known, (total.shape[1], spread))
            for margin in (expected.value - expected.low, expected.high - expected.value)
        )
        used = np.nan_to_num(one.used) * known
        counted = (np.nan_to_num(expected.value) * known, used, known, np.ones(len(row)), used * one.estimated)
        total[:5] += [np.bincount(row, column, total.shape[1]) for column in counted]
        total[5:] += np.stack([below, above]) ** 2
    kept = total[2] > 0
    expected_use, used_all, known_slots, slots, guessed, below_2, above_2 = total[:, kept]
    return ByDay(
        day=first + np.flatnonzero(kept),
        expected=expected_use,
        below=np.sqrt(below_2),
        above=np.sqrt(above_2),
        used=used_all,
        covered=known_slots / slots,
        estimated=np.divide(guessed, used_all, out=np.zeros(len(guessed)), where=used_all != 0),
    )


def _strayed(row: NDArray[np.int64], margin: Numbers, of: tuple[int, float]) -> Numbers:
    """Return how far the sum of each day's slots strays."""
    count, spread = of
    together = np.bincount(row, margin, count)
    apart: Numbers = np.sqrt(np.bincount(row, margin**2, count)) * spread
    return np.minimum(apart, together)
