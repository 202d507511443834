"""A boiler room that burns more for the same heat: against its own good days at like load and what physics allows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.around import BESIDE
from analytics.detector import Context, Detector, Verdict
from analytics.efficiency import Limits, judged
from analytics.heat_days import FUELS, TOO_LITTLE, HeatDays, heat_days
from analytics.hours import Hours
from analytics.station import Station, station
from analytics.station_words import message
from campus.registry import STATION
from campus.said import Said
from campus.trades import Trade

NAME = "heat_station_efficiency"
# What physics allows of a fuel's lower calorific value: of natural gas with all its vapour condensed 1.11 (the higher
# over the lower value [M]), of electricity what heat pumps reach; and what no boiler in use stays below. The lower
# bound ours.
MOST, MOST_ELECTRIC, LEAST = 1.11, 8.0, 0.5


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the events of a boiler room that burns too much or counts what cannot be, or why none is judged; nothing
    of other places."""
    if context.kind != STATION:
        return []
    days = _with_season(heat_days(hours, context))
    of = station(days, context)
    if not isinstance(of, Station):
        return of
    most = MOST if context.quantity in FUELS else MOST_ELECTRIC
    return judged((days, of), Limits(NAME, LEAST, most, TOO_LITTLE), (hours, context))


def _with_season(days: HeatDays) -> HeatDays:
    """Return the days, all of them as one season where none is registered: a boiler's days tell load themselves."""
    if (days.season >= 0).any() or days.off.any():
        return days
    return replace(days, season=np.zeros(len(days.season), np.int64))


DETECTOR = Detector(
    name=NAME,
    zh="锅炉房效率下降",
    en="Boiler room less efficient",
    quantities=frozenset({"electricity", *FUELS}),
    judge=judge,
    message=message,
    trade=Trade.HEATING,
    closes=Said("连续三天供同样的热不再多烧。", "Three days in a row that burn no more for the same heat."),
    needs=frozenset({BESIDE}),
)
