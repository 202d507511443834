"""Years of a meter made for tests: calendar, weather and use whose truth is known."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from made import SHANGHAI, grid, hours, local_hour

from analytics.baseline import About, Baseline, Refused
from analytics.baseline_days import Setting
from analytics.hours import Hours
from campus.calendar import WORKING, day_kind, local_hours
from campus.registry import School, Term

VACATIONS = tuple(
    Term(first, last, "vacation")
    for year in (2023, 2024, 2025)
    for first, last in (
        (date(year, 1, 20), date(year, 2, 17)),
        (date(year, 7, 8), date(year, 8, 31)),
    )
)
SCHOOL = School("s", "学校", "School", "secondary", SHANGHAI, "CN-SD", "CN", terms=VACATIONS)
ABOUT = About("meter/m", "electricity", "kWh")
FIRST = date(2023, 1, 1)
BEGIN = datetime(2022, 12, 31, 16, tzinfo=UTC)
DAYS = 3 * 365


def weather(seed: int = 7) -> Hours:
    """Return a week before the years and all of them: −3 °C in January, 27 °C in July, warmer by day [°C]."""
    start_ms = grid(DAYS + 7, BEGIN - timedelta(days=7))
    day = np.arange(len(start_ms)) / 24 - 7
    slow = np.random.default_rng(seed).normal(0, 3, DAYS + 8)[np.floor(day + 7).astype(int)]
    return hours(
        start_ms, 12 - 15 * np.cos(2 * np.pi * (day - 15) / 365.25) + 4 * np.sin(2 * np.pi * (day - 0.4)) + slow
    )


WEATHER = weather()
SETTING = Setting(SCHOOL, WEATHER)


def year(number: int, seed: int = 1, noise: float = 0.1) -> Hours:
    """Return a year (0, 1, 2) of a meter: 10 kWh/h, 20 more by day when open, heated below 14, cooled above 24 °C."""
    start_ms = grid(365, BEGIN + timedelta(days=365 * number))
    place = np.searchsorted(WEATHER.start_ms, start_ms)
    outside = WEATHER.value[place]
    day, hour = local_hours(start_ms, SHANGHAI)
    kinds = {d: day_kind(date.fromordinal(d), SCHOOL) in WORKING for d in np.unique(day).tolist()}
    is_open = np.array([kinds[d] for d in day.tolist()])
    busy = is_open & (local_hour(start_ms) >= 8) & (hour < 18)
    use = 10 + 20 * busy + 0.8 * np.maximum(14 - outside, 0) + (1 + busy) * np.maximum(outside - 24, 0)
    return hours(start_ms, use * np.random.default_rng(100 * number + seed).normal(1, noise, len(use)).clip(0.3, 1.7))


def with_value(of: Hours, value: np.ndarray) -> Hours:
    """Return the hours with other values."""
    return hours(of.start_ms, value)


def fitted(found: Baseline | Refused) -> Baseline:
    """Return the baseline, which must be one."""
    assert isinstance(found, Baseline), found
    return found
