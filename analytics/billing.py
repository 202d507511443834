"""A bill reckoned line by line from what a meter counted; what it cannot do without is named, never made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from analytics.hour_prices import hour_prices, periods
from analytics.hours import Numbers
from analytics.power_factor import adjustment, in_percent
from analytics.series import Ints
from campus.said import Said
from campus.tariff import PERIODS, Prices, Tariff, power_factor_rules, power_factor_source

# What is drawn above this multiple of the contracted demand is charged twice (两部制电价 [M], users.md B12).
DEMAND_MARGIN = 1.05
PERIOD_WORDS = {
    "S": Said("尖峰", "Sharp peak"),
    "P": Said("峰", "Peak"),
    "F": Said("平", "Flat"),
    "V": Said("谷", "Valley"),
    "D": Said("深谷", "Deep valley"),
    "": Said("用量", "Use"),
}
DEMAND = Said("需量电费", "Demand charge")
OVER = Said("超合同需量加收", "Above the contracted demand")
CAPACITY = Said("容量电费", "Capacity charge")
FACTOR = Said("力调电费", "Power-factor adjustment")
NO_PRICE = Said("没有这段时间的电价", "no price is set for all of this time")
NO_KW_PRICE = Said("没有每千瓦的价格", "no price per kW is set")
NO_DEMAND = Said("没有这个月的最大需量", "the month's maximum demand is not known")
NO_FACTOR = Said("没有这个月的无功电量", "the month's reactive energy is not known")
NO_USE = Said("这段时间的用量不全", "the use of this time is not fully known")
NO_HOURS = Said("没有逐小时的用量，分不出峰谷", "without hours, use cannot be parted into peak and valley")
DEMAND_UNCHECKED = Said(
    "超过合同105%的部分加倍收：通行做法，未核对原文",
    "what is above 105 % of the contract is charged twice: common practice, its text not checked",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a bill: `amount` [unit] of something comes to `yuan`."""

    name: Said
    amount: float
    unit: str
    yuan: float


@dataclass(frozen=True, slots=True)
class Bill:
    """A reckoned bill; `total` [yuan] is None where `missing` names what it cannot do without. `notes` say which of
    its rules are not checked against their text."""

    lines: tuple[Line, ...]
    total: float | None
    missing: tuple[Said, ...] = ()
    notes: tuple[Said, ...] = ()

    @property
    def use(self) -> float:
        """What was used and billed [unit of its lines]."""
        words = set(PERIOD_WORDS.values())
        return sum(line.amount for line in self.lines if line.name in words)


@dataclass(frozen=True, slots=True)
class Metered:
    """What the meters of an account counted over a billed time.

    `start_ms` (n,) epoch ms are all of its hours (`hourly`) or else local days, ascending; `value` (n,) [unit] is NaN
    where unknown. `before` [unit] was used in the calendar year up to it. `demand_kw` is the maximum of a quarter
    hour [kW], `factor` the power factor [1]; None where no meter tells it.
    """

    start_ms: Ints
    value: Numbers
    hourly: bool = True
    before: float = 0.0
    demand_kw: float | None = None
    factor: float | None = None

    @property
    def total(self) -> float:
        """What is known to be used [unit]."""
        return float(np.nansum(self.value))


def bill(tariff: Tariff, metered: Metered, first: date, zone: ZoneInfo) -> Bill:
    """Return the reckoned bill of a time that begins on a local day.

    Only what the account is billed for has a line: no demand line without a contract, no power factor without its
    standard.
    """
    prices = tariff.at(first)
    if prices is None:
        return Bill((), None, (NO_PRICE,))
    used, missing = _use_lines(tariff, metered, zone)
    lines = [*used, *_tier_lines(prices, metered, tariff)]
    demand, lacks, notes = _demand_lines(tariff, prices, metered.demand_kw)
    levied = _levied(tariff, metered, zone)
    base = sum(line.yuan for line in (*lines, *demand)) - levied
    adjusted, lacks_too, more = _factor_lines(tariff, metered, base)
    every = (*lines, *demand, *adjusted)
    missing += [*lacks, *lacks_too]
    total = None if missing else sum(line.yuan for line in every)
    return Bill(every, total, tuple(dict.fromkeys(missing)), (*notes, *more))


def _use_lines(tariff: Tariff, metered: Metered, zone: ZoneInfo) -> tuple[list[Line], list[Said]]:
    known = np.isfinite(metered.value)
    missing = [] if known.all() and len(known) else [NO_USE]
    start_ms, use = metered.start_ms[known], metered.value[known] * tariff.share
    letters = periods(tariff, start_ms, zone)
    if not metered.hourly and (letters != "").any():
        return [], [*missing, NO_HOURS]
    yuan = use * hour_prices(tariff, start_ms, zone)
    if np.isnan(yuan).any():
        return [], [*missing, NO_PRICE]
    named = [letter for letter in (*PERIODS, "") if (letters == letter).any()]
    lines = [
        Line(PERIOD_WORDS[name], float(use[letters == name].sum()), tariff.unit, float(yuan[letters == name].sum()))
        for name in named
    ]
    return lines, missing


def _levied(tariff: Tariff, metered: Metered, zone: ZoneInfo) -> float:
    """Return what of the use's yuan are levies, which no power factor changes."""
    known = np.isfinite(metered.value)
    plain = hour_prices(tariff.without_levies(), metered.start_ms[known], zone)
    whole = hour_prices(tariff, metered.start_ms[known], zone)
    return float(np.nansum(metered.value[known] * tariff.share * (whole - plain)))


def _tier_lines(prices: Prices, metered: Metered, tariff: Tariff) -> list[Line]:
    lines = []
    use, before = metered.total * tariff.share, metered.before * tariff.share
    for number, (above, yuan) in enumerate(prices.tiers, 2):
        amount = max(0.0, before + use - above) - max(0.0, before - above)
        if amount > 0:
            lines.append(Line(Said(f"第{number}档加价", f"Tier {number}"), amount, tariff.unit, amount * yuan))
    return lines


def _demand_lines(
    tariff: Tariff, prices: Prices, demand_kw: float | None
) -> tuple[list[Line], list[Said], list[Said]]:
    """Return the lines of capacity or demand, what they lack, and the note on their rule."""
    yuan = prices.yuan_per_kw
    if tariff.by_capacity is None and tariff.by_demand is None:
        return [], [], []
    if yuan is None:
        return [], [NO_KW_PRICE], []
    if tariff.by_demand is None:
        capacity = tariff.by_capacity or 0.0
        return [Line(CAPACITY, capacity, "kVA", capacity * yuan)], [], []
    if demand_kw is None:
        return [], [NO_DEMAND], [DEMAND_UNCHECKED]
    over = above_contract(demand_kw, tariff.by_demand)
    lines = [Line(DEMAND, tariff.by_demand, "kW", tariff.by_demand * yuan)]
    return lines + [Line(OVER, over, "kW", 2 * over * yuan)] * bool(over), [], [DEMAND_UNCHECKED]


def above_contract(demand_kw: float, contract_kw: float) -> float:
    """Return how much of a month's maximum demand [kW] is charged twice."""
    return max(0.0, demand_kw - DEMAND_MARGIN * contract_kw)


def _factor_lines(tariff: Tariff, metered: Metered, base: float) -> tuple[list[Line], list[Said], list[Said]]:
    if tariff.power_factor is None:
        return [], [], []
    source = power_factor_source()
    unchecked = Said(f"力调按{source.document}表，未核对原文", f"Power factor by {source.document}, text not checked")
    note = [unchecked] if source.confidence == "M" else []
    if metered.factor is None:
        return [], [NO_FACTOR], note
    share = adjustment(metered.factor, power_factor_rules()[tariff.power_factor])
    return [Line(FACTOR, in_percent(metered.factor), "%", base * share / 100)], [], note
