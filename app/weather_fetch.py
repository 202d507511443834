"""Fetching a school's weather: what is missing up to now, what the archive has meanwhile, and what is forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.weather_hours import Hourly, Label, hourly
from app import weather_store
from campus import calendar
from campus.ports import Store, WeatherSamples, WeatherSource
from campus.registry import Location, School
from campus.schema import (
    FIGURE,
    FORECAST_IRRADIANCE,
    FORECAST_TEMPERATURE,
    HOUR,
    WEATHER_IRRADIANCE,
    WEATHER_TEMPERATURE,
    from_ms,
    to_ms,
)

# Reanalysis comes up to five days late (Open-Meteo, Historical Weather API, data sources): these days are asked for
# again, and until it is there the newest are taken from the forecast's past.
LATE_DAYS, PAST_DAYS = 10, 10
AHEAD_DAYS = 3
# Without anything known a baseline's two years are fetched. Ours.
FIRST_DAYS = 730
FORECASTS = {WEATHER_TEMPERATURE: FORECAST_TEMPERATURE, WEATHER_IRRADIANCE: FORECAST_IRRADIANCE}
LABELS = {WEATHER_IRRADIANCE: Label.END}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch brought: values of history from the first to the last day asked for, and hours of forecast."""

    first: date
    last: date
    values: int
    forecast: int


def fetch(source: WeatherSource, place: Location, school: School, into: tuple[Store, datetime]) -> Fetched:
    """Fetch what a school lacks at an instant into its store. Raises `WeatherUnavailable` and `StoreUnavailable`."""
    store, now = into
    today = now.astimezone(UTC).date()
    first, last = _since(store, school, today), today - timedelta(days=1)
    recent = source.forecast(place, PAST_DAYS, AHEAD_DAYS)
    archive = source.history(place, first, last)
    past, coming = _parted(_by_hour(recent), calendar.floor_hour(now))
    # The archive is written last: where both know an hour, it stands.
    newest = weather_store.keep(store, school, _from_day(past, first, school))
    known = weather_store.keep(store, school, _by_hour(archive))
    ahead = {FORECASTS[figure]: hours for figure, hours in coming.items() if figure in FORECASTS}
    return Fetched(first, last, max(known, newest), keep_forecast(store, ahead, now))


def _since(store: Store, school: School, today: date) -> date:
    """Return the first day to ask for: shortly before what is known ends, else where the school's figures begin."""
    known = weather_store.span(store, WEATHER_TEMPERATURE)
    if known is not None:
        return min(known[1].date(), today) - timedelta(days=LATE_DAYS)
    start = today - timedelta(days=FIRST_DAYS)
    hourly_series = [one for one in store.ids(FIGURE) if one.resolution == HOUR]
    began = [times[0] for one in hourly_series if (times := store.neighbours(one, from_ms(0))[1])]
    return max(start, calendar.local_date(from_ms(min(began)), school.timezone)) if began else start


def _by_hour(found: WeatherSamples) -> dict[str, Hourly]:
    return {
        figure: hourly(found.time_ms, value, LABELS.get(figure, Label.INSTANT))
        for figure, value in found.value.items()
    }


def _cut(hours: Hourly, keep: NDArray[np.bool_]) -> Hourly:
    return Hourly(hours.start_ms[keep], hours.value[keep], hours.coverage[keep], hours.estimated[keep])


def _parted(found: Mapping[str, Hourly], now: datetime) -> tuple[dict[str, Hourly], dict[str, Hourly]]:
    """Return the hours that are over at `now`, and the others."""
    past = {figure: _cut(hours, hours.start_ms < to_ms(now)) for figure, hours in found.items()}
    return past, {figure: _cut(hours, hours.start_ms >= to_ms(now)) for figure, hours in found.items()}


def _from_day(found: Mapping[str, Hourly], first: date, school: School) -> dict[str, Hourly]:
    since = to_ms(calendar.midnight(first, school.timezone))
    return {figure: _cut(hours, hours.start_ms >= since) for figure, hours in found.items()}


def keep_forecast(store: Store, ahead: Mapping[str, Hourly], now: datetime) -> int:
    """Write a forecast in place of the earlier one; what has come to pass of that goes."""
    begin = calendar.floor_hour(now)
    for figure, hours in ahead.items():
        rows = weather_store.hour_rows(hours)
        window = (begin - timedelta(days=365), begin + timedelta(days=365))
        store.replace(weather_store.hour_series(figure), window, rows)
    return max((len(hours.start_ms) for hours in ahead.values()), default=0)
