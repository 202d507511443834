"""Student's t distribution, near enough to tell a chance from it."""

from __future__ import annotations

import math
from statistics import NormalDist

_NORMAL = NormalDist()


def quantile(share: float, freedom: float) -> float:
    """Return the value below which a `share` (0..1) of a t distribution lies.

    Wallace (1959), "Bounds on normal approximations to Student's and the chi-square distributions", turned round:
    within 2 % of the tables for 3 degrees of freedom and more.
    """
    z = _NORMAL.inv_cdf(share)
    size = math.sqrt(freedom * math.expm1((z * _bend(freedom)) ** 2 / freedom))
    return math.copysign(size, z)


def below(value: float, freedom: float) -> float:
    """Return which share (0..1) of a t distribution lies below a value."""
    z = math.sqrt(freedom * math.log1p(value**2 / freedom)) / _bend(freedom)
    return _NORMAL.cdf(math.copysign(z, value))


def _bend(freedom: float) -> float:
    return (8 * freedom + 3) / (8 * freedom + 1)
