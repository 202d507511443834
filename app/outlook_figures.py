"""What tomorrow and the month are expected to use, as figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from analytics import ahead_weather
from analytics.ahead import Past
from analytics.ahead_weather import Weathered, weathered
from analytics.baseline_days import Setting
from analytics.outlook import Outlook
from analytics.virtual import whole
from app.quota_landing import ahead, past_of
from app.quota_table import Days
from app.windows import Window
from campus import calendar
from campus.results import Figure
from campus.said import Said
from campus.schema import DAY, MONTH, SCHOOL_SUBJECT
from campus.units import QUANTITIES

FORECAST = "forecast/"
# What a school looks ahead at; what it sends into the grid follows from what it makes and uses.
FORECAST_OF = ("electricity", "water", "gas", "gas_energy", "heat", "generation")
# What answers to the temperature; PV answers to the sun.
BY_WEATHER = frozenset({"electricity", "gas", "gas_energy", "heat"})
# Today, whose data are not all in, and tomorrow; this month and the next.
PERIODS = 2


def forecasts(days: Days, until: date, weather: Setting | None = None) -> Iterator[tuple[Figure, Window]]:
    """Yield what each quantity is expected to come to: today and tomorrow, this month and the next.

    `until` is the first day that is not whole yet; `weather` the school with its temperatures until then and after.
    Where nothing tells there is a figure without a value, so that an older one does not stand.
    """
    zone = days.school.timezone
    for quantity in FORECAST_OF:
        use = days.table.uses.get((SCHOOL_SUBJECT, quantity))
        if use is None:
            continue
        unit, medium = QUANTITIES[quantity].unit, QUANTITIES[quantity].medium
        known = past_of(days, whole(use).value, medium)
        warm = None if known is None or quantity not in BY_WEATHER else _warm(known, weather, quantity)
        for resolution, spans in ((DAY, _days(until)), (MONTH, _months(until))):
            for first, end in spans:
                by_weather = _by_weather(warm, first) if resolution == DAY else None
                told = by_weather or ahead(days, known, (days.row(first), days.row(end)), medium)
                window = calendar.midnight(first, zone), calendar.midnight(end, zone)
                yield figure(f"{FORECAST}{quantity}", (resolution, window), told, unit), window


def _warm(known: Past, weather: Setting | None, quantity: str) -> Weathered | None:
    return None if weather is None else weathered(known, weather, quantity)


def _by_weather(of: Weathered | None, day: date) -> Outlook | None:
    """Return what a day to come will use by its weather; None where that is not known, or the day has been."""
    if of is None:
        return None
    row = (day - of.known.first).days
    return ahead_weather.day(of, row) if of.known.known_days <= row < len(of.response) else None


def figure(name: str, period: tuple[str, Window], told: Outlook | Said, unit: str, divisor: float = 1.0) -> Figure:
    """Return an outlook as a figure of the school: its middle, and the bounds that hold four in five."""
    resolution, window = period
    if isinstance(told, Said):
        return Figure(name, SCHOOL_SUBJECT, resolution, *window, None, unit, 0.0, 0.0)
    low, high = (bound / divisor for bound in told.bounds())
    known = 1.0 if told.days == 0 else 0.0
    return Figure(
        name, SCHOOL_SUBJECT, resolution, *window, told.value / divisor, unit, known, 1.0 - known, low=low, high=high
    )


def _days(until: date) -> list[tuple[date, date]]:
    return [(until + timedelta(days=n), until + timedelta(days=n + 1)) for n in range(PERIODS)]


def _months(until: date) -> list[tuple[date, date]]:
    firsts = [until.replace(day=1)]
    for _ in range(PERIODS):
        firsts.append((firsts[-1] + timedelta(days=32)).replace(day=1))
    return list(pairwise(firsts))
