"""What an account pays for a unit, and when: dated prices, time-of-use windows, tiers, demand and power factor."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

# The periods a window names, dearest first: 尖峰, 峰, 平, 谷, 深谷.
PERIODS = "SPFVD"


@dataclass(frozen=True, slots=True)
class Windows:
    """Which of the `PERIODS` each local hour of a month is (12 × 24 letters), and what it does to a timed price."""

    id: str
    region: str
    document: str
    confidence: str
    status_checked_on: date
    multiplier: Mapping[str, float]
    months: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the price [yuan per unit]; only a `timed` part is multiplied in peak and valley."""

    name: str
    yuan: float
    timed: bool = False


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

    def at(self, day: date) -> Prices | None:
        """Return the prices in force on a local day, None before the first: no price is ever invented."""
        return next((prices for prices in reversed(self.prices) if prices.since <= day), None)


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


@cache
def windows() -> Mapping[str, Windows]:
    """Return the shipped time-of-use windows, by id."""
    return {row["id"]: _windows(row) for row in _shipped()["windows"]}


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


def _windows(row: dict[str, Any]) -> Windows:
    months = [""] * 12
    for named, hours in row["months"].items():
        for span in named.split(","):
            first, _, last = span.partition("-")
            for month in range(int(first), int(last or first) + 1):
                months[month - 1] = hours
    return Windows(**{**row, "months": tuple(months)})
