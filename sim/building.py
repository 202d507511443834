"""The true use of every register by quarter hours: a function of (seed, window), alone and seamless."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sim import flows, loads
from sim.moments import STEP_H, Moments, moments
from sim.noise import Floats
from sim.site import Site

Key = tuple[str, str]  # (meter, quantity)
# Something added at a meter [kW, m³/h] in each quarter hour of the window it is asked for: the faults.
Extra = Callable[[Moments], Mapping[str, Floats]]

_ELECTRIC = {
    "e-teaching": loads.teaching_kw,
    "e-dormitory": loads.dormitory_kw,
    "e-canteen": loads.canteen_kw,
    "e-laboratory": loads.laboratory_kw,
    "e-boiler": loads.boiler_kw,
}
_WATER = {
    "w-teaching": flows.teaching_m3_h,
    "w-dormitory": flows.dormitory_m3_h,
    "w-canteen": flows.canteen_m3_h,
    "w-laboratory": flows.laboratory_m3_h,
    "w-boiler": flows.boiler_m3_h,
}
_HEATED = ("teaching", "dormitory", "canteen", "laboratory")


def nothing(_: Moments) -> Mapping[str, Floats]:
    """Add nothing: the school without a fault."""
    return {}


def use(site: Site, window_ms: tuple[int, int], extra: Extra = nothing) -> dict[Key, Floats]:
    """Return the use of every register in each quarter hour of [start, end) [kWh, m³, GJ]."""
    now = moments(site, *window_ms)
    more = extra(now)
    rates = _electricity(site, now, more) | _water(site, now, more) | _heat_and_gas(site, now)
    return {key: np.asarray(rate * STEP_H) for key, rate in rates.items()}


def _electricity(site: Site, now: Moments, more: Mapping[str, Floats]) -> dict[Key, Floats]:
    """Sub-meters, and the main meter that turns both ways: it sees what the roof leaves over or does not cover."""
    parts = {key: load(site, now) + more.get(key, 0.0) for key, load in _ELECTRIC.items()}
    at_plugs = more.get("e-lab-plugs", 0.0)
    plugs = site.equipment["laboratory_plug_share"] * parts["e-laboratory"] + at_plugs
    parts["e-laboratory"] = parts["e-laboratory"] + at_plugs
    roof = loads.pv_kw(site, now)
    counted = np.sum(list(parts.values()), axis=0)
    net = counted * (1 + site.equipment["line_loss_share"]) + loads.outdoor_kw(site, now) - roof
    return {(key, "electricity"): rate for key, rate in parts.items()} | {
        ("e-lab-plugs", "electricity"): plugs,
        ("pv-teaching", "generation"): roof,
        ("e-main", "electricity"): np.maximum(net, 0.0),
        ("e-main", "electricity_export"): np.maximum(-net, 0.0),
    }


def _water(site: Site, now: Moments, more: Mapping[str, Floats]) -> dict[Key, Floats]:
    parts = {key: flow(site, now) + more.get(key, 0.0) for key, flow in _WATER.items()}
    total = np.sum(list(parts.values()), axis=0) * (1 + site.equipment["pipe_loss_share"])
    return {(key, "water"): rate for key, rate in parts.items()} | {("w-main", "water"): total}


def _heat_and_gas(site: Site, now: Moments) -> dict[Key, Floats]:
    parts = {f"h-{building}": flows.heat_gj_h(site, now, building) for building in _HEATED}
    sent = np.sum(list(parts.values()), axis=0) / (1 - site.equipment["heat_network_loss"])
    return {(key, "heat"): rate for key, rate in parts.items()} | {
        ("h-boiler", "heat"): sent,
        ("g-boiler", "gas"): flows.boiler_gas_m3_h(site, sent),
        ("g-canteen", "gas"): flows.canteen_gas_m3_h(site, now),
    }
