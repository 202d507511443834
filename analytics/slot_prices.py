"""What each slot of a meter's use costs: an hour its own price, a day or longer the month's mean; and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.hour_prices import meter_prices
from analytics.hours import Numbers
from analytics.series import Ints
from campus.calendar import local_hours, midnight
from campus.registry import Meter, Registry
from campus.results import Price

_NOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Priced:
    """The prices of slots: `yuan` (n,) [yuan per unit], NaN where none is set; `row` (n,) which of `prices`, or -1.

    `by_hour` says that the slots are hours, each at the price of its hour.
    """

    yuan: Numbers
    row: Ints
    prices: tuple[Price, ...]
    by_hour: bool

    def part(self, kept: slice | NDArray[np.bool_]) -> Priced:
        """Return some of the slots."""
        return replace(self, yuan=self.yuan[kept], row=self.row[kept])


@dataclass(frozen=True, slots=True)
class Grounds:
    """The prices an amount of money comes from; a timed one is the mean of those of a document, by the amounts.

    Those `by_hour` were counted hour by hour, the others as they stand.
    """

    prices: tuple[Price, ...] = ()
    by_hour: tuple[Price, ...] = ()


NO_GROUNDS = Grounds()


def of_hours(registry: Registry, meter: Meter, start_ms: Ints, *, unit: str) -> Priced:
    """Return what a unit costs in hours (n,) [epoch ms], each at its own price."""
    day, _ = local_hours(start_ms, registry.school.timezone)
    by_day = of_days(registry, meter, day, unit=unit)
    yuan = np.where(by_day.row >= 0, meter_prices(registry, meter, start_ms), np.nan)
    return replace(by_day, yuan=yuan, by_hour=True)


def of_days(registry: Registry, meter: Meter, day: Ints, *, unit: str) -> Priced:
    """Return what a unit costs on local days (n,) [ordinals], the month's mean where it goes by the hour."""
    days, place = np.unique(day, return_inverse=True)
    noons = (midnight(date.fromordinal(int(one)), registry.school.timezone) + _NOON for one in days)
    said = (registry.price(meter, noon) for noon in noons)
    found = [price if price is not None and price.unit == unit else None for price in said]
    prices = tuple(dict.fromkeys(price for price in found if price is not None))
    number = {price: index for index, price in enumerate(prices)}
    row = np.array([-1 if price is None else number[price] for price in found], np.int64)[place]
    yuan = np.array([*(price.yuan for price in prices), np.nan])[row]
    return Priced(yuan, row, prices, by_hour=False)


def mean_price(yuan: Numbers, amount: Numbers) -> float | None:
    """Return the mean price of amounts (n,) at their prices (n,), exact where all are one; None where one is unknown,
    or the amounts come to nothing."""
    if not len(yuan) or np.isnan(yuan).any():
        return None
    if (yuan == yuan[0]).all():
        return float(yuan[0])
    total = float(amount.sum())
    return float(np.dot(amount, yuan)) / total if total > 0 else None


def grounds(parts: Sequence[tuple[Priced, Numbers]]) -> Grounds:
    """Return which prices the amounts (n,) of slots come from, in the order of time."""
    found: dict[tuple[Price, bool], tuple[Numbers, Numbers]] = {}
    for priced, amount in parts:
        for index in dict.fromkeys(priced.row[(priced.row >= 0) & (amount != 0)].tolist()):
            price, here = priced.prices[index], priced.row == index
            # A price that goes by the hour has another mean each month: it is the document that is one.
            key = (replace(price, yuan=0.0) if price.timed else price), priced.by_hour and price.timed
            before = found.get(key, (np.empty(0), np.empty(0)))
            found[key] = np.append(before[0], priced.yuan[here]), np.append(before[1], amount[here])
    means = {key: replace(key[0], yuan=_mean(*of)) if key[0].timed else key[0] for key, of in found.items()}
    return Grounds(tuple(means.values()), tuple(price for key, price in means.items() if key[1]))


def _mean(yuan: Numbers, amount: Numbers) -> float:
    """Return the mean by amounts, or of all hours alike where the amounts come to nothing."""
    mean = mean_price(yuan, amount)
    return float(np.nanmean(yuan)) if mean is None else mean
