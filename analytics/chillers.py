"""What a chiller plant takes and what cold it gives, day by day, and which of its days belong to one summer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.around import Beside
from analytics.detector import Context, NotJudged, Verdict
from analytics.efficiency import loaded
from analytics.heat_days import HeatDays, amounts, heat_days
from analytics.hours import HOURS_PER_DAY, Hours, Numbers, day_grid
from analytics.station import Station, gj_per_unit, summed, taken, topmost
from campus.registry import Meter

# Items of electricity that make cold: the whole plant, or its chillers alone (standards.md 2.4).
PLANT, CHILLERS = frozenset({"01B1", "01B10"}), "01B1A"
# Colder days are not judged [°C]: condensers are held warm then, or outside air cools, and nothing goes by the
# weather as it does in summer [M].
COLDEST_C = 15.0
# After so many days without load a summer is over. Ours.
PAUSE_DAYS = 30

NO_COLD_METER = NotJudged(
    "no_cold_meter",
    "冷机旁边没有冷量表，算不出能效。",
    "There is no cold meter beside the chillers: their efficiency cannot be told.",
)
NO_WEATHER = NotJudged(
    "no_weather",
    "没有室外气温，分不清是天热还是冷机变差。",
    "Without outdoor temperatures hot weather cannot be told from a worse plant.",
)


def makes_cold(meter: Meter) -> bool:
    """Whether an electricity meter counts what chillers take."""
    return meter.item in PLANT or meter.item.startswith(CHILLERS)


def chillers(hours: Hours, context: Context) -> tuple[HeatDays, Station] | Verdict:
    """Return the days of the chiller plant whose electricity a meter counts, summer by summer.

    Of several such meters the one above, or the first by key, stands for all. Of other meters nothing is said.
    """
    if not makes_cold(context.meter):
        return []
    beside = context.around.beside
    cold = topmost([one for one in beside if one.quantity == "cold"])
    if not cold:
        return NO_COLD_METER
    if context.around.temperature is None:
        return NO_WEATHER
    days = heat_days(hours, context)
    power = taken(days, context, [one for one in beside if one.quantity == "electricity" and makes_cold(one.meter)])
    if power is None:
        return []
    outdoor = _outdoor(cold, context.around.temperature, context)
    of = Station(power, summed(cold, context), gj_per_unit(context.quantity), outdoor)
    return replace(days, season=_summers(of)), of


def _outdoor(cold: list[Beside], temperature: Hours, context: Context) -> Numbers:
    """Return how warm it was while cold was made (days,) [°C], the day's mean where none was; NaN of cold days."""
    by_hour = day_grid(temperature, context.school).value
    made = np.sum([day_grid(one.hours, context.school).value for one in cold], axis=0)
    weight = np.where(np.isfinite(made) & np.isfinite(by_hour), made, 0.0).clip(0.0)
    total = weight.sum(axis=1)
    mean_c = amounts(day_grid(temperature, context.school)) / HOURS_PER_DAY
    weighted = (weight * np.nan_to_num(by_hour)).sum(axis=1)
    felt = np.divide(weighted, total, out=mean_c.copy(), where=total > 0)
    return np.where(np.isfinite(mean_c) & (felt >= COLDEST_C), felt, np.nan)


def _summers(of: Station) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the number of the summer each day belongs to (days,): a pause without load ends one."""
    place = np.arange(len(of.heat))
    since = place - np.maximum.accumulate(np.where(loaded(of), place, -len(place)))
    found = np.cumsum(since == PAUSE_DAYS)
    return found.astype(np.int64)
