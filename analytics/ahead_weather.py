"""What a day whose weather is known will use: by time of week and temperature at the level of the last two weeks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from analytics.ahead import LEVEL_LEAST, Ints, Numbers, Past, expected_from, level
from analytics.baseline import About, Refused
from analytics.baseline_daily import DayUse, expected_days, fit_days
from analytics.baseline_days import Setting
from analytics.outlook import Outlook
from analytics.scatter import LEAST_STEP, MOST_ORIGINS, PRIOR, PRIOR_WEIGHT, Scatter
from campus.units import QUANTITIES

# The year before is what the temperature response is learnt from [days].
LEARNT_DAYS = 365
# What heats follows the weather alone; of the rest the weather tells a half, and like days the other. On ten meters
# of five universities (benchmarks/landing.py) that missed least, with the temperatures as they came.
HEATS = frozenset({"gas", "gas_energy", "heat"})
# Days were part of what the response was learnt from when it is held against them: they miss less than days to come
# by about the square root of (365 + 20 coefficients) ÷ (365 − 20).
SEEN = math.sqrt((LEARNT_DAYS + 20) / (LEARNT_DAYS - 20))


@dataclass(frozen=True, slots=True)
class Weathered:
    """A series with what its days and those to come (n + ahead,) would use by the weather; NaN: unknown."""

    known: Past
    quantity: str
    response: Numbers


def weathered(known: Past, setting: Setting, quantity: str) -> Weathered | None:
    """Return a series with its temperature response, None where it has no year to learn it from.

    `setting` is its school with the temperatures [°C] of the past and of the days that will be asked for.
    """
    first = max(0, known.known_days - LEARNT_DAYS)
    about = About("school", quantity, QUANTITIES[quantity].unit)
    made = fit_days(DayUse(known.first + timedelta(days=first), known.value[first:]), setting, about)
    if isinstance(made, Refused) or not made.numbers["bends_c"]:
        return None
    response = np.full(len(known.kind), np.nan)
    response[first:] = expected_days(
        made, known.first + timedelta(days=first), len(known.kind) - first, setting
    ).value
    return Weathered(known, quantity, response)


def day(of: Weathered, row: int) -> Outlook | None:
    """Return what a day to come, counted from the past's first, will use; None where its weather is not known."""
    lead = row - of.known.known_days
    told = float(_told(of, np.array([of.known.known_days]), lead)[0])
    return None if np.isnan(told) else Outlook(0.0, told, 1, _scatter(of, lead))


def _told(of: Weathered, origins: Ints, lead: int) -> Numbers:
    """Return what is told at each origin (k,) of the day `lead` days on; NaN where nothing is."""
    told = of.response[origins + lead] * level(of.known.value, of.response, origins, LEVEL_LEAST)
    if of.quantity not in HEATS:
        told = (told + expected_from(of.known, origins, np.array([lead]))[:, 0]) / 2
    return np.where(told > 0, told, np.nan)


def _scatter(of: Weathered, lead: int) -> Scatter:
    """Return how far such forecasts of the last months strayed."""
    last = of.known.known_days - 1 - lead
    origins = np.array(range(last, max(0, last - LEARNT_DAYS), -LEAST_STEP)[:MOST_ORIGINS], np.int64)
    used, told = of.known.value[origins + lead], _told(of, origins, lead)
    tells = np.isfinite(told) & (used > 0)
    misses = np.log(used[tells] / told[tells])
    prior = PRIOR[QUANTITIES[of.quantity].medium]
    weight = PRIOR_WEIGHT + len(misses)
    square = PRIOR_WEIGHT * prior**2 + SEEN**2 * float(np.square(misses).sum())
    return Scatter(math.sqrt(square / weight), weight)
