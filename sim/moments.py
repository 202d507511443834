"""When and who: the quarter hours of a window with the school's day, its people and its weather at each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from campus.calendar import WORKING, DayKind, day_kind
from campus.registry import School
from sim.noise import Floats, Ints
from sim.site import HEATING_FIRST, HEATING_LAST, Site
from sim.weather import DAY_MS, temperature_c

STEP_MS = 900_000  # the simulated truth is held by quarter hours
STEP_H = 0.25
_LOCAL_MS = 8 * 3_600_000  # China has kept UTC+8 without summer time since 1992
_EPOCH = date(1970, 1, 1)

# Share of the boarders that stay by kind of day, and when the others leave and come back. Assumed.
STAYING = {
    DayKind.CLASS: 1.0,
    DayKind.MAKEUP: 1.0,
    DayKind.WEEKEND: 0.35,
    DayKind.HOLIDAY: 0.12,
    DayKind.VACATION: 0.03,
}
TRAVEL_HOUR = 17.5


@dataclass(frozen=True, slots=True)
class Moments:
    """Quarter hours; every array is (n,). `hour` is local, at the middle; `evening` says there is class tomorrow."""

    start_ms: Ints
    hour: Floats
    lessons: NDArray[np.bool_]
    evening: NDArray[np.bool_]
    boarders: Floats
    heating: NDArray[np.bool_]
    outdoor_c: Floats

    @property
    def index(self) -> Ints:
        """The number of each quarter hour since 1970: the position of its randomness."""
        return self.start_ms // STEP_MS


def moments(site: Site, start_ms: int, end_ms: int) -> Moments:
    """Return the quarter hours of [start, end)."""
    time_ms = np.arange(start_ms, end_ms, STEP_MS, dtype=np.int64)
    local_ms = time_ms + _LOCAL_MS
    day, of_day = local_ms // DAY_MS, local_ms % DAY_MS
    hour = of_day / 3_600_000 + STEP_H / 2
    first = int(day[0]) if len(day) else 0
    dates = [_EPOCH + timedelta(days=first + i) for i in range(len(np.unique(day)) + 1)]
    lessons, staying, heating = _days(site.school, dates)
    today = day - first
    return Moments(
        start_ms=time_ms,
        hour=hour,
        lessons=lessons[today],
        evening=lessons[today + 1],
        boarders=np.where(hour < TRAVEL_HOUR, staying[today], staying[today + 1]),
        heating=heating[today],
        outdoor_c=temperature_c(site.seed, time_ms),
    )


def _days(school: School, dates: list[date]) -> tuple[NDArray[np.bool_], Floats, NDArray[np.bool_]]:
    kinds = [day_kind(day, school) for day in dates]
    lessons = np.array([kind in WORKING for kind in kinds])
    staying = np.array([STAYING[kind] for kind in kinds])
    months = [(day.month, day.day) for day in dates]
    return lessons, staying, np.array([m >= HEATING_FIRST or m <= HEATING_LAST for m in months])


def between_hours(moments: Moments, first: float, last: float) -> NDArray[np.bool_]:
    """Whether each quarter lies in the local hours [first, last), over midnight where last < first."""
    hour = moments.hour
    return (first <= hour) & (hour < last) if first < last else (hour >= first) | (hour < last)


def busy(moments: Moments, *spans: tuple[float, float], edge_h: float = 0.5) -> Floats:
    """Return 0 to 1: full within the local hour spans, falling off to nothing over `edge_h` outside them."""
    level = np.zeros(len(moments.hour))
    for first, last in spans:
        outside = np.maximum(first - moments.hour, moments.hour - last)
        level = np.maximum(level, np.clip(1.0 - outside / edge_h, 0.0, 1.0))
    return level
