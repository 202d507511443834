"""What a unit saved is worth: yuan and CO2, as the mean over months and meters that may differ in either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analytics import carbon
from campus.factors import Factor
from campus.results import Price
from campus.units import QUANTITIES


@dataclass(frozen=True, slots=True)
class Worth:
    """What one unit is worth: yuan with its prices, kilograms of CO2 with its factor rows; None: not all is known."""

    yuan_per_unit: float | None = None
    prices: tuple[Price, ...] = ()
    kgco2_per_unit: float | None = None
    factors: tuple[str, ...] = ()


UNKNOWN = Worth()


def of_price(price: Price | None, unit: str) -> Worth:
    """Return what a unit costs, unknown where the price is of another unit."""
    return UNKNOWN if price is None or price.unit != unit else Worth(price.yuan, (price,))


def of_factor(quantity: str, year: int, region: str, rows: tuple[Factor, ...]) -> Worth:
    """Return what a unit of a quantity emits in a year, by the row the year's carbon takes; unknown without one."""
    chosen = carbon.choose(quantity, year, carbon.Rules(region, rows)) if quantity in carbon.SHIPPED_IDS else None
    if chosen is None:
        return UNKNOWN
    tonnes = carbon.tonnes_per_unit(chosen.factor, QUANTITIES[quantity])
    return Worth(kgco2_per_unit=1000 * tonnes, factors=(carbon.row_name(chosen.factor),))


def mean_worth(parts: Sequence[tuple[float, Worth]]) -> Worth:
    """Return the mean of parts, each with the use it is of; unknown as soon as a part that weighs is."""
    weighed = [(weight, part) for weight, part in parts if weight]
    return Worth(
        _mean(weighed, lambda part: part.yuan_per_unit),
        tuple(dict.fromkeys(price for _, part in weighed for price in part.prices)),
        _mean(weighed, lambda part: part.kgco2_per_unit),
        tuple(dict.fromkeys(factor for _, part in weighed for factor in part.factors)),
    )


def _mean(parts: Sequence[tuple[float, Worth]], of: Callable[[Worth], float | None]) -> float | None:
    known = [(weight, value) for weight, part in parts if (value := of(part)) is not None]
    total = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) / total if total and len(known) == len(parts) else None
