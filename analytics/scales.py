"""Two scales in one column: values that go to and fro between a unit and another, as when two programs write it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.grain import grain

# Stretches looked at [days]: long enough for both scales to show, short enough for the use to stay alike.
BLOCK_DAYS = 28
# Each scale has at least so many values, and this share of them: fewer are spikes.
LEAST, LEAST_SHARE = 5, 0.02
# Changes from one scale to the other: one is a break, two a repaired one, and three could be chance.
LEAST_CHANGES = 4
# Between the scales lies a factor at least so wide without a value, and the finest digit moves by as much. A pump
# that stands by and runs has two levels too, but it is counted by one digit.
LEAST_FACTOR = 8.0
_DAY_MS = 86_400_000

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mix:
    """Over [start, end) epoch ms values alternate between two scales, one `ratio` times the other.

    `share` of the values are of the larger scale, 0 to 1.
    """

    start_ms: int
    end_ms: int
    ratio: float
    share: float


def mixes(time_ms: NDArray[np.int64], value: Values) -> list[Mix]:
    """Return the stretches of two scales; `value` (n,) is use per interval, NaN where unknown."""
    used = np.isfinite(value) & (value > 0)
    time_ms, value = time_ms[used], value[used]
    if not len(time_ms):
        return []
    block = (time_ms - time_ms[0]) // (BLOCK_DAYS * _DAY_MS)
    found = [_mix(time_ms[block == number], value[block == number]) for number in np.unique(block)]
    return _joined([mix for mix in found if mix is not None])


def _mix(time_ms: NDArray[np.int64], value: Values) -> Mix | None:
    limit = _between(value)
    if limit is None:
        return None
    large = value > limit
    changes = np.flatnonzero(np.diff(large.astype(np.int8))) + 1
    fine, coarse = grain(value[~large], LEAST), grain(value[large], LEAST)
    if len(changes) < LEAST_CHANGES or fine is None or coarse is None or coarse < LEAST_FACTOR * fine:
        return None
    # From where the first value of the rarer scale stands to the last.
    rare = np.flatnonzero(large if large.mean() < 0.5 else ~large)
    ratio = float(np.median(value[large]) / np.median(value[~large]))
    return Mix(int(time_ms[rare[0]]), int(time_ms[rare[-1]]) + 1, ratio, float(large.mean()))


def _between(value: Values) -> float | None:
    """Return a value within the widest gap between neighbours, None where it is too narrow or at an edge."""
    ordered = np.sort(value)
    least = max(LEAST, int(np.ceil(LEAST_SHARE * len(ordered))))
    if len(ordered) < 2 * least:
        return None
    above = ordered[least : len(ordered) - least + 1]
    below = ordered[least - 1 : len(ordered) - least]
    at = int(np.argmax(above / below))
    return float(np.sqrt(above[at] * below[at])) if above[at] >= LEAST_FACTOR * below[at] else None


def _joined(found: list[Mix]) -> list[Mix]:
    """Join stretches of neighbouring blocks."""
    joined: list[Mix] = []
    for mix in found:
        before = joined[-1] if joined else None
        if before is not None and mix.start_ms - before.end_ms <= 2 * BLOCK_DAYS * _DAY_MS:
            ratio = float(np.sqrt(before.ratio * mix.ratio))
            joined[-1] = Mix(before.start_ms, mix.end_ms, ratio, (before.share + mix.share) / 2)
        else:
            joined.append(mix)
    return joined
