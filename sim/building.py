"""The true use of every register by quarter hours: a function of (seed, window), alone and seamless."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sim import flows, loads, plant
from sim.moments import STEP_H, Moments, moments
from sim.noise import Floats
from sim.site import Site

Key = tuple[str, str]  # (meter, quantity)
# Something added at a meter [kW, m³/h] in each quarter hour of the window it is asked for: the faults.
Extra = Callable[[Moments], Mapping[str, Floats]]

ELECTRIC = {
    "e-teaching": loads.teaching_kw,
    "e-dormitory": loads.dormitory_kw,
    "e-canteen": loads.canteen_kw,
    "e-laboratory": loads.laboratory_kw,
    "e-boiler": loads.boiler_kw,
}
WATER = {
    "w-teaching": flows.teaching_m3_h,
    "w-dormitory": flows.dormitory_m3_h,
    "w-canteen": flows.canteen_m3_h,
    "w-laboratory": flows.laboratory_m3_h,
    "w-boiler": flows.boiler_m3_h,
}
HEATED = ("teaching", "dormitory", "canteen", "laboratory")


def nothing(_: Moments) -> Mapping[str, Floats]:
    """Add nothing: the school without a fault."""
    return {}


def use(site: Site, window_ms: tuple[int, int], extra: Extra = nothing) -> dict[Key, Floats]:
    """Return the use of every register in each quarter hour of [start, end) [kWh, m³, GJ]."""
    now = moments(site, *window_ms)
    more = extra(now)
    rates = _electricity(site, now, more) | _water(site, now, more) | _heat_and_gas(site, now, more)
    return {key: np.asarray(rate * STEP_H) for key, rate in rates.items()}


def _electricity(site: Site, now: Moments, more: Mapping[str, Floats]) -> dict[Key, Floats]:
    """Sub-meters, and the main meter that turns both ways: it sees what the roof leaves over or does not cover."""
    parts = {key: load(site, now) + more.get(key, 0.0) for key, load in ELECTRIC.items()}
    at_plugs = more.get("e-lab-plugs", 0.0)
    # What is added at the building's meter is not at the plugs; what is cut off there is cut off at them too.
    on_plugs = loads.laboratory_kw(site, now) + np.minimum(more.get("e-laboratory", 0.0), 0.0)
    plugs = site.equipment["laboratory_plug_share"] * on_plugs + at_plugs
    parts["e-laboratory"] = parts["e-laboratory"] + at_plugs
    cold: dict[Key, Floats] = {}
    if plant.has_one(site):
        asked_kw = plant.cold_kw(site, now)
        parts[plant.POWER] = asked_kw / plant.cop(now) + more.get(plant.POWER, 0.0)
        cold[plant.COLD, "cold"] = (asked_kw + more.get(plant.COLD, 0.0)) * plant.GJ_PER_KWH
    roof = loads.pv_kw(site, now) + more.get("pv-teaching", 0.0)
    counted = np.sum(list(parts.values()), axis=0)
    beside = loads.outdoor_kw(site, now) + more.get("e-main", 0.0)
    net = counted * (1 + site.equipment["line_loss_share"]) + beside - roof
    return (
        {(key, "electricity"): rate for key, rate in parts.items()}
        | cold
        | {
            ("e-lab-plugs", "electricity"): plugs,
            ("pv-teaching", "generation"): roof,
            ("e-main", "electricity"): np.maximum(net, 0.0),
            ("e-main", "electricity_export"): np.maximum(-net, 0.0),
        }
    )


def _water(site: Site, now: Moments, more: Mapping[str, Floats]) -> dict[Key, Floats]:
    parts = {key: flow(site, now) + more.get(key, 0.0) for key, flow in WATER.items()}
    total = np.sum(list(parts.values()), axis=0) * (1 + site.equipment["pipe_loss_share"]) + more.get("w-main", 0.0)
    return {(key, "water"): rate for key, rate in parts.items()} | {("w-main", "water"): total}


def _heat_and_gas(site: Site, now: Moments, more: Mapping[str, Floats]) -> dict[Key, Floats]:
    parts = {f"h-{b}": flows.heat_gj_h(site, now, b) + more.get(f"h-{b}", 0.0) for b in HEATED}
    arrived = np.sum(list(parts.values()), axis=0)
    sent = arrived / (1 - site.equipment["heat_network_loss"]) + more.get("h-boiler", 0.0)
    return {(key, "heat"): rate for key, rate in parts.items()} | {
        ("h-boiler", "heat"): sent,
        ("g-boiler", "gas"): flows.boiler_gas_m3_h(site, sent) + more.get("g-boiler", 0.0),
        ("g-canteen", "gas"): flows.canteen_gas_m3_h(site, now) + more.get("g-canteen", 0.0),
    }
