"""A school's year against the quotas, as it stands in its store now."""

from __future__ import annotations

from datetime import date, datetime

from app import quota_year, year_figures
from app.quota_told import YearTold, tell
from campus import calendar
from campus.ports import Store
from campus.registry import Registry


def asked(store: Store, registry: Registry, year: int | None, now: datetime) -> tuple[YearTold, date]:
    """Return a year as it is told and the local day its data reach to; without a year that of `now`."""
    today = calendar.local_date(now, registry.school.timezone)
    number = today.year if year is None else year
    days = quota_year.read(store, registry, number)
    until = year_figures.known_until(store, registry) or date(number, 1, 1)
    # A year that has passed is over, wherever its data end.
    passed = max(until, today) if today.year > number else until
    return tell(quota_year.reckon(days, number, passed), until), until
