"""A building that is heated and cooled at once: heat and cold by the hour, and what of the two cancels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.around import Beside
from analytics.chillers import makes_cold
from analytics.detector import Context, NotJudged, Verdict
from analytics.heat_days import LEAST_HOURS
from analytics.hours import HOURS_PER_DAY, Hours, Numbers, day_grid
from analytics.station import beside_it, gj_per_unit, topmost

# Where only the power of the chillers is counted: cold that a kWh makes at least, and the part of their greatest hour
# so far from which they run and do not stand by. Assumed.
COLD_PER_KWH, RUNNING = 3.0, 0.1

NO_COLD_METER = NotJudged(
    "no_cold_meter",
    "楼里没有冷量表，也没有冷机电表，看不出是不是一边供热一边制冷。",
    "The building has no meter of cold or of chillers: heating and cooling at once cannot be seen.",
)


@dataclass(frozen=True, slots=True)
class Both:
    """Local days of a building: `heat` and what of it cold carries off again (`cancelled`) (days,) [GJ a day];
    `kwh` (days,) is the power that this takes, None where the chillers' is not metered. NaN where unknown."""

    heat: Numbers
    cancelled: Numbers
    kwh: Numbers | None


def both(hours: Hours, context: Context) -> Both | Verdict:
    """Return the days of the building a heat meter belongs to, or why they are not known.

    Of several heat meters the one above, or the first by key, stands for all.
    """
    beside = context.around.beside
    cold = topmost([one for one in beside if one.quantity == "cold"])
    chillers = topmost([one for one in beside if one.quantity == "electricity" and makes_cold(one.meter)])
    if not cold and not chillers:
        return NO_COLD_METER
    others = beside_it(context, [one for one in beside if one.quantity == context.quantity])
    if others is None:
        return []
    heat = day_grid(hours, context.school).value + _by_hour(others, context)
    power = _by_hour(chillers, context)
    made = _by_hour(cold, context) if cold else _made_by(power)
    cancelled = np.fmax(np.minimum(heat, made), 0.0)
    cancelled[~np.isfinite(heat + made)] = np.nan
    share = np.divide(cancelled, made, out=np.zeros(made.shape), where=made > 0)
    return Both(_of_days(heat), _of_days(cancelled), _of_days(share * power) if chillers else None)


def _by_hour(registers: list[Beside], context: Context) -> Numbers:
    """Return what registers count together (days, 24), NaN where one is unknown; nothing of none."""
    return np.asarray(np.sum([day_grid(one.hours, context.school).value for one in registers], axis=0))


def _made_by(power: Numbers) -> Numbers:
    """Return the cold (days, 24) [GJ] that chillers of a known power make at least; no more is known of it."""
    known = np.nan_to_num(power)
    greatest = np.maximum.accumulate(known.max(axis=1, initial=0.0))[:, None]
    found: Numbers = np.where(power < RUNNING * greatest, 0.0, power * COLD_PER_KWH * gj_per_unit("electricity"))
    return found


def _of_days(by_hour: Numbers) -> Numbers:
    """Return the sums of days (days,) as if every hour were known, NaN where too few are."""
    known = np.isfinite(by_hour)
    count = known.sum(axis=1)
    total = np.where(known, by_hour, 0.0).sum(axis=1) * HOURS_PER_DAY
    found: Numbers = np.divide(total, count, out=np.full(len(count), np.nan), where=count >= LEAST_HOURS)
    return found
