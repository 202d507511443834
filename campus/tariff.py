"""What an account pays for a unit, and when: dated prices, time-of-use windows, tiers, demand and power factor."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from campus.results import Price

# The periods a window names, dearest first: 尖峰, 峰, 平, 谷, 深谷.
PERIODS = "SPFVD"


@dataclass(frozen=True, slots=True)
class Windows:
    """Which of the `PERIODS` each local hour of a month is (12 × 24 letters), and what it does to a timed price.

    `confidence` is that of the shipped ones, "" for a school's own.
    """

    id: str
    region: str
    document: str
    multiplier: Mapping[str, float]
    months: tuple[str, ...]
    confidence: str = ""
    status_checked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the price [yuan per unit]; only a `timed` part is multiplied in peak and valley.

    A `levy` (政府性基金及附加) is not changed by the power factor.
    """

    name: str
    yuan: float
    timed: bool = False
    levy: bool = False


@dataclass(frozen=True, slots=True)
class Prices:
    """What holds from `since` on, by `document`: parts, and each tier's addition [yuan per unit] above so many units
    of the calendar year; `yuan_per_kw` is a month's charge for a kW of demand or a kVA of capacity.
    """

    since: date
    document: str
    parts: tuple[Part, ...]
    windows: Windows | None = None
    tiers: tuple[tuple[float, float], ...] = ()
    yuan_per_kw: float | None = None
    assumed: bool = False

    @property
    def timed(self) -> bool:
        """Whether the price of a unit goes by the hour."""
        return self.windows is not None and any(part.timed for part in self.parts)

    def by_hour(self, month: int) -> tuple[float, ...]:
        """Return the price [yuan per unit] of each local hour (24,) of a day in `month` 1..12, tiers left out."""
        plain = sum(part.yuan for part in self.parts if not part.timed)
        timed = sum(part.yuan for part in self.parts if part.timed)
        if self.windows is None:
            return (plain + timed,) * 24
        return tuple(plain + timed * self.windows.multiplier[letter] for letter in self.windows.months[month - 1])

    def mean(self, month: int) -> float | None:
        """Return the mean price [yuan per unit] of a month, every hour alike; None where no unit has a price."""
        if not self.parts:
            return None
        hours = self.by_hour(month)
        return sum(hours) / len(hours) if self.timed else hours[0]


@dataclass(frozen=True, slots=True)
class Tariff:
    """How an account is billed: prices by date, ascending.

    `by_demand` [kW contracted] or `by_capacity` [kVA installed] for a two-part price; `power_factor` is the
    standard [%] its bill is adjusted to; `share` of the meter's use is billed here (定比).
    """

    unit: str
    prices: tuple[Prices, ...]
    by_demand: float | None = None
    by_capacity: float | None = None
    power_factor: int | None = None
    share: float = 1.0

    @property
    def timed(self) -> bool:
        """Whether any of its prices goes by the hour."""
        return any(prices.timed for prices in self.prices)

    @property
    def plain(self) -> bool:
        """Whether a unit has had one price at every hour of every day: money is then amount times price."""
        return len(self.prices) == 1 and self.prices[0].since == date.min and not self.timed and self.share == 1.0

    def without_levies(self) -> Tariff:
        """Return the same tariff without its levies."""
        kept = (replace(one, parts=tuple(part for part in one.parts if not part.levy)) for one in self.prices)
        return replace(self, prices=tuple(one if one.parts else replace(one, parts=(Part("", 0.0),)) for one in kept))

    def at(self, day: date) -> Prices | None:
        """Return the prices in force on a local day, None before the first: no price is ever invented."""
        return next((prices for prices in reversed(self.prices) if prices.since <= day), None)

    def price(self, day: date) -> Price | None:
        """Return what a unit costs on a local day, the month's mean where it goes by the hour; None: none is set."""
        prices = self.at(day)
        mean = None if prices is None else prices.mean(day.month)
        if prices is None or mean is None:
            return None
        return Price(mean, self.unit, prices.document, prices.assumed, prices.timed)


def flat(price: Price) -> Tariff:
    """Return the tariff of one price that holds at every time."""
    parts = (Part("", price.yuan),)
    return Tariff(price.unit, (Prices(date.min, price.document, parts, assumed=price.assumed),))


@dataclass(frozen=True, slots=True)
class PowerFactorRule:
    """Per cent of the bill by power factor [%], for one standard: see data/tariffs.toml."""

    standard: int
    bonus: Mapping[int, float]
    first_step: float
    first_until: int
    second_step: float
    second_until: int
    below: float


@dataclass(frozen=True, slots=True)
class Source:
    """Where a shipped rule is written, and how well that is known (as in factors.toml)."""

    document: str
    confidence: str


@cache
def power_factor_source() -> Source:
    """Return where the power-factor rules are written."""
    table = _shipped()["power_factor"]
    return Source(table["document"], table["confidence"])


@cache
def windows() -> Mapping[str, Windows]:
    """Return the shipped time-of-use windows, by id."""
    return {row["id"]: windows_of(row) for row in _shipped()["windows"]}


@cache
def power_factor_rules() -> Mapping[int, PowerFactorRule]:
    """Return the shipped power-factor rules, by standard [%]."""
    table = _shipped()["power_factor"]["standard"]
    return {
        int(standard): PowerFactorRule(
            int(standard), **{**row, "bonus": {int(at): share for at, share in row["bonus"].items()}}
        )
        for standard, row in table.items()
    }


def _shipped() -> dict[str, Any]:
    return tomllib.loads(resources.files("campus").joinpath("data/tariffs.toml").read_text(encoding="utf-8"))


def windows_of(row: Mapping[str, Any]) -> Windows:
    """Return the windows of a row whose `months` name months ("1,2,12", "3-5") and their 24 hours."""
    months = [""] * 12
    for named, hours in row["months"].items():
        for span in named.split(","):
            first, _, last = span.partition("-")
            for month in range(int(first), int(last or first) + 1):
                months[month - 1] = hours
    return Windows(**{**row, "months": tuple(months)})
