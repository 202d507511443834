"""What a baseline may know of a local day beforehand: its kind, its operating modes and the weather."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.degree_days import daily_means
from analytics.hours import HOURS_PER_DAY, Hours
from campus.calendar import DayKind, day_kind, local_hours
from campus.registry import School

# Walls and radiators answer to the weather of a day, not of a minute [h]; twice the memory changed nothing on five
# university buildings (shared/data/cambridge).
MEMORY_HOURS = 24
# Of those hours this many must be known.
LEAST_MEMORY = 12
# Gaps in the weather up to this long are bridged in a straight line [h].
BRIDGED_HOURS = 6
# A local day lies within a day of the UTC day of its name, and its memory within another [days].
_NEAR_DAYS = 3
_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a meter stands: its school's calendar, the outdoor temperature and how the place is operated.

    `temperature` [°C] has a grid of its own, which should begin a day before the hours looked at; None where use
    has nothing to do with the weather. `modes` are days worked otherwise, by name (summer school, a project week).
    """

    school: School
    temperature: Hours | None = None
    modes: Mapping[str, frozenset[date]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Days:
    """Local days from `first` on: kinds, modes (name → (days,)), and temperatures (days, 24) [°C].

    `now` is the hour's own temperature, `before` the mean of the `MEMORY_HOURS` up to its end; NaN where unknown.
    Both are None where the setting has no temperature.
    """

    first: date
    kinds: tuple[DayKind, ...]
    modes: Mapping[str, Flags]
    now: Numbers | None
    before: Numbers | None

    def __len__(self) -> int:
        return len(self.kinds)

    def is_kind(self, *kinds: DayKind) -> Flags:
        """Return which days are of one of the kinds (days,)."""
        return np.array([kind in kinds for kind in self.kinds], bool)

    def weekday(self) -> NDArray[np.int64]:
        """Return the weekday of each day (days,), 0 for Monday."""
        return (self.first.weekday() + np.arange(len(self.kinds))) % 7

    def year_part(self) -> Numbers:
        """Return how far each day is into its year (days,), as an angle [rad]."""
        dates = [self.first + timedelta(days=i) for i in range(len(self.kinds))]
        return np.array([2 * np.pi * d.timetuple().tm_yday / 365.25 for d in dates])


def as_made(setting: Setting, modes: tuple[str, ...], weathered: bool) -> Setting:
    """Return a setting with the modes a baseline was made with, and with weather only if it was made with any.

    Raises ValueError where the baseline needs a temperature and there is none.
    """
    if weathered and setting.temperature is None:
        raise ValueError("this baseline was made with outdoor temperatures: hand them in for the time asked for, too")
    own = {name: setting.modes.get(name, frozenset()) for name in modes}
    return replace(setting, modes=own, temperature=setting.temperature if weathered else None)


def foreign(setting: Setting, modes: tuple[str, ...], first: date, count: int) -> Flags:
    """Return which of `count` days are worked in a mode that a baseline with `modes` never saw (days,)."""
    unknown = {day for name, days in setting.modes.items() if name not in modes for day in days}
    return np.array([first + timedelta(days=i) in unknown for i in range(count)], bool)


def days_of(first: date, count: int, setting: Setting) -> Days:
    """Return `count` local days of a setting."""
    dates = [first + timedelta(days=i) for i in range(count)]
    kinds = tuple(day_kind(day, setting.school) for day in dates)
    modes = {name: np.array([day in on for day in dates], bool) for name, on in sorted(setting.modes.items())}
    if setting.temperature is None:
        return Days(first, kinds, modes, None, None)
    weather = around_days(setting.temperature, first, count)
    bridged = _bridged(weather.value)
    where = _place(weather.start_ms, first, setting.school)
    return Days(first, kinds, modes, _laid(bridged, where, count), _laid(_remembered(bridged), where, count))


def day_temperatures(first: date, count: int, setting: Setting) -> Numbers | None:
    """Return the mean temperature of each local day (count,) [°C], or None where the setting has none."""
    if setting.temperature is None:
        return None
    known_days, means = daily_means(around_days(setting.temperature, first, count), setting.school)
    result = np.full(count, np.nan)
    place = known_days - first.toordinal()
    inside = (place >= 0) & (place < count)
    result[place[inside]] = means[inside]
    return result


def around_days(hours: Hours, first: date, count: int) -> Hours:
    """Return the hours within `_NEAR_DAYS` of a stretch of local days, in whatever zone."""
    start_ms = (first - _EPOCH).days * _DAY_MS - _NEAR_DAYS * _DAY_MS
    edges = np.searchsorted(hours.start_ms, [start_ms, start_ms + (count + 2 * _NEAR_DAYS) * _DAY_MS])
    part = slice(*edges.tolist())
    return Hours(hours.start_ms[part], hours.value[part], hours.coverage[part], hours.estimated[part])


def _place(start_ms: NDArray[np.int64], first: date, school: School) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    day, hour = local_hours(start_ms, school.timezone)
    return day - first.toordinal(), hour


def _laid(values: Numbers, where: tuple[NDArray[np.int64], NDArray[np.int64]], count: int) -> Numbers:
    """Lay hourly values out as (count, 24); of an hour the clock shows twice the later one is kept."""
    grid = np.full((count, HOURS_PER_DAY), np.nan)
    row, hour = where
    inside = (row >= 0) & (row < count)
    grid[row[inside], hour[inside]] = values[inside]
    return grid


def _bridged(values: Numbers) -> Numbers:
    """Return the values with short gaps filled in a straight line."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < 2:
        return values
    place = np.arange(len(values))
    following = np.searchsorted(known, place).clip(0, len(known) - 1)
    gap = known[following] - known[np.maximum(following - 1, 0)] - 1
    inside = (place > known[0]) & (place < known[-1]) & (gap <= BRIDGED_HOURS)
    return np.where(np.isnan(values) & inside, np.interp(place, known, values[known]), values)


def _remembered(values: Numbers) -> Numbers:
    """Return the mean of the last `MEMORY_HOURS` at each hour, the same wherever the series begins before them."""
    total, count = np.zeros(len(values)), np.zeros(len(values))
    filled, known = np.nan_to_num(values), np.isfinite(values)
    for lag in range(min(MEMORY_HOURS, len(values))):
        total[lag:] += filled[: len(values) - lag]
        count[lag:] += known[: len(values) - lag]
    mean: Numbers = np.divide(total, count, out=np.full(len(values), np.nan), where=count >= LEAST_MEMORY)
    return mean
