"""Degree days: how cold a heating season and how hot a summer was."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.hours import Hours
from campus.calendar import local_hours
from campus.registry import School

# Daily means below and above which heating and cooling degree days count [°C]: HDD18 and CDD26, as the climate zones
# of Shandong are drawn (DB37/5026-2022, table 3.0.1; Jinan 2211 and 160, Qingdao 2401 and 22 °C·d a year).
HEATING_BASE_C, COOLING_BASE_C = 18.0, 26.0
# Hours of a day that must be known for it to have a mean: three missing hours move it by less than 0.5 K.
LEAST_HOURS = 21
# Days of a month that must be known for it to have a sum: three unknown ones of thirty, filled with the mean of the
# others, are off by a few per cent of it. Ours.
LEAST_SHARE = 0.9

Numbers = NDArray[np.float64]


def heating_degree_days(mean_c: Numbers, base_c: float = HEATING_BASE_C) -> Numbers:
    """Return what each daily mean [°C] lacks to the base [K·d]; NaN where the mean is unknown."""
    return np.maximum(base_c - mean_c, 0.0)


def cooling_degree_days(mean_c: Numbers, base_c: float = COOLING_BASE_C) -> Numbers:
    """Return by how much each daily mean [°C] exceeds the base [K·d]; NaN where the mean is unknown."""
    return np.maximum(mean_c - base_c, 0.0)


def daily_means(temperature: Hours, school: School) -> tuple[NDArray[np.int64], Numbers]:
    """Return the local days (proleptic ordinals, none left out) and their mean temperatures [°C].

    NaN where fewer than `LEAST_HOURS` are known; a day of 23 or 25 hours has the mean of its own.
    """
    day, _ = local_hours(temperature.start_ms, school.timezone)
    if not len(day):
        return np.empty(0, np.int64), np.empty(0)
    row = day - day[0]
    known = np.isfinite(temperature.value)
    count = np.bincount(row, known)
    total = np.bincount(row, np.where(known, temperature.value, 0.0))
    mean = np.divide(total, count, out=np.full(len(total), np.nan), where=count >= LEAST_HOURS)
    return day[0] + np.arange(len(total)), mean


def monthly(ordinals: NDArray[np.int64], daily: Numbers) -> dict[date, tuple[float, float]]:
    """Return each touched month's sum of daily degree days [K·d] and the share of its days that are known.

    Days that are unknown count as the mean of those known; below `LEAST_SHARE` of the month the sum is NaN.
    """
    days = [date.fromordinal(int(ordinal)) for ordinal in ordinals]
    found: dict[date, tuple[float, float]] = {}
    for month in dict.fromkeys(day.replace(day=1) for day in days):
        length = ((month + timedelta(days=32)).replace(day=1) - month).days
        inside = daily[[day.replace(day=1) == month for day in days]]
        known = inside[np.isfinite(inside)]
        share = len(known) / length
        found[month] = (float(known.mean()) * length if share >= LEAST_SHARE else float("nan")), share
    return found
