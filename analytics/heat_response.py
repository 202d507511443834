"""What a heated place takes on a working day at an outdoor temperature: a straight line through its own good days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.detector import Context, Verdict
from analytics.excess import Flags
from analytics.heat_days import NO_SEASON, NO_WEATHER, HeatDays, Rows, heat_days, not_heating
from analytics.hours import Hours, Numbers
from analytics.robust import deviation, middle

# Good days the line is drawn through, how many suffice, and how old they may be [days]: the working days of a season
# and, at the beginning of one, those of the winter before. Ours.
LOOK_BACK, LEAST_DAYS, MEMORY_DAYS = 80, 14, 430
# The line is redrawn once a week.
REDRAWN_DAYS = 7
# Of the scatter of the days at least this share must follow the temperature, and they must span so many kelvin (from
# the tenth to the ninetieth of a hundred): else nothing says what cold does to this place. Ours.
FOLLOWS, LEAST_SPAN_K = 0.5, 4.0
# Pairs of days closer than this tell nothing of a slope [K].
APART_K = 1.0
# How far beyond the coldest and the warmest day seen the line is believed [K].
BEYOND_K = 3.0


@dataclass(frozen=True, slots=True)
class Response:
    """A working day takes `at_zero` + `per_k` × outdoor °C, but nothing below 0; days scatter around it by `sigma`.

    `level` is what an ordinary day of those the line was drawn through takes; `coldest` and `warmest` [°C] are the
    ends of what was seen. Amounts are in the unit of the meter a day.
    """

    at_zero: float
    per_k: float
    sigma: float
    level: float
    coldest: float
    warmest: float

    def expected(self, outdoor_c: Numbers) -> Numbers:
        """Return what working days take at temperatures (n,); NaN where unknown or beyond what was seen."""
        seen = (outdoor_c >= self.coldest - BEYOND_K) & (outdoor_c <= self.warmest + BEYOND_K)
        return np.where(seen, np.maximum(self.at_zero + self.per_k * outdoor_c, 0.0), np.nan)


def heated(hours: Hours, context: Context) -> tuple[HeatDays, Flags] | Verdict:
    """Return a meter's days and which of them (days,) can be held against the weather, those of a season after its
    first ones; or why none can."""
    if (why := not_heating(context)) is not None:
        return why
    if not context.school.heating:
        return NO_SEASON
    if context.around.temperature is None:
        return NO_WEATHER
    days = heat_days(hours, context)
    return days, days.settled & np.isfinite(days.amount) & np.isfinite(days.outdoor_c)


def response(days: HeatDays, rows: Rows) -> Response | None:
    """Return the line through days `rows`, None where they are too few, too alike or do not follow the weather.

    Slope and level are medians (Theil 1950, Sen 1968): three days in ten may be anything.
    """
    if len(rows) < LEAST_DAYS:
        return None
    outdoor, amount = days.outdoor_c[rows], days.amount[rows]
    ordered = np.sort(outdoor)
    tenth = len(rows) // 10
    if ordered[-1 - tenth] - ordered[tenth] < LEAST_SPAN_K:
        return None
    apart = outdoor[:, None] - outdoor
    told = apart >= APART_K
    slope = min(middle((amount[:, None] - amount)[told] / apart[told]), 0.0)
    level = amount - slope * outdoor
    sigma, whole = deviation(level), deviation(amount)
    if whole <= 0 or 1 - (sigma / whole) ** 2 < FOLLOWS:
        return None
    return Response(middle(level), slope, sigma, middle(amount), float(ordered[0]), float(ordered[-1]))


def week_of(days: HeatDays, row: int) -> int:
    """Return the place of the first day of the week, by the calendar, that holds day `row`; below 0 in the first."""
    first = days.grid.first.toordinal()
    return (first + row) // REDRAWN_DAYS * REDRAWN_DAYS - first


def good_days(days: HeatDays, good: Flags, row: int) -> Rows:
    """Return the newest good working days (places) before the week of day `row`."""
    start, until = max(0, row - MEMORY_DAYS), max(0, week_of(days, row))
    rows = np.flatnonzero(good[start:until] & ~days.free[start:until]) + start
    return rows[-LOOK_BACK:]
