"""Days of a roof's generation beside what they are held against: the sun, or the roofs beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.detector import Context
from analytics.excess import Flags
from analytics.heat_days import LEAST_HOURS, amounts
from analytics.hours import HOURS_PER_DAY, DayGrid, Hours, Numbers, day_grid

# Of a day's sun this much must fall in hours in which the generation is known too.
LEAST_SUN = 0.9
# A day is clear with this much of the sun of the sunniest of the last so many days, of which so many must be known:
# in three weeks of spring and autumn the clear sky itself changes by a seventh. Ours.
CLEAR, CLEAR_DAYS, LEAST_CLEAR_DAYS = 0.75, 21, 10
# Snow may lie where the day or one of so many before it was no warmer than this on average [°C]. Ours.
SNOW_C, SNOW_DAYS = 0.0, 3
# Power that was held down is level: so many bright hours (with half of the day's greatest sun) within this share of
# the day's greatest, though the sun on them differed by so much. Ours.
LEVEL_HOURS, LEVEL, BRIGHT, SUN_DIFFERS = 3, 0.02, 0.5, 0.1
_KWH_PER_WH = 1e-3


@dataclass(frozen=True, slots=True)
class PvDays:
    """Local days of generation: `energy` (days,) [kWh] and `sun` (days,) [kWh/m² on the horizontal, or kWh of the
    roofs beside], NaN where too little is known; `clear` (days,); `cold` (days,): snow may have lain. `by_hour` are
    both by the hour (2, days, 24)."""

    grid: DayGrid
    energy: Numbers
    sun: Numbers
    clear: Flags
    cold: Flags
    by_hour: Numbers

    def low_otherwise(self, row: int) -> bool:
        """Whether a low day may be so for another reason than a fault: snow, or an order."""
        return bool(self.cold[row]) or self.held_down(row)

    def held_down(self, row: int) -> bool:
        """Whether the power of a day was held at a level while the sun went on rising: by order, not by a fault."""
        power, sun = self.by_hour[:, row]
        bright = (sun >= BRIGHT * np.nanmax(sun)) & np.isfinite(power)
        level = bright & (power >= (1 - LEVEL) * np.max(power[bright], initial=0.0)) & (power > 0)
        return bool(level.sum() >= LEVEL_HOURS and np.min(sun[level]) < (1 - SUN_DIFFERS) * np.max(sun[level]))


def pv_days(hours: Hours, context: Context) -> PvDays | None:
    """Return the days of a meter of generation, None where neither the sun nor a roof beside it is known.

    Snow lies on the roofs beside too, so without weather no day is called cold.
    """
    around = context.around
    grid = day_grid(hours, context.school)
    if around.irradiance is not None and around.temperature is not None:
        sun = day_grid(around.irradiance, context.school).value * _KWH_PER_WH
        cold = _cold(amounts(day_grid(around.temperature, context.school)) / HOURS_PER_DAY)
    else:
        beside = _beside(context)
        if not beside:
            return None
        sun = np.sum([day_grid(one, context.school).value for one in beside], axis=0)
        cold = np.zeros(len(sun), bool)
    energy, of_day = _matched(grid.value, sun)
    return PvDays(grid, energy, of_day, _clear(of_day), cold, np.stack([grid.value, sun]))


def _beside(context: Context) -> list[Hours]:
    """Return the generation of the roofs beside: of the same building, else of like ones; none above or below."""
    own, around = context.meter, context.around
    same = [
        one.hours
        for one in around.beside
        if one.quantity == context.quantity and own.key not in (one.meter.key, one.meter.parent)
        if one.meter.key != own.parent
    ]
    return same or list(around.like.values())


def _matched(power: Numbers, sun: Numbers) -> tuple[Numbers, Numbers]:
    """Return a day's generation and sun (days,), the former as if known in every hour with sun."""
    known = np.isfinite(sun)
    both = known & np.isfinite(power)
    total = np.where(known, sun, 0.0).sum(axis=1)
    matched = np.where(both, sun, 0.0).sum(axis=1)
    enough = (known.sum(axis=1) >= LEAST_HOURS) & (matched >= LEAST_SUN * total) & (matched > 0)
    made = np.where(both, power, 0.0).sum(axis=1)
    energy = np.divide(made * total, matched, out=np.full(len(total), np.nan), where=enough)
    return energy, np.where(enough, total, np.nan)


def _clear(sun: Numbers) -> Flags:
    before = np.concatenate([np.full(CLEAR_DAYS - 1, np.nan), sun])
    last = sliding_window_view(before, CLEAR_DAYS)
    sunniest = np.where(np.isfinite(last), last, 0.0).max(axis=1, initial=0.0)
    known = np.isfinite(last).sum(axis=1) >= LEAST_CLEAR_DAYS
    return np.asarray(known & (np.nan_to_num(sun) >= CLEAR * sunniest) & (np.nan_to_num(sun) > 0))


def _cold(mean_c: Numbers) -> Flags:
    """Return on which days snow may lie (days,): also where nobody knows how warm it was."""
    before = np.concatenate([np.full(SNOW_DAYS, np.inf), np.where(np.isfinite(mean_c), mean_c, -np.inf)])
    return np.asarray(sliding_window_view(before, SNOW_DAYS + 1).min(axis=1, initial=np.inf) <= SNOW_C)
