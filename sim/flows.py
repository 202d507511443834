"""Water [m³/h], heat [GJ/h] and gas [m³/h] at each quarter hour."""

from __future__ import annotations

import numpy as np

from sim.loads import LESSONS, MEALS, SELF_STUDY, lively
from sim.moments import Moments, between_hours, busy
from sim.noise import Floats, uniform
from sim.site import Site

SHOWERS = ((20.8, 22.4),)
WASHING = ((6.0, 7.2),)
FLUSH_M3 = 0.009  # one old cistern
STRAY_FLUSHES_H = 0.12  # the guard and the late worker, in an otherwise empty building
GAS_GJ_M3 = 0.038931  # 389.31 GJ per 10⁴ m³, JS/T 303-2026 table A.1
INDOOR_C, DESIGN_C = 18.0, -7.0  # room temperature and Jinan's design day
GJ_PER_KWH = 0.0036
SET_BACK = 0.6  # of the heat, on days without lessons


def _stray_m3_h(site: Site, moments: Moments, stream: str) -> Floats:
    drawn = uniform(site.seed, f"{stream}/stray", moments.index)
    return np.where(drawn < STRAY_FLUSHES_H / 4, FLUSH_M3 * 4, 0.0)


def teaching_m3_h(site: Site, moments: Moments) -> Floats:
    """Toilets and taps while the building is used; at night a stray flush."""
    people = site.buildings["teaching"]["people"] / 1000
    used = np.maximum(busy(moments, *LESSONS) * moments.lessons, 0.5 * busy(moments, *SELF_STUDY) * moments.evening)
    flow = site.equipment["teaching_water_l_p_h"] * people * used * lively(site, moments, "teaching/water", 0.25)
    return flow + _stray_m3_h(site, moments, "teaching/water")


def dormitory_m3_h(site: Site, moments: Moments) -> Floats:
    """Washing in the morning, showers in the evening, and the night's flushes."""
    need, present = site.equipment, site.buildings["dormitory"]["people"] / 1000 * moments.boarders
    # Shower and washing hours and the hours between share the day's litres as 50 : 20 : 30.
    shape = (
        0.24 * busy(moments, *SHOWERS) + 0.12 * busy(moments, *WASHING) + 0.017 * between_hours(moments, 6.0, 23.5)
    )
    night = need["dormitory_night_l_p_h"]
    flow = (night + need["dormitory_water_l_p_d"] * shape) * present * lively(site, moments, "dormitory/water", 0.15)
    return flow + _stray_m3_h(site, moments, "dormitory/water")


def canteen_m3_h(site: Site, moments: Moments) -> Floats:
    """Cooking and washing-up around the meals."""
    litres = site.equipment["canteen_water_l_meal"] * _meals_h(site, moments)
    flow = litres / 1000 * lively(site, moments, "canteen/water", 0.2)
    return flow + _stray_m3_h(site, moments, "canteen/water")


def laboratory_m3_h(site: Site, moments: Moments) -> Floats:
    """Sinks in lessons."""
    flow = site.equipment["laboratory_water_m3_h"] * busy(moments, *LESSONS) * moments.lessons
    return flow * lively(site, moments, "laboratory/water", 0.3) + _stray_m3_h(site, moments, "laboratory/water")


def boiler_m3_h(site: Site, moments: Moments) -> Floats:
    """The stoker tops the heating network up by hand after lunch; no water runs otherwise."""
    topping = np.where(moments.heating, 0.6, 0.05) * between_hours(moments, 14.0, 14.5)
    return topping * lively(site, moments, "boiler/water", 0.2)


def canteen_gas_m3_h(site: Site, moments: Moments) -> Floats:
    """Stoves around the meals."""
    return (
        site.equipment["canteen_gas_m3_meal"] * _meals_h(site, moments) * lively(site, moments, "canteen/gas", 0.15)
    )


def _meals_h(site: Site, moments: Moments) -> Floats:
    """Return meals cooked per hour: everybody present eats three times, each over about 2.5 hours of kitchen work."""
    people = site.buildings["dormitory"]["people"] * moments.boarders
    return people / 2.5 * busy(moments, *MEALS)


def heat_gj_h(site: Site, moments: Moments, building: str) -> Floats:
    """Return a building's heat in the season, by the weather, set back at night and on free days but for boarders."""
    area = site.buildings[building]["heated_area_m2"] / 1000
    cold = np.clip((INDOOR_C - moments.outdoor_c) / (INDOOR_C - DESIGN_C), 0.0, 1.2)
    night = np.where(between_hours(moments, 22.0, 5.0), 0.8, 1.0)
    free = np.where(moments.lessons | (building == "dormitory"), 1.0, SET_BACK)
    kw = site.equipment["heat_w_m2"] * area * cold * night * free * moments.heating
    return kw * GJ_PER_KWH * lively(site, moments, f"{building}/heat", 0.04)


def boiler_gas_m3_h(site: Site, sent_gj_h: Floats) -> Floats:
    """Return the boiler's gas for the heat it sends out."""
    return sent_gj_h / site.equipment["boiler_efficiency"] / GAS_GJ_M3
