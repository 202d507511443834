"""Whose each value of the journals is, and under which day it is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from app.certificate_count import Tally
from app.certificate_scan import Heard, Value
from app.windows import Window
from campus import calendar
from campus.readings import Reject
from campus.registry import Registry
from campus.schema import to_ms
from ingest.checks import CLOCK_TOLERANCE, Routed

# A gateway that was offline, or a vendor's cloud, sends a month's backlog at most; --late says otherwise.
LATE_DAYS = 31
# School, meter, quantity; without a quantity the second is a topic, without a school nobody's.
Key = tuple[str, str, str]
Tallies = dict[Key, Tally]


@dataclass(frozen=True, slots=True)
class Asked:
    """For which schools of all registered ones, which day, how long after it arrivals count, and what time it is."""

    every: Mapping[str, Registry]
    schools: tuple[str, ...]
    day: date
    now: datetime
    late: timedelta = timedelta(days=LATE_DAYS)
    # Asked of every value: what was found once is kept.
    _owners: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _windows: dict[tuple[str, int], Window] = field(default_factory=dict, compare=False, repr=False)

    def window(self, school: str, days_before: int = 0) -> Window:
        """Return the school's local day, or one before it; nobody's topics go by the first school's clock."""
        if (school, days_before) not in self._windows:
            zone = self.every[school or self.schools[0]].school.timezone
            day = self.day - timedelta(days=days_before)
            window = calendar.midnight(day, zone), calendar.midnight(day + timedelta(days=1), zone)
            self._windows[school, days_before] = window
        return self._windows[school, days_before]

    def around(self) -> Window:
        """Return the arrivals to read: a clock may run ahead, and what is late counts too."""
        windows = [self.window(school) for school in self.schools]
        start, end = min(window[0] for window in windows), max(window[1] for window in windows)
        return start - CLOCK_TOLERANCE, max(end, min(end + self.late, self.now))

    def owner(self, topic: str) -> str:
        """Return the one school whose meter speaks on a topic, or on one above it; else nobody."""
        if topic not in self._owners:
            owners = [school for school, registry in self.every.items() if _speaks(registry, topic)]
            self._owners[topic] = owners[0] if len(owners) == 1 else ""
        return self._owners[topic]


def _speaks(registry: Registry, topic: str) -> bool:
    return any(topic == m.topic or topic.startswith(f"{m.topic}/") for m in registry.meters.values() if m.topic)


def note(one: Heard, asked: Asked, by_reading: Tallies, by_arrival: Tallies) -> None:
    """Put a message's values where they belong: a reading under its time, what is held under its arrival."""
    arrived = one.message.arrived
    for value in one.values:
        key = _key(value, one.message.topic, asked)
        if key is None or value.replayed:
            continue
        if value.reason is None and isinstance(value.result, Routed):
            _say(by_reading, key, one, value.result, value.result.reading.time, asked)
            _say(by_arrival, key, one, value.result, arrived, asked)
        elif _within(arrived, asked.window(key[0])):
            for tallies in (by_reading, by_arrival):
                _hold(tallies.setdefault(key, Tally()), one, value)
    for reason, replayed in one.beyond:
        if not replayed and _within(arrived, asked.window("")):
            for tallies in (by_reading, by_arrival):
                tallies.setdefault(("", one.message.topic, ""), Tally()).quarantined[reason] += 1


def _say(tallies: Tallies, key: Key, one: Heard, said: Routed, at: datetime, asked: Asked) -> None:
    if not _within(at, asked.window(key[0])):
        return
    tally = tallies.setdefault(key, Tally())
    if one.reread:
        tally.perhaps[to_ms(said.reading.time)] = said.reading.value
    else:
        tally.say(said.reading, one.drained)


def _hold(tally: Tally, one: Heard, value: Value) -> None:
    if value.reason is not None:
        tally.quarantined[value.reason] += 1
    elif one.reread:
        pass  # what is held of this message stands for it
    elif one.drained:
        tally.unread += 1
    else:
        tally.undrained += 1


def _within(at: datetime, window: Window) -> bool:
    return window[0] <= at < window[1]


def _key(value: Value, topic: str, asked: Asked) -> Key | None:
    """Return whose a value is; None for a school that was not asked for."""
    if isinstance(value.result, Reject):
        school = asked.owner(topic)
        return (school, topic, "") if school in ("", *asked.schools) else None
    reading = value.result.reading
    school = value.result.school
    return (school, reading.meter, reading.quantity) if school in asked.schools else None
