"""Randomness that is a function of (seed, stream, position): any window gives the same values as a longer one."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
T = TypeVar("T")

# SplitMix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 17.
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX = ((30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB)))
_LAST_SHIFT = np.uint64(31)
_MANTISSA = np.uint64(11)  # 64 − 53 bits of a float64


def uniform(seed: int, stream: str, position: Ints) -> Floats:
    """Return values in [0, 1), one per integer position."""
    key = np.frombuffer(blake2b(f"{seed}/{stream}".encode(), digest_size=8).digest(), np.uint64)
    word = key + np.atleast_1d(position).astype(np.uint64) * _GAMMA
    for shift, factor in _MIX:
        word = (word ^ (word >> np.uint64(shift))) * factor
    word ^= word >> _LAST_SHIFT
    return (word >> _MANTISSA).astype(np.float64) * 2.0**-53


def normal(seed: int, stream: str, position: Ints) -> Floats:
    """Return standard normal values, one per integer position (Box and Muller 1958)."""
    radius = np.sqrt(-2.0 * np.log1p(-uniform(seed, f"{stream}/r", position)))
    return np.asarray(radius * np.cos(2.0 * np.pi * uniform(seed, f"{stream}/a", position)))


def smooth(seed: int, stream: str, position: Floats) -> Floats:
    """Return a smooth curve of unit variance at its knots, the integers, through standard normal values."""
    knot = np.floor(position)
    share = position - knot
    blend = share * share * (3.0 - 2.0 * share)
    index = knot.astype(np.int64)
    return np.asarray((1.0 - blend) * normal(seed, stream, index) + blend * normal(seed, stream, index + 1))


def between(seed: int, stream: str, low: float, high: float) -> float:
    """Return one value in [low, high)."""
    return low + (high - low) * float(uniform(seed, stream, np.zeros(1, np.int64))[0])


def shuffled(seed: int, stream: str, items: Sequence[T]) -> list[T]:
    """Return the items in drawn order."""
    order = np.argsort(uniform(seed, stream, np.arange(len(items), dtype=np.int64)), kind="stable")
    return [items[i] for i in order]
