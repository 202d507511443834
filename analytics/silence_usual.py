"""What silence is usual: a dormitory's meters lose their power every night and come back every morning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from campus.registry import Meter

Span = tuple[datetime, datetime]
# The days that are looked back at, and on how many of them it must have been as silent: a weekend's two nights recur
# within them, while one outage, or two, teach nothing.
DAYS, LEAST = 14, 3
# How far a timetable may move from day to day.
SLACK = timedelta(hours=1)
# What lasts longer is no part of a day's rhythm, but an outage that nothing may learn from.
LONGEST = timedelta(days=1)


def spans(meter: Meter, times: Sequence[datetime]) -> list[Span]:
    """Return a meter's silences that may belong to a day's rhythm, from when it said something (ascending)."""
    return [(a, b) for a, b in pairwise(times) if 2 * meter.interval < b - a < LONGEST]


def usual(past: Sequence[Span], silent: Span, zone: ZoneInfo) -> bool:
    """Whether a silence, [its last word, now], lay on enough of the last days within one at the same local time."""
    begin, now = (time.astimezone(zone).replace(tzinfo=None) for time in silent)
    local = [(a.astimezone(zone).replace(tzinfo=None), b.astimezone(zone).replace(tzinfo=None)) for a, b in past]
    days = (timedelta(days=day) for day in range(1, DAYS + 1))
    alike = sum(any(a - SLACK <= begin - day and now - day <= b + SLACK for a, b in local) for day in days)
    return alike >= LEAST
