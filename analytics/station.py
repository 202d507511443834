"""What a boiler room burns and what it sends out, day by day: the fuel's meters and the heat meters beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.around import Beside
from analytics.detector import Context, NotJudged, Verdict
from analytics.heat_days import FUELS, HeatDays, amounts
from analytics.hours import Numbers, day_grid
from analytics.robust import middle
from campus import factors
from campus.units import QUANTITIES, factor

# The lower calorific value of natural gas: the row that is named beside an efficiency.
GAS_NCV = "ncv.gas.js303"
# Electricity that comes out as more than so many times the heat drives pumps and heats nothing: heat pumps stay
# below. Ours.
MOST_BY_HEAT_PUMP = 8.0

NO_HEAT_METER = NotJudged(
    "no_heat_meter",
    "锅炉房没有热量表，算不出效率。",
    "The boiler room has no heat meter: its efficiency cannot be told.",
)


@dataclass(frozen=True, slots=True)
class Station:
    """A plant's days: `fuel` (days,) [unit of its meters a day] and `heat` or cold sent out (days,) [GJ a day], NaN
    where one of the meters is unknown; `gj_per_unit` of fuel. `outdoor_c` (days,) [°C] where efficiency goes with
    the weather."""

    fuel: Numbers
    heat: Numbers
    gj_per_unit: float
    outdoor_c: Numbers | None = None

    @property
    def efficiency(self) -> Numbers:
        """Heat sent out over heat in the fuel (days,), NaN where either is unknown or nothing is burnt."""
        burnt = self.fuel * self.gj_per_unit
        with np.errstate(invalid="ignore"):
            found: Numbers = np.divide(self.heat, burnt, out=np.full(len(burnt), np.nan), where=burnt > 0)
        return found


def station(days: HeatDays, context: Context) -> Station | Verdict:
    """Return the days of the boiler room whose fuel a meter counts.

    Of several such meters the first by key stands for all. A meter that counts no fuel has nothing said of it;
    without a heat meter beside it, why it cannot be judged.
    """
    beside = context.around.beside
    gas = [one for one in beside if one.quantity in FUELS]
    if context.quantity not in FUELS and gas:
        return []
    heat = topmost([one for one in beside if one.quantity == "heat"])
    if not heat:
        return NO_HEAT_METER if context.quantity in FUELS else []
    fuel = taken(days, context, [one for one in beside if one.quantity == context.quantity])
    if fuel is None:
        return []
    found = Station(fuel, summed(heat, context), gj_per_unit(context.quantity))
    return [] if context.quantity not in FUELS and _only_pumps(found) else found


def taken(days: HeatDays, context: Context, others: list[Beside]) -> Numbers | None:
    """Return what the meters of a plant's fuel count (days,), this one and the others beside it; None at a meter that
    another stands for."""
    more = beside_it(context, others)
    return None if more is None else np.asarray(days.amount + summed(more, context))


def beside_it(context: Context, others: list[Beside]) -> list[Beside] | None:
    """Return what of others that count the same is to be added to a meter; None at one that another stands for: the
    one above it, or of several the first by key."""
    tops, keys = topmost(others), {one.meter.key for one in others}
    if context.meter.parent in keys or any(one.meter.key < context.meter.key for one in tops):
        return None
    return [one for one in tops if one.meter.parent != context.meter.key]


def topmost(registers: list[Beside]) -> list[Beside]:
    """Return the registers that none of the others stands above."""
    keys = {one.meter.key for one in registers}
    return [one for one in registers if one.meter.parent not in keys]


def summed(registers: list[Beside], context: Context) -> Numbers:
    """Return what registers count together (days,), NaN where one of them is unknown."""
    parts = [amounts(day_grid(one.hours, context.school)) for one in registers]
    return np.sum(parts, axis=0) if parts else np.zeros(1)


def _only_pumps(of: Station) -> bool:
    known = of.efficiency[np.isfinite(of.efficiency)]
    return not len(known) or middle(known) > MOST_BY_HEAT_PUMP


def gj_per_unit(quantity: str) -> float:
    """Return the energy in a unit of fuel or electricity [GJ]."""
    if QUANTITIES[quantity].unit == "kWh":
        return factor("kWh", QUANTITIES["heat"])
    row = factors.by_id(factors.shipped(), GAS_NCV)
    assert row is not None
    return row.value
