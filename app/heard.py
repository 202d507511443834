"""What an unregistered device has told already: the topic to register it under, its channels, units and rhythm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from campus.errors import UnknownUnit
from campus.ports import NewTopic
from campus.readings import Kind
from campus.units import QUANTITIES, factor
from ingest.payload import Format, Item, Message

# The rhythms meters are set to; what is measured between two messages is rounded to one of them.
RHYTHMS = ("1min", "5min", "10min", "15min", "30min", "1h", "1d")
_SECONDS = {"1min": 60, "5min": 300, "10min": 600, "15min": 900, "30min": 1800, "1h": 3600, "1d": 86400}
USUAL_RHYTHM = "15min"  # the collection interval of the 2008 guide (standards.md, 2.6)


@dataclass(frozen=True, slots=True)
class Device:
    """Everything heard on one topic to register, which may have spoken on several topics below it."""

    topic: str
    format: str
    messages: int
    first_seen: datetime
    last_seen: datetime
    payload: bytes
    spoken_on: tuple[str, ...]


def devices(topics: Sequence[NewTopic], formats: Mapping[str, Format]) -> list[Device]:
    """Return the devices behind new topics, most recently heard first."""
    found: dict[tuple[str, str], list[NewTopic]] = {}
    for new in topics:
        found.setdefault((registered_topic(new.topic, new.format, formats), new.format), []).append(new)
    merged = [
        Device(
            topic,
            name,
            sum(new.messages for new in group),
            min(new.first_seen for new in group),
            max(new.last_seen for new in group),
            max(group, key=lambda new: new.last_seen).payload,
            tuple(new.topic for new in group),
        )
        for (topic, name), group in found.items()
    ]
    return sorted(merged, key=lambda device: device.last_seen, reverse=True)


def registered_topic(topic: str, format_name: str, formats: Mapping[str, Format]) -> str:
    """Return the topic under which a device that speaks on `topic` is registered."""
    known = formats.get(format_name)
    return (known.base(topic) if known else None) or topic


def items_of(messages: Iterable[Message], fmt: Format) -> list[Item]:
    """Return the values of the messages that the format can read."""
    return [item for message in messages for item in fmt.decode(message) if isinstance(item, Item)]


def channels(items: Iterable[Item]) -> list[str]:
    """Return the channels spoken on, in order of appearance; the empty one is a device without channels."""
    return list(dict.fromkeys(item.channel for item in items))


def only(values: Iterable[str]) -> str:
    """Return the one text that is said, or nothing where none or several are."""
    said = {value for value in values if value}
    return said.pop() if len(said) == 1 else ""


def quantities_for(unit: str, gauge: bool | None = None) -> list[str]:
    """Return the quantities that a unit can measure; an unknown unit leaves them all."""
    alike = [key for key, quantity in QUANTITIES.items() if gauge in (None, quantity.gauge)]
    return [key for key in alike if fits(unit, key)] or alike


def fits(unit: str, quantity: str) -> bool:
    """Return whether a quantity may be sent in a unit."""
    try:
        factor(unit, QUANTITIES[quantity])
    except UnknownUnit:
        return False
    return True


def speaks_gauge(items: Iterable[Item]) -> bool | None:
    """Return whether the device sends a level rather than a counter; None where it has not spoken."""
    kinds = {item.kind for item in items}
    return None if not kinds else kinds == {Kind.GAUGE}


def rhythm(items: Iterable[Item], messages: Iterable[Message]) -> str:
    """Return how often the device seems to speak, by its own times or else by the times of arrival."""
    times = sorted({item.time for item in items if item.time is not None}) or sorted({m.arrived for m in messages})
    steps = sorted(later - earlier for earlier, later in pairwise(times))
    if not steps:
        return USUAL_RHYTHM
    usual: timedelta = steps[len(steps) // 2]
    return min(RHYTHMS, key=lambda name: abs(_SECONDS[name] - usual.total_seconds()))
