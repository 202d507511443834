"""Local time: where a school's hours, days and months begin, and what kind of day each is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from campus.registry import School, Term

HOUR = timedelta(hours=1)
# The local hour at which every night is over (analytics/nights.py, off_hours.py): days and nights are judged then.
MORNING = 6
_SATURDAY = 5
_MS_PER_HOUR, _MS_PER_DAY = 3_600_000, 86_400_000


class DayKind(StrEnum):
    """What kind of day a school has."""

    CLASS = "class"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    VACATION = "vacation"
    MAKEUP = "makeup"


# The kinds of day on which a school works; on the others its rooms are shut.
WORKING = frozenset({DayKind.CLASS, DayKind.MAKEUP})


def floor_hour(instant: datetime) -> datetime:
    """Return the UTC hour that holds `instant`."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def ceil_hour(instant: datetime) -> datetime:
    """Return the first UTC hour not before `instant`."""
    floor = floor_hour(instant)
    return floor if floor == instant else floor + HOUR


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which a local day begins."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """Return the local day that holds `instant`."""
    return instant.astimezone(zone).date()


def morning(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the last local `MORNING` that is not after `instant`."""
    day = local_date(instant, zone)
    this = datetime.combine(day, time(MORNING), zone).astimezone(UTC)
    return this if this <= instant else datetime.combine(day - timedelta(days=1), time(MORNING), zone).astimezone(UTC)


def days(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield the local days that touch [start, end) as half-open UTC windows of 23, 24 or 25 hours."""
    day = local_date(start, zone)
    while (first := midnight(day, zone)) < end:
        day += timedelta(days=1)
        yield first, midnight(day, zone)


def months(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield the local months that touch [start, end) as half-open UTC windows."""
    month = local_date(start, zone).replace(day=1)
    while (first := midnight(month, zone)) < end:
        month = (month + timedelta(days=32)).replace(day=1)
        yield first, midnight(month, zone)


def years(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield the local calendar years that touch [start, end) as half-open UTC windows."""
    year = local_date(start, zone).year
    while (first := midnight(date(year, 1, 1), zone)) < end:
        year += 1
        yield first, midnight(date(year, 1, 1), zone)


def local_hours(start_ms: NDArray[np.int64], zone: ZoneInfo) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the local day (proleptic ordinal, as `date.toordinal`) and local hour [0..23] of each time [epoch ms].

    Of the two hours a clock shows twice in autumn both get the same day and hour.
    """
    blocks, inverse = np.unique(start_ms // _MS_PER_HOUR, return_inverse=True)
    local_ms = start_ms + _offsets_ms(blocks, zone)[inverse]
    day, rest = np.divmod(local_ms, _MS_PER_DAY)
    return day + date(1970, 1, 1).toordinal(), rest // _MS_PER_HOUR


def _offsets_ms(hours: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Return the zone's distance from UTC [ms] at each epoch hour, asking only where a UTC day's ends differ."""
    first_day, last_day = (int(hours[0]) // 24, int(hours[-1]) // 24) if len(hours) else (0, 0)
    at_midnight = np.array([_offset_ms(day * 24, zone) for day in range(first_day, last_day + 2)], np.int64)
    row = hours // 24 - first_day
    offsets = at_midnight[row]
    for i in np.flatnonzero(at_midnight[row] != at_midnight[row + 1]):
        offsets[i] = _offset_ms(int(hours[i]), zone)
    return offsets


def _offset_ms(hour: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(hour * 3600, zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1000)


def day_kind(day: date, school: School) -> DayKind:
    """Return the kind of day: the school's own rows, then the public calendar, then the weekday.

    A public holiday inside a vacation is a holiday (nobody at all comes); a public make-up day inside one is not
    worked. With terms registered, a day between two terms is vacation. See `provisional` for what is only assumed.
    """
    rows = {row.kind for row in school.terms if row.first <= day <= row.last}
    if "makeup" in rows:
        return DayKind.MAKEUP
    public = _public_kind(day, school.calendar)
    if "holiday" in rows or public is DayKind.HOLIDAY:
        return DayKind.HOLIDAY
    if "vacation" in rows or (not rows & {"term", "exam"} and _between_terms(day, school.terms)):
        return DayKind.VACATION
    return public or _weekday_kind(day)


def provisional(day: date, school: School) -> bool:
    """Whether the kind of day is only assumed: no row says so and the public calendar or the terms end before it."""
    rows = {row.kind for row in school.terms if row.first <= day <= row.last}
    if rows & {"makeup", "holiday", "vacation"}:
        return False
    terms = [row for row in school.terms if row.kind == "term"]
    outside = bool(terms) and not rows and not _between_terms(day, school.terms)
    return outside or (school.calendar == "CN" and _public_kind(day, school.calendar) is None)


def _between_terms(day: date, rows: tuple[Term, ...]) -> bool:
    terms = [row for row in rows if row.kind == "term"]
    return any(row.last < day for row in terms) and any(day < row.first for row in terms)


def _weekday_kind(day: date) -> DayKind:
    return DayKind.WEEKEND if day.weekday() >= _SATURDAY else DayKind.CLASS


@cache
def _public_kind(day: date, calendar: str) -> DayKind | None:
    """Return what the public calendar says, or None for a year it does not know."""
    if calendar != "CN":
        return _weekday_kind(day)
    import chinese_calendar  # only here: a school without the Chinese calendar should not pay for it

    try:
        free, holiday = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return None
    if free:
        return DayKind.HOLIDAY if holiday else DayKind.WEEKEND
    return DayKind.CLASS if day.weekday() < _SATURDAY else DayKind.MAKEUP


@cache
def _spring_festivals() -> dict[int, date]:
    text = resources.files("campus").joinpath("data/spring_festival.toml").read_text(encoding="utf-8")
    return {int(year): day for year, day in tomllib.loads(text)["day"].items()}


def spring_festival(year: int) -> date | None:
    """Return the first day of the Chinese year (春节) in a Gregorian year, None for one the table does not know."""
    return _spring_festivals().get(year)
