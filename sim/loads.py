"""Electric power of each building [kW] at each quarter hour: timetable × people × weather × equipment."""

from __future__ import annotations

import numpy as np

from sim.moments import Moments, busy
from sim.noise import Floats, normal, smooth
from sim.site import Site
from sim.weather import irradiance_w_m2, sun_sine

LESSONS = ((7.3, 12.0), (13.8, 17.5))
SELF_STUDY = ((18.5, 21.75),)  # before every day with lessons, Sunday evenings too
EVENING = ((17.5, 22.25),)  # lights-out 22:30
MORNING = ((6.0, 7.5),)
MEALS = ((5.0, 7.3), (10.0, 12.8), (16.0, 18.6))
HOT_WATER = ((12.0, 18.0),)
COOLING_FROM_C, COOLING_FULL_C = 26.0, 35.0
PV_PERFORMANCE = 0.8  # energy after heat, dirt, cable and inverter; ordinary value


def lively(site: Site, moments: Moments, stream: str, share: float = 0.08) -> Floats:
    """Return a factor around 1: people are not clockwork, from day to day and from quarter to quarter."""
    slow = smooth(site.seed, f"{stream}/slow", moments.start_ms / 43_200_000)
    fast = normal(site.seed, f"{stream}/fast", moments.index)
    return np.clip(1.0 + share * (0.6 * slow + fast), 0.3, 2.0)


def _steady(site: Site, moments: Moments, stream: str) -> Floats:
    return lively(site, moments, f"{stream}/base", 0.025)


def teaching_kw(site: Site, moments: Moments) -> Floats:
    """Lamps, screens and water boilers in lessons and evening self-study, room cooling in warm weather."""
    need, area = site.equipment, site.buildings["teaching"]["floor_area_m2"] / 1000
    used = np.maximum(busy(moments, *LESSONS) * moments.lessons, 0.8 * busy(moments, *SELF_STUDY) * moments.evening)
    heat = np.clip((moments.outdoor_c - COOLING_FROM_C) / (COOLING_FULL_C - COOLING_FROM_C), 0.0, 1.2)
    per_m2 = need["teaching_used_w_m2"] + need["teaching_cooling_w_m2"] * heat
    base = need["teaching_base_w_m2"] * area * _steady(site, moments, "teaching")
    return base + per_m2 * area * used * lively(site, moments, "teaching")


def dormitory_kw(site: Site, moments: Moments) -> Floats:
    """Rooms in the morning and evening until lights-out; heat pumps make the evening's hot water."""
    need, people = site.equipment, site.buildings["dormitory"]["people"] / 1000
    rooms = np.maximum(busy(moments, *EVENING), 0.6 * busy(moments, *MORNING))
    colder = np.clip(1.0 + 0.02 * (10.0 - moments.outdoor_c), 0.5, 1.6)
    active = need["dormitory_evening_w_p"] * rooms + need["dormitory_hot_water_w_p"] * colder * busy(
        moments, *HOT_WATER
    )
    base = need["dormitory_base_w_p"] * people * _steady(site, moments, "dormitory")
    return base + active * people * moments.boarders * lively(site, moments, "dormitory")


def canteen_kw(site: Site, moments: Moments) -> Floats:
    """Cold stores all day, steamers and extraction around three meals."""
    need = site.equipment
    cooking = need["canteen_cooking_kw"] * busy(moments, *MEALS) * np.sqrt(moments.boarders)
    base = need["canteen_base_kw"] * _steady(site, moments, "canteen")
    return base + cooking * lively(site, moments, "canteen")


def laboratory_kw(site: Site, moments: Moments) -> Floats:
    """A base load that never sleeps, and lessons."""
    need, area = site.equipment, site.buildings["laboratory"]["floor_area_m2"] / 1000
    used = need["laboratory_used_w_m2"] * area * busy(moments, *LESSONS) * moments.lessons
    base = need["laboratory_base_kw"] * _steady(site, moments, "laboratory")
    return base + used * lively(site, moments, "laboratory")


def boiler_kw(site: Site, moments: Moments) -> Floats:
    """Controls, and circulation pumps by the weather in the heating season."""
    need = site.equipment
    pumps = need["boiler_pump_kw"] * moments.heating * np.clip((18.0 - moments.outdoor_c) / 25.0, 0.4, 1.0)
    return (need["boiler_base_kw"] + pumps) * _steady(site, moments, "boiler")


def outdoor_kw(site: Site, moments: Moments) -> Floats:
    """Return the outdoor lamps, from dusk to dawn."""
    return np.where(sun_sine(moments.start_ms) < -0.05, site.equipment["outdoor_light_kw"], 0.0)


def pv_kw(site: Site, moments: Moments) -> Floats:
    """Return what the roof's inverters give."""
    sun = irradiance_w_m2(site.seed, moments.start_ms) / 1000.0
    return site.equipment["pv_kwp"] * PV_PERFORMANCE * sun
