"""What a unit saved is worth: yuan by the slots it was saved in, CO2 as the mean over months and meters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics import carbon
from analytics.hours import Numbers
from analytics.slot_prices import NO_GROUNDS, Grounds, Priced, grounds, mean_price
from campus.factors import Factor
from campus.units import QUANTITIES


@dataclass(frozen=True, slots=True)
class Worth:
    """What one unit is worth: yuan with its prices, kilograms of CO2 with its factor rows; None: not all is known.

    `yuan_per_unit` is the mean over the expected use, and `yuan_beyond` [yuan] what was saved is worth beyond that
    mean, because it was saved at dearer times (below it, if negative).
    """

    yuan_per_unit: float | None = None
    prices: Grounds = NO_GROUNDS
    yuan_beyond: float = 0.0
    kgco2_per_unit: float | None = None
    factors: tuple[str, ...] = ()


UNKNOWN = Worth()


def of_prices(parts: Sequence[tuple[Priced | None, Numbers, Numbers]]) -> Worth:
    """Return what a unit saved costs: every slot's saving at that slot's price, unknown where a slot has none.

    `parts` are meters, each with its prices, what was expected and what was used (n,) [unit] in its known slots.
    """
    known = [(priced, expected, used) for priced, expected, used in parts if priced is not None]
    if len(known) < len(parts) or not known:
        return UNKNOWN
    yuan = np.concatenate([priced.yuan for priced, _, _ in known])
    expected = np.concatenate([expected for _, expected, _ in known])
    less = expected - np.concatenate([used for _, _, used in known])
    mean = mean_price(yuan, expected)
    if mean is None:
        return UNKNOWN
    said = grounds([(priced, expected) for priced, expected, _ in known])
    return Worth(mean, said, float(np.dot(less, yuan - mean)))


def of_factor(quantity: str, year: int, region: str, rows: tuple[Factor, ...]) -> Worth:
    """Return what a unit of a quantity emits in a year, by the row the year's carbon takes; unknown without one."""
    chosen = carbon.choose(quantity, year, carbon.Rules(region, rows)) if quantity in carbon.SHIPPED_IDS else None
    if chosen is None:
        return UNKNOWN
    tonnes = carbon.tonnes_per_unit(chosen.factor, QUANTITIES[quantity])
    return Worth(kgco2_per_unit=1000 * tonnes, factors=(carbon.row_name(chosen.factor),))


def mean_emitted(parts: Sequence[tuple[float, Worth]]) -> Worth:
    """Return the mean CO2 of parts, each with the use it is of; unknown as soon as one that weighs is."""
    weighed = [(weight, part) for weight, part in parts if weight]
    known = [(weight, part.kgco2_per_unit) for weight, part in weighed if part.kgco2_per_unit is not None]
    total = sum(weight for weight, _ in known)
    whole = bool(total) and len(known) == len(weighed)
    return Worth(
        kgco2_per_unit=sum(weight * value for weight, value in known) / total if whole else None,
        factors=tuple(dict.fromkeys(factor for _, part in weighed for factor in part.factors)),
    )
