"""Roofs made for tests: two years of Jinan's sun on tilted modules whose yield is known."""

from dataclasses import replace
from functools import cache

import numpy as np
from made import context as plain
from made import cut, hours
from made_heat import DAYS, MS, weather

from analytics.around import Around
from analytics.detector import Context
from analytics.hours import Hours, Numbers
from analytics.pv_yield import declination_deg
from sim.weather import irradiance_w_m2

KWP, PERFORMANCE = 150.0, 0.8
# Modules tilted by 25° at 36° north give so much more for the sun on the horizontal, per degree of declination.
TILT_PER_DEG = -0.009
# Cells are this much worse per kelvin (data sheets of crystalline modules, about 0.4 %).
PER_K = 0.004


@cache
def sun(seed: int = 1, error: float = 0.03) -> Hours:
    """Return the irradiance [W/m²] as a service tells it: each day is off by a little."""
    off = np.random.default_rng(seed + 99).normal(1, error, DAYS).repeat(24)
    return hours(MS, irradiance_w_m2(seed, MS) * off)


@cache
def made(seed: int = 1) -> Numbers:
    """Return what the roof gives each hour [kWh]."""
    first = int((MS[0] + 8 * 3_600_000) // 86_400_000) + 719_163
    tilted = np.exp(TILT_PER_DEG * declination_deg(first, DAYS)).repeat(24)
    cells = 1 - PER_K * (weather(seed).value - 25.0)
    found: Numbers = KWP * PERFORMANCE * irradiance_w_m2(seed, MS) / 1000 * tilted * cells
    found.flags.writeable = False
    return found


def roof(seed: int = 1, **more: object) -> Context:
    """Return the meter of a roof with its weather."""
    around = Around(temperature=weather(seed), irradiance=sun(seed))
    return plain("generation", "teaching", **{"around": around, **more})


def until(about: Context, count: int) -> Context:
    """Return the context as it was after so many hours."""
    around = about.around
    temperature, irradiance = (
        None if one is None else cut(one, count) for one in (around.temperature, around.irradiance)
    )
    return replace(about, around=replace(around, temperature=temperature, irradiance=irradiance))
