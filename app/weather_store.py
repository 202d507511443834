"""Weather kept beside a school's figures: hours as they came, and days, degree days and months made of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np

from analytics.degree_days import cooling_degree_days, daily_means, heating_degree_days, monthly
from analytics.hours import HOURS_PER_DAY, Hours, Numbers
from analytics.weather_hours import Hourly
from app.hours import hours_of
from app.windows import hour_edges
from campus import calendar
from campus.calendar import midnight
from campus.ports import Store
from campus.registry import School
from campus.schema import (
    DAY,
    DEGREE_DAYS_COOLING,
    DEGREE_DAYS_HEATING,
    FIELDS,
    FIGURE,
    HOUR,
    MONTH,
    SCHOOL_SUBJECT,
    WEATHER_HUMIDITY,
    WEATHER_IRRADIANCE,
    WEATHER_TEMPERATURE,
    Columns,
    Point,
    SeriesId,
    from_ms,
    to_ms,
)

FIGURES = (WEATHER_TEMPERATURE, WEATHER_HUMIDITY, WEATHER_IRRADIANCE)
# What is known of less of an hour is no mean of it. Ours.
LEAST_OF_HOUR = 0.5


def hour_series(figure: str) -> SeriesId:
    """Return the hourly series of a figure of weather."""
    return SeriesId(FIGURE, SCHOOL_SUBJECT, figure, HOUR)


def keep(store: Store, school: School, found: Mapping[str, Hourly]) -> int:
    """Write hours by figure, in place of what was known of the same hours, and what days are made of them.

    Returns how many values there were.
    """
    points = [point for figure, hours in found.items() for point in _points(figure, hours)]
    store.write(points)
    times = [point.time_ms for point in points if point.series.name in FIGURES]
    if times:
        derive(store, school, (from_ms(min(times)), from_ms(max(times)) + calendar.HOUR))
    return len(points)


def hour_rows(hours: Hourly) -> Columns:
    """Return the hours that are known, as rows of a figure."""
    known = np.isfinite(hours.value) & (hours.coverage >= LEAST_OF_HOUR)
    absent = np.full(int(known.sum()), np.nan)
    fields = {"value": hours.value[known], "low": absent, "high": absent}
    fields |= {"coverage": np.minimum(hours.coverage[known], 1.0), "estimated": hours.estimated[known]}
    return Columns(hours.start_ms[known], fields | {"corrected": absent})


def _points(figure: str, hours: Hourly) -> list[Point]:
    rows, series = hour_rows(hours), hour_series(figure)
    told = (rows.fields[name].tolist() for name in ("value", "coverage", "estimated"))
    every = zip(rows.time_ms.tolist(), *told, strict=True)
    return [Point(series, at, (value, None, None, share, guessed, None)) for at, value, share, guessed in every]


def derive(store: Store, school: School, window: tuple[datetime, datetime]) -> None:
    """Compute days and months that touch [start, end) anew from the stored hours."""
    months = list(calendar.months(*window, school.timezone))
    start, end = months[0][0], months[-1][1]
    for figure in FIGURES:
        days, mean, share = day_means(store, school, (figure, start, end))
        _replace(store, (figure, DAY), (start, end), _columns(_midnights(days, school), mean, share))
        if figure == WEATHER_TEMPERATURE:
            for name, daily in _degree_days(mean):
                rows = _columns(_midnights(days, school), daily, share)
                _replace(store, (name, DAY), (start, end), rows)
                _replace(store, (name, MONTH), (start, end), _months(days, daily, school))


def _degree_days(mean: Numbers) -> list[tuple[str, Numbers]]:
    return [
        (DEGREE_DAYS_HEATING, heating_degree_days(mean)),
        (DEGREE_DAYS_COOLING, cooling_degree_days(mean)),
    ]


def day_means(
    store: Store, school: School, which: tuple[str, datetime, datetime]
) -> tuple[list[date], Numbers, Numbers]:
    """Return the local days of a figure's hours in [start, end), their means and the share of the hours known."""
    figure, start, end = which
    hours = read(store, figure, (start, end))
    ordinals, mean = daily_means(hours, school)
    row = calendar.local_hours(hours.start_ms, school.timezone)[0] - (ordinals[0] if len(ordinals) else 0)
    count = np.bincount(row, np.isfinite(hours.value), len(ordinals))
    return [date.fromordinal(int(one)) for one in ordinals], mean, np.minimum(count / HOURS_PER_DAY, 1.0)


def read(store: Store, figure: str, window: tuple[datetime, datetime]) -> Hours:
    """Return the hours of a figure in [start, end), unknown where none is kept."""
    series = hour_series(figure)
    return hours_of(store.series([series], *window)[series], hour_edges(*window))


def _midnights(days: list[date], school: School) -> list[datetime]:
    return [midnight(day, school.timezone) for day in days]


def _months(days: list[date], daily: Numbers, school: School) -> Columns:
    sums = monthly(np.array([day.toordinal() for day in days], np.int64), daily)
    total, share = (np.array(part) for part in zip(*sums.values(), strict=True))
    return _columns(_midnights(list(sums), school), total, share, estimated=1.0 - share)


def _columns(times: list[datetime], value: Numbers, share: Numbers, *, estimated: Numbers | None = None) -> Columns:
    known = np.isfinite(value)
    absent = np.full(int(known.sum()), np.nan)
    time_ms = np.array([to_ms(at) for at in times], np.int64)
    guessed = (np.zeros(len(value)) if estimated is None else estimated)[known]
    own = {"value": value[known], "coverage": share[known], "estimated": guessed}
    return Columns(time_ms[known], {name: own.get(name, absent) for name in FIELDS[FIGURE]})


def _replace(store: Store, which: tuple[str, str], window: tuple[datetime, datetime], rows: Columns) -> None:
    figure, resolution = which
    store.replace(SeriesId(FIGURE, SCHOOL_SUBJECT, figure, resolution), window, rows)


def span(store: Store, figure: str) -> tuple[datetime, datetime] | None:
    """Return from when to when a figure's hours reach, None where none is kept."""
    series = hour_series(figure)
    last = store.latest([series]).get(series)
    if last is None:
        return None
    end = from_ms(last.time_ms) + calendar.HOUR
    first = store.neighbours(series, from_ms(0))[1]
    return from_ms(first[0]), end


def gaps(hours: Hours) -> list[tuple[datetime, datetime]]:
    """Return the stretches [start, end) of hours that are unknown, oldest first."""
    unknown = np.flatnonzero(~np.isfinite(hours.value))
    groups = np.split(unknown, np.flatnonzero(np.diff(unknown) > 1) + 1) if len(unknown) else []
    return [(from_ms(hours.start_ms[g[0]]), from_ms(hours.start_ms[g[-1]]) + timedelta(hours=1)) for g in groups]
