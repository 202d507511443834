"""The simulated school's weather, kept beside its figures as if it had been imported, and its forecast."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta

import numpy as np

from analytics.weather_hours import Hourly
from app import weather_store
from app.demo_home import SCHOOL, Home
from app.settings import Settings
from app.weather_fetch import AHEAD_DAYS, keep_forecast
from app.wiring import open_store
from campus import calendar
from campus.schema import (
    FORECAST_IRRADIANCE,
    FORECAST_TEMPERATURE,
    WEATHER_IRRADIANCE,
    WEATHER_TEMPERATURE,
    to_ms,
)
from sim.registers import Track
from sim.weather import hourly

# Degree days and what follows the temperature want some history before the first reading.
_BEFORE = timedelta(days=30)


def write(home: Home, track: Track, now: datetime) -> datetime:
    """Write the hours up to `now` and a forecast of the coming days; return the hour they end with."""
    end = calendar.floor_hour(now)
    seed, school = track.site.seed, track.site.school
    begin_ms = track.begin_ms - _BEFORE // timedelta(milliseconds=1)
    with closing(open_store(Settings(home.layout, home.layout.root / "config"), SCHOOL)) as store:
        past = _hours(seed, (begin_ms, to_ms(end)), (WEATHER_TEMPERATURE, WEATHER_IRRADIANCE))
        weather_store.keep(store, school, past)
        ahead = to_ms(end), to_ms(end + timedelta(days=AHEAD_DAYS))
        keep_forecast(store, _hours(seed, ahead, (FORECAST_TEMPERATURE, FORECAST_IRRADIANCE)), now)
    return end


def _hours(seed: int, window_ms: tuple[int, int], figures: tuple[str, str]) -> dict[str, Hourly]:
    start_ms, *values = hourly(seed, window_ms)
    whole, none = np.ones(len(start_ms)), np.zeros(len(start_ms))
    return {figure: Hourly(start_ms, value, whole, none) for figure, value in zip(figures, values, strict=True)}
