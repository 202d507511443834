"""Which window of time a panel shows now."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from campus.calendar import HOUR, ceil_hour, local_date, midnight, months
from campus.panel import Panel
from web.state import Window

# Up to this length a window ends with the present hour, up to the next with today, beyond with this month.
BY_HOURS = timedelta(days=4)
BY_DAYS = timedelta(days=100)


def window_of(panel: Panel, now: datetime, zone: ZoneInfo) -> Window:
    """Return the panel's window [start, end) that holds the present hour, day or month, whole."""
    return window(panel.window, now, zone)


def window(length: timedelta, now: datetime, zone: ZoneInfo) -> Window:
    """Return [start, end) of about `length` that ends with the present hour, local day or local month."""
    if length <= BY_HOURS:
        end = ceil_hour(now + timedelta(microseconds=1))
        return end - length, end
    today = local_date(now, zone)
    if length <= BY_DAYS:
        tomorrow = today + timedelta(days=1)
        return midnight(tomorrow - length, zone), midnight(tomorrow, zone)
    end = next(months(now, now + HOUR, zone))[1]
    start = end - length
    return next(months(start, start + HOUR, zone))[0], end


def month_of(now: datetime, zone: ZoneInfo) -> Window:
    """Return the local month that holds `now`."""
    return next(months(now, now + timedelta(microseconds=1), zone))


def day_of(now: datetime, zone: ZoneInfo, back: int = 0) -> Window:
    """Return the local day that holds `now`, or the one `back` days before."""
    day = local_date(now, zone) - timedelta(days=back)
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)
