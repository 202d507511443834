"""What the use of an hour is made of: the day's kind, the season, heating and cooling."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analytics.baseline_days import Days
from analytics.hours import HOURS_PER_DAY
from campus.calendar import WORKING, DayKind

# The season as waves of a year, half a year …: the k-th is penalised k² times as much, so that only a season that is
# there is followed (a roughness penalty: Green & Silverman 1994, section 2.1). One year shows its own accidents, too:
# beside other features a season is believed after `SEASON_DOUBT` times the evidence. On 19 meter-years of university
# buildings 5 to 30 gave the same error a year later within 3 %, 1 and 300 a larger one of gas or of electricity.
WAVES, SEASON_DOUBT = 4, 8.0
# Below its change point heating is not one straight line: radiators saturate, night frost adds. A second bend [K].
SECOND_BEND_K = 6.0
# Neither irradiance nor humidity is a feature: beside temperature they moved the error a year later by at most 1.5 %,
# up as often as down, on 16 meter-years of university buildings; nor is the temperature of some hours before.

Numbers = NDArray[np.float64]
# A feature: its name, its weight in the penalty, and its values, (days, 1) or (days, 24).
Feature = tuple[str, float, Numbers]


def features(days: Days, change_points_c: tuple[float, float]) -> Iterator[Feature]:
    """Yield what the use at each hour of the days is built from, after the constant.

    Each hour of the day has coefficients of its own. `change_points_c` are those of heating and of cooling [°C].
    """
    closed = ~days.is_kind(*WORKING)
    yield from _calendar(days, closed)
    yield from ((f"mode {name}", 1.0, _column(on)) for name, on in days.modes.items())
    yield from _season(days, closed)
    if days.now is not None and days.before is not None:
        for name, temperature in (("now", days.now), ("day", days.before)):
            for part, value in _bends(temperature, change_points_c):
                yield f"{part}, {name}", 1.0, value
                yield f"{part}, {name}, closed", 1.0, value * _column(closed)


def _calendar(days: Days, closed: NDArray[np.bool_]) -> Iterator[Feature]:
    weekday = days.weekday()
    yield "closed", 1.0, _column(closed)
    for d in range(5):
        yield f"weekday {d}", 1.0, _column((weekday == d) & ~closed)
    yield "makeup", 1.0, _column(days.is_kind(DayKind.MAKEUP))
    yield "sunday", 1.0, _column((weekday == 6) & closed)
    yield "holiday", 1.0, _column(days.is_kind(DayKind.HOLIDAY))
    vacation = days.is_kind(DayKind.VACATION)
    yield "vacation", 1.0, _column(vacation)
    yield "vacation weekend", 1.0, _column(vacation & (weekday >= 5))


def _season(days: Days, closed: NDArray[np.bool_]) -> Iterator[Feature]:
    angle = days.year_part()
    for k in range(1, WAVES + 1):
        weight = SEASON_DOUBT * k * k
        for name, wave in ((f"cos {k}", np.cos(k * angle)), (f"sin {k}", np.sin(k * angle))):
            yield name, weight, wave[:, None]
            yield f"{name}, open", weight, (wave * ~closed)[:, None]


def _bends(temperature: Numbers, change_points_c: tuple[float, float]) -> Iterator[tuple[str, Numbers]]:
    heating, cooling = change_points_c
    yield "heating", np.maximum(heating - temperature, 0.0)
    yield "heating, frost", np.maximum(heating - SECOND_BEND_K - temperature, 0.0)
    yield "cooling", np.maximum(temperature - cooling, 0.0)


def _column(flags: NDArray[np.bool_]) -> Numbers:
    return flags.astype(np.float64)[:, None]


def cube(given: list[Feature], days: int, hours: int = HOURS_PER_DAY) -> Numbers:
    """Return the features' values as (hours, days, features)."""
    values = np.empty((hours, days, len(given)))
    for i, (_, _, value) in enumerate(given):
        values[:, :, i] = value.T
    return values
