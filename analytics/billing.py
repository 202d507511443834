"""What use costs: a price for each hour, a month's bill line by line, and what moving a load would save."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.hours import HOURS_PER_DAY, Hours, Numbers
from analytics.power_factor import adjustment, power_factor
from campus.calendar import local_hours
from campus.registry import School
from campus.said import Said
from campus.tariff import PERIODS, Prices, Tariff, power_factor_rules

# What is drawn above this multiple of the contracted demand is charged twice (两部制电价 [M], users.md B12).
DEMAND_MARGIN = 1.05
PERIOD_WORDS = {
    "S": Said("尖峰", "Sharp peak"),
    "P": Said("峰", "Peak"),
    "F": Said("平", "Flat"),
    "V": Said("谷", "Valley"),
    "D": Said("深谷", "Deep valley"),
}
_ALL_DAY = Said("电度", "Use")
_DEMAND = Said("需量电费", "Demand charge")
_OVER = Said("超合同需量加收", "Above the contracted demand")
_CAPACITY = Said("容量电费", "Capacity charge")
_FACTOR = Said("力调电费", "Power-factor adjustment")
NO_PRICE = Said("没有这个月的电价", "no price is set for this month")
NO_DEMAND = Said("没有这个月的最大需量", "the month's maximum demand is not known")
NO_FACTOR = Said("没有这个月的无功电量", "the month's reactive energy is not known")
NO_USE = Said("这个月的用量不全", "the month's use is not fully known")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a bill: `amount` [unit] of something comes to `yuan`."""

    name: Said
    amount: float
    unit: str
    yuan: float


@dataclass(frozen=True, slots=True)
class Bill:
    """A month's reckoned bill; `total` [yuan] is None where `missing` names what a bill cannot do without."""

    lines: tuple[Line, ...]
    total: float | None
    missing: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Metered:
    """What an account's month measured: use per hour (n,) [unit] of local hours, with the maximum demand [kW] and
    reactive energy [kvarh] where a meter tells them."""

    hours: Hours
    demand_kw: float | None = None
    reactive_kvarh: float | None = None


def day_prices(tariff: Tariff, day: date) -> Numbers | None:
    """Return the price [yuan per unit] of each local hour (24,) of a day without tiers, None where none is set."""
    prices = tariff.at(day)
    if prices is None:
        return None
    plain = sum(part.yuan for part in prices.parts if not part.timed)
    timed = sum(part.yuan for part in prices.parts if part.timed)
    if prices.windows is None:
        return np.full(HOURS_PER_DAY, plain + timed)
    letters = prices.windows.months[day.month - 1]
    return plain + timed * np.array([prices.windows.multiplier[letter] for letter in letters])


def hour_prices(tariff: Tariff, hours: Hours, school: School) -> Numbers:
    """Return the price [yuan per unit] of each hour (n,), NaN where none is set; tiers are left out."""
    day, hour = local_hours(hours.start_ms, school.timezone)
    found = np.full(len(day), np.nan)
    for ordinal in np.unique(day):
        prices = day_prices(tariff, date.fromordinal(int(ordinal)))
        if prices is not None:
            here = day == ordinal
            found[here] = prices[hour[here]]
    return found


def cost(tariff: Tariff, excess: Hours, school: School) -> float | None:
    """Return what an excess [unit per hour] costs [yuan]: each hour at its own price; None where one has none."""
    prices = hour_prices(tariff, excess, school)
    known = np.isfinite(excess.value) & (excess.value != 0)
    if np.isnan(prices[known]).any():
        return None
    return float(np.sum(excess.value[known] * prices[known]))


def bill(tariff: Tariff, metered: Metered, month: date, school: School, before: float = 0.0) -> Bill:
    """Return the reckoned bill of a local month; `before` [unit] was used in the calendar year up to it.

    Only what the account is billed for has a line: no demand line without `by_demand`, no power factor without its
    standard. What is missing for a line that is billed is named, and leaves the bill without a total.
    """
    prices = tariff.at(month)
    if prices is None:
        return Bill((), None, (NO_PRICE,))
    use = metered.hours.value * tariff.share
    missing = [NO_USE] if not len(use) or np.isnan(use).any() else []
    lines = [
        *_use_lines(tariff, metered.hours, month, school),
        *_tier_lines(prices, float(np.nansum(use)), before, tariff.unit),
    ]
    demand, lacks = _demand_lines(tariff, prices, metered.demand_kw)
    adjusted, lacks_too = _factor_lines(tariff, [*lines, *demand], metered, float(np.nansum(use)))
    every = (*lines, *demand, *adjusted)
    missing += [*lacks, *lacks_too]
    return Bill(every, None if missing else sum(line.yuan for line in every), tuple(missing))


def _use_lines(tariff: Tariff, hours: Hours, month: date, school: School) -> list[Line]:
    prices = tariff.at(month)
    assert prices is not None
    use = np.nan_to_num(hours.value) * tariff.share
    yuan = use * hour_prices(tariff, hours, school)
    if prices.windows is None:
        return [Line(_ALL_DAY, float(use.sum()), tariff.unit, float(yuan.sum()))]
    letters = np.array(list(prices.windows.months[month.month - 1]))
    letter: NDArray[np.str_] = letters[local_hours(hours.start_ms, school.timezone)[1]]
    return [
        Line(PERIOD_WORDS[name], float(use[letter == name].sum()), tariff.unit, float(yuan[letter == name].sum()))
        for name in PERIODS
        if (letter == name).any()
    ]


def _tier_lines(prices: Prices, use: float, before: float, unit: str) -> list[Line]:
    lines = []
    for number, (above, yuan) in enumerate(prices.tiers, 2):
        amount = max(0.0, before + use - above) - max(0.0, before - above)
        if amount > 0:
            lines.append(Line(Said(f"第{number}档加价", f"Tier {number}"), amount, unit, amount * yuan))
    return lines


def _demand_lines(tariff: Tariff, prices: Prices, demand_kw: float | None) -> tuple[list[Line], list[Said]]:
    yuan = prices.yuan_per_kw
    if tariff.by_capacity is not None and yuan is not None:
        return [Line(_CAPACITY, tariff.by_capacity, "kVA", tariff.by_capacity * yuan)], []
    if tariff.by_demand is None or yuan is None:
        return [], []
    if demand_kw is None:
        return [], [NO_DEMAND]
    over = max(0.0, demand_kw - DEMAND_MARGIN * tariff.by_demand)
    lines = [Line(_DEMAND, tariff.by_demand, "kW", tariff.by_demand * yuan)]
    return lines + [Line(_OVER, over, "kW", 2 * over * yuan)] * bool(over), []


def _factor_lines(tariff: Tariff, lines: list[Line], metered: Metered, use: float) -> tuple[list[Line], list[Said]]:
    if tariff.power_factor is None:
        return [], []
    if metered.reactive_kvarh is None:
        return [], [NO_FACTOR]
    factor = power_factor(use, metered.reactive_kvarh)
    if factor is None:
        return [], [NO_USE]
    share = adjustment(factor, power_factor_rules()[tariff.power_factor])
    base = sum(line.yuan for line in lines)
    return [Line(_FACTOR, round(100 * factor), "%", base * share / 100)], []


def shift(tariff: Tariff, day: date, load_kwh: Numbers, hours: int) -> tuple[int, float] | None:
    """Return the first local hour of the cheapest `hours` in a row for a load that can move, and what it saves.

    `load_kwh` (24,) is what that load uses now. Saved is [yuan a day]. None where the price does not go by the
    hour, or none is set: advice to shift a load is reckoned, never assumed.
    """
    prices = day_prices(tariff, day)
    if prices is None or np.ptp(prices) == 0:
        return None
    runs = np.array([prices[start : start + hours].mean() for start in range(HOURS_PER_DAY - hours + 1)])
    best = int(np.argmin(runs))
    return best, float(np.sum(load_kwh * prices) - load_kwh.sum() * runs[best])
