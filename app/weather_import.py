"""A file of weather taken in: understood, said, and kept as hours beside the school's figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from analytics.weather_hours import Hourly, Label, hourly, step_ms
from app import weather_store
from app.table_file import open_table
from campus.ports import Store
from campus.registry import School
from campus.said import Said
from campus.schema import WEATHER_IRRADIANCE, from_ms
from ingest.weather_file import Column, Options, WeatherFile, WeatherRefused, read
from ingest.weather_headings import POSSIBLE

# What services mostly mean by a time: temperature and humidity as they were then, irradiance as the mean of the hour
# before (Open-Meteo: "preceding hour mean"; Met Office MIDAS: ob_end_time).
LABELS = {WEATHER_IRRADIANCE: Label.END}
# Samples further apart than this [ms] tell days, not hours.
COARSEST_MS = 3 * 3_600_000 + 60_000
# Where the sun's noon of a file may lie from that of its place [h]: the equation of time and a summer clock apart, a
# wrong zone or label shows. Ours.
NOON_H = 1.6
_HOURS_PER_DEGREE = 1 / 15


@dataclass(frozen=True, slots=True)
class Understood:
    """What a file is taken to say: the file, its hours by figure, how each column's times are meant, and a doubt."""

    file: WeatherFile
    hours: Mapping[str, Hourly]
    labels: Mapping[str, Label]
    impossible: int
    noon_off_h: float | None


def understand(path: Path, school: School, said: tuple[Options, Label | None]) -> Understood:
    """Return what a file says. Raises `FileRefused` and `WeatherRefused`."""
    options, label = said
    file = read(list(open_table(path).rows(lambda _: None)), options)
    if len(file.time_ms) > 1 and step_ms(np.sort(file.time_ms)) > COARSEST_MS:
        said_why = Said(
            "值之间隔得太久（超过3小时），看不出每小时的天气：要小时值的文件",
            "its values lie more than 3 h apart: hourly weather is needed",
        )
        raise WeatherRefused(said_why)
    labels = {column.figure: label or LABELS.get(column.figure, Label.INSTANT) for column in file.columns}
    hours, impossible = {}, 0
    for column in file.columns:
        values, wrong = _in_unit(file, column)
        impossible += wrong
        hours[column.figure] = hourly(file.time_ms, values, labels[column.figure])
    return Understood(file, hours, labels, impossible, _noon_off_h(hours.get(WEATHER_IRRADIANCE), school))


def _in_unit(file: WeatherFile, column: Column) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], int]:
    """Return a column's values as rates, unknown where they cannot be true, and how many of these there are."""
    values = file.value[column.figure]
    if column.meaning.energy:
        values = values / (step_ms(np.unique(file.time_ms)) / 1000)
    low, high = POSSIBLE[column.figure]
    wrong = np.isfinite(values) & ~((values >= low) & (values <= high))
    # A pyranometer's night is a little below nought (ISO 9060, zero offset): no light is no light.
    floor = 0.0 if column.figure == WEATHER_IRRADIANCE else low
    return np.where(wrong, np.nan, np.maximum(values, floor)), int(wrong.sum())


def _noon_off_h(sun: Hourly | None, school: School) -> float | None:
    """Return how far the middle of the file's light lies from the sun's noon at the school [h]; None if unknown."""
    if sun is None or school.location is None or not np.nansum(sun.value) > 0:
        return None
    hour = (sun.start_ms / 3_600_000 + 0.5) % 24 + school.location.longitude * _HOURS_PER_DEGREE
    known = np.isfinite(sun.value)
    angle = (hour[known] - 12.0) / 24 * 2 * np.pi
    turned = np.angle(np.sum(sun.value[known] * np.exp(1j * angle)))
    return float(turned) * 24 / (2 * np.pi)


def doubtful(understood: Understood) -> bool:
    """Whether the sun of the file does not stand where it should."""
    return understood.noon_off_h is not None and abs(understood.noon_off_h) > NOON_H


def window(understood: Understood) -> tuple[datetime, datetime] | None:
    """Return from when to when the file's hours reach, None where there are none."""
    starts = [hours.start_ms for hours in understood.hours.values() if len(hours.start_ms)]
    if not starts:
        return None
    return from_ms(min(int(s[0]) for s in starts)), from_ms(max(int(s[-1]) for s in starts) + 3_600_000)


def take_in(understood: Understood, store: Store, school: School) -> int:
    """Keep the hours of a file; return how many values went in."""
    return weather_store.keep(store, school, understood.hours)
