"""Findings, a clock that is set by hand, and whom to tell, for the ledger's tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from campus.ports import Address, Episode
from campus.results import Finding, Price

START = datetime(2026, 10, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WHOLE = (START - 30 * DAY, START + 400 * DAY)
PRICE = Price(4.2, "m³", "assumed for the demonstration", assumed=True)
PLUMBER, OFFICE = Address("mail", "plumber@school.example", "zh"), Address("mail", "office@school.example")


def at(day: float) -> datetime:
    """Return the instant so many days after the start."""
    return START + day * DAY


def finding(first: float, last: float | None = None, size: float = 0.8, seen: float | None = None) -> Finding:
    """Return a leak from one day to another, or still running and seen for three days or until `seen`."""
    until = first + 3 if seen is None else seen
    if last is not None:
        until = last if seen is None else seen
    return Finding(
        "night_flow",
        "w-dorm",
        "water",
        at(first),
        None if last is None else at(last),
        at(until),
        size,
        "m³/h",
        0.2,
        size * 24,
        size * 24 * (until - first),
        "m³",
        size * 24 * PRICE.yuan,
        PRICE,
        0.9,
        {"place": "3号楼", "zone": "Asia/Shanghai"},
        ((at(first), at(first + 1)),),
    )


@dataclass
class Clock:
    """A clock that stands where it was set."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


def everybody(_episode: Episode) -> list[Address]:
    """Tell the plumber and the office of everything."""
    return [PLUMBER, OFFICE]


def record(book, *findings, judged=WHOLE, school="s", as_of=None):  # type: ignore[no-untyped-def]
    """Record findings of one rule on one meter."""
    return book.record(school, "night_flow", "w-dorm", findings, judged, as_of)
