"""What each kind of fault on request does: a rate added at meters [kW, m³/h, GJ/h], from the fault's `size`.

Everything is an addition, also what is lost: the meters above then see it as they would. Sizes are shares of what
is usual where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from sim import flows, loads, plant
from sim.building import ELECTRIC, HEATED, WATER
from sim.fault import Fault, Kind
from sim.moments import Moments, between_hours
from sim.noise import Floats
from sim.site import Site

Effect = Callable[[Site, Fault, Moments], Mapping[str, Floats]]
KITCHEN_CLOSED = (0.5, 3.0)


def _on(fault: Fault, now: Moments) -> Floats:
    ended = np.inf if fault.end_ms is None else fault.end_ms
    return ((now.start_ms >= fault.start_ms) & (now.start_ms < ended)).astype(np.float64)


def _constant(_site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Add `size` [unit per hour] at the meter, all day."""
    return {fault.meter: fault.size * _on(fault, now)}


def _free_days(_site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Add `size` [kW] from morning to evening of days without lessons."""
    day = between_hours(now, 8.0, 18.0) & ~now.lessons
    return {fault.meter: fault.size * _on(fault, now) * day}


def _dip(site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Take all of a building's power or water away."""
    load = {**ELECTRIC, **WATER}[fault.meter]
    return {fault.meter: -load(site, now) * _on(fault, now)}


def _loss(site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Add a share of what the sub-meters count at the main meter alone: what branches off before them."""
    parts = WATER if fault.meter == "w-main" else ELECTRIC
    counted = np.sum([load(site, now) for load in parts.values()], axis=0)
    return {fault.meter: fault.size * counted * _on(fault, now)}


def _pv(site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Take a share of the roof's power away."""
    return {fault.meter: -fault.size * loads.pv_kw(site, now) * _on(fault, now)}


def _gas(_site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Add `size` [m³/h] in the hours in which nobody cooks."""
    return {fault.meter: fault.size * _on(fault, now) * between_hours(now, *KITCHEN_CLOSED)}


def _off_season(site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Add the heat a building would take were it still the season, in the share `size`."""
    heated = replace(now, heating=np.ones(len(now.hour), bool))
    building = fault.meter.removeprefix("h-")
    more = flows.heat_gj_h(site, heated, building) - flows.heat_gj_h(site, now, building)
    return {fault.meter: fault.size * more * _on(fault, now)}


def _free_heat(site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Add what is saved by setting back on days without lessons, in the share `size`."""
    heat = flows.heat_gj_h(site, now, fault.meter.removeprefix("h-"))
    return {fault.meter: fault.size * heat * (1 / flows.SET_BACK - 1) * ~now.lessons * _on(fault, now)}


def _more_heat(site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Add a share of what the building takes at that temperature."""
    return {fault.meter: fault.size * flows.heat_gj_h(site, now, fault.meter.removeprefix("h-")) * _on(fault, now)}


def _sent(site: Site, now: Moments) -> Floats:
    return np.asarray(np.sum([flows.heat_gj_h(site, now, building) for building in HEATED], axis=0))


def _efficiency(site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Add the gas of a boiler whose efficiency fell by the share `size`."""
    gas = flows.boiler_gas_m3_h(site, _sent(site, now) / (1 - site.equipment["heat_network_loss"]))
    return {"g-boiler": gas * (1 / (1 - fault.size) - 1) * _on(fault, now)}


def _network(site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Add what a network loses that loses the share `size` more of what is sent out; the boiler burns it too."""
    loss, arrived = site.equipment["heat_network_loss"], _sent(site, now)
    return {"h-boiler": arrived * (1 / (1 - loss - fault.size) - 1 / (1 - loss)) * _on(fault, now)}


def _chiller(site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Add the power of a plant whose coefficient of performance fell by the share `size`."""
    power = plant.cold_kw(site, now) / plant.cop(now)
    return {plant.POWER: power * (1 / (1 - fault.size) - 1) * _on(fault, now)}


def _both(site: Site, fault: Fault, now: Moments) -> Mapping[str, Floats]:
    """Add the cold that carries off `size` of the laboratory's heat while it is heated."""
    heat_kw = flows.heat_gj_h(site, now, "laboratory") / plant.GJ_PER_KWH
    cold = fault.size * heat_kw * _on(fault, now)
    return {plant.COLD: cold, plant.POWER: cold / plant.cop(now), "h-laboratory": cold * plant.GJ_PER_KWH}


EFFECTS: Mapping[Kind, Effect] = {
    Kind.DAILY_LEAK: _constant,
    Kind.BURST: _constant,
    Kind.BASE_LOAD: _constant,
    Kind.DEMAND: _constant,
    Kind.FREE_DAY_LOAD: _free_days,
    Kind.SPIKE: _constant,
    Kind.DIP: _dip,
    Kind.LOSS: _loss,
    Kind.PV_LOW: _pv,
    Kind.GAS_AT_NIGHT: _gas,
    Kind.MAKEUP: _constant,
    Kind.HEAT_OFF_SEASON: _off_season,
    Kind.HEAT_FREE_DAYS: _free_heat,
    Kind.HEAT_MORE: _more_heat,
    Kind.STATION_EFFICIENCY: _efficiency,
    Kind.NETWORK_LOSS: _network,
    Kind.CHILLER: _chiller,
    Kind.SIMULTANEOUS: _both,
}


def added(site: Site, faults: tuple[Fault, ...], now: Moments) -> dict[str, Floats]:
    """Return what the faults with an effect add at each meter."""
    more: dict[str, Floats] = {}
    for fault in faults:
        effect = EFFECTS.get(fault.kind)
        for meter, rate in ({} if effect is None else effect(site, fault, now)).items():
            more[meter] = more.get(meter, 0.0) + rate
    return more
