"""A chiller plant for the laboratory: not every school has one, so it is added where it is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.loads import LESSONS, lively
from sim.moments import Moments, busy
from sim.noise import Floats
from sim.site import Site

POWER, COLD = "e-chiller", "c-laboratory"
ROWS: tuple[dict[str, Any], ...] = (
    {
        "key": POWER,
        "name": "实验楼冷机电表",
        "name_en": "Laboratory chiller, electricity",
        "quantity": "electricity",
        "unit": "kWh",
        "interval": "15min",
        "arrival": "live",
        "width": 6,
        "resolution": 0.01,
        "parent": "e-main",
        "building": "laboratory",
        "account": "electricity",
        "item": "01B1A",
        "max_rate": 300,
    },
    {
        "key": COLD,
        "name": "实验楼冷量表",
        "name_en": "Laboratory, cold",
        "quantity": "cold",
        "unit": "GJ",
        "interval": "1h",
        "arrival": "hourly",
        "width": 5,
        "resolution": 0.001,
        "building": "laboratory",
        "max_rate": 5,
    },
)
# Coefficient of performance at 30 °C outside, what a degree more takes from it, and the least share of the load at
# which a chiller runs: ordinary values of a water-cooled screw chiller, assumed.
COP_AT_30, COP_PER_K, LEAST_LOAD = 4.6, 0.08, 0.1
COLD_W_M2, COOL_FROM_C, COOL_FULL_C = 60.0, 22.0, 35.0
GJ_PER_KWH = 0.0036


def has_one(site: Site) -> bool:
    """Whether the school was drawn with the plant."""
    return POWER in site.meters


def cold_kw(site: Site, moments: Moments) -> Floats:
    """Return the cold the laboratory takes: people, sun and instruments in lessons, instruments alone otherwise."""
    area = site.buildings["laboratory"]["floor_area_m2"] / 1000
    warm = np.clip((moments.outdoor_c - COOL_FROM_C) / (COOL_FULL_C - COOL_FROM_C), 0.0, 1.2)
    used = np.maximum(busy(moments, *LESSONS) * moments.lessons, 0.15)
    asked = COLD_W_M2 * area * warm * used * lively(site, moments, "laboratory/cold", 0.06)
    return np.where(asked >= LEAST_LOAD * COLD_W_M2 * area * 0.15, asked, 0.0)


def cop(moments: Moments) -> Floats:
    """Return the plant's coefficient of performance in good order."""
    return np.clip(COP_AT_30 - COP_PER_K * (moments.outdoor_c - 30.0), 3.0, 6.5)
