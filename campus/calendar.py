"""Local time: where a school's hours, days and months begin, and what kind of day each is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)


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
