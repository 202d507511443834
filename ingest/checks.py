"""From what a device said to a Reading: whose meter it is, in which unit, and whether its time can be true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from string import hexdigits
from typing import TYPE_CHECKING

from campus.errors import UnknownUnit
from campus.ports import Reason
from campus.readings import Kind, Quality, Reading, Reject
from campus.registry import Arrival, Change, Meter, Registry
from campus.schema import BILLED_YUAN, YUAN
from campus.units import QUANTITIES, factor
from ingest.payload import Format, Item, Message

if TYPE_CHECKING:
    from ingest.direct import Direct

# A device's clock may run ahead a little; a reading from the future would sit above every later one.
CLOCK_TOLERANCE = timedelta(minutes=10)
# Meters that lost their clock report 1970 or 2000-01-01.
EARLIEST = datetime(2000, 1, 2, tzinfo=UTC)
# Digits of a meter's number: DL/T 645-2007, 5.2.2 (A0 to A5) and CJ/T 188 (A0 to A6).
_NUMBER_LENGTHS = (12, 14)


@dataclass(frozen=True, slots=True)
class Routed:
    """A Reading and the school it belongs to."""

    school: str
    reading: Reading


# School and meter of everybody who speaks, or ever spoke, on one topic.
Speakers = tuple[tuple[str, Meter], ...]


@dataclass(frozen=True, slots=True)
class Routes:
    """Which meters speak on which topic, over all time; `Meter.at` decides which of them at one time.

    `direct` remembers the short ways found so far (`ingest.direct`).
    """

    by_topic: Mapping[str, Speakers]
    formats: Mapping[str, Format]
    direct: dict[str, Direct | None] = field(default_factory=dict, compare=False, repr=False)


def file_topic(school: str, meter: str) -> str:
    """Return the topic on which a file speaks for a meter.

    No broker delivers it to us: a filter that begins with a wildcard matches no topic that begins with $
    (MQTT 3.1.1, section 4.7.2).
    """
    return f"$file/{school}/{meter}"


def routes(registries: Iterable[Registry], formats: Mapping[str, Format]) -> Routes:
    """Return the routes of the schools' registries: each meter's own topics, and the one files speak on for it."""
    by_topic: dict[str, list[tuple[str, Meter]]] = {}
    for registry in registries:
        for meter in registry.meters.values():
            topics = {meter.topic, *(str(c.values["topic"]) for c in meter.changes if "topic" in c.values)}
            for topic in topics:
                by_topic.setdefault(topic, []).append((registry.school.key, meter))
            by_file = _by_file(meter, file_topic(registry.school.key, meter.key))
            by_topic[by_file.topic] = [(registry.school.key, by_file)]
    return Routes({topic: tuple(meters) for topic, meters in by_topic.items()}, formats)


def _by_file(meter: Meter, topic: str) -> Meter:
    """Return the meter as a file speaks for it: whatever it speaks itself, the file's lines are native JSON."""
    changes = tuple(
        Change(change.since, {k: v for k, v in change.values.items() if k not in ("topic", "channel")})
        for change in meter.changes
    )
    return replace(meter, topic=topic, format="native", channel="", changes=changes)


def readings(known: Routes, message: Message) -> list[Routed | Reject]:
    """Return what a message holds: readings of registered meters, and a Reject for all that is not."""
    topic, candidates, name = _candidates(known, message)
    if not candidates:
        return [Reject(Reason.UNKNOWN_TOPIC, f"no meter is registered on {message.topic!r}")]
    return _checked(known.formats[name].decode(message), message, topic, candidates)


def checked(known: Routes, message: Message, items: Sequence[Item | Reject]) -> list[Routed | Reject]:
    """Return what becomes of items before they are written as a message: the same as `readings` will find in it."""
    topic, candidates, _ = _candidates(known, message)
    return _checked(items, message, topic, candidates)


def _checked(
    items: Sequence[Item | Reject], message: Message, topic: str, candidates: Speakers
) -> list[Routed | Reject]:
    return [
        item if isinstance(item, Reject) else _reading(item, position, message, topic, candidates)
        for position, item in enumerate(items)
    ]


def _candidates(known: Routes, message: Message) -> tuple[str, Speakers, str]:
    """Return the registered topic, who speaks or spoke on it, and the format they speak as the message arrives."""
    topic = message.topic
    exact = known.by_topic.get(topic)
    if exact:
        return topic, exact, _format(exact, topic, message.arrived)
    for name, fmt in known.formats.items():
        base = fmt.base(topic)
        speakers = known.by_topic.get(base, ()) if base is not None else ()
        if base is not None and speakers and _format(speakers, base, message.arrived) == name:
            return base, speakers, name
    return topic, (), ""


def _format(speakers: Speakers, topic: str, arrived: datetime) -> str:
    for _, meter in speakers:
        now = meter.at(arrived) if meter.changes else meter
        if now.topic == topic and meter.in_force(arrived):
            return now.format
    return speakers[0][1].format


def _reading(item: Item, position: int, message: Message, topic: str, candidates: Speakers) -> Routed | Reject:
    time = item.time
    quality = item.quality
    if time is None:
        if message.retained:
            return Reject(Reason.BAD_TIME, "kept by the broker and without a time: its age is unknown", position)
        time, quality = message.arrived, Quality.ARRIVAL
    fault = _time_fault(time, item.duration, message.arrived)
    if fault is not None:
        return Reject(fault[0], fault[1], position)
    meter = _meter_at(candidates, topic, item, time)
    if isinstance(meter, Reject):
        return Reject(meter.reason, meter.detail, position)
    school, meter_now = meter
    return _in_kept_unit(item, position, school, meter_now, time, quality)


def _in_kept_unit(
    item: Item, position: int, school: str, meter: Meter, time: datetime, quality: Quality
) -> Routed | Reject:
    if item.quantity == BILLED_YUAN:
        return _billed(item, position, school, meter)
    register = meter.register(item.quantity) if item.quantity else meter.registers[0]
    if register is None:
        known = ", ".join(r.quantity.key for r in meter.registers)
        detail = f"meter {meter.key} has no register {item.quantity!r} (it has {known})"
        return Reject(Reason.UNKNOWN_QUANTITY, detail, position)
    try:
        scale = _factor(item.unit or register.unit, register.quantity.key)
    except UnknownUnit as error:
        # A format that cannot tell the unit for certain says why, behind a question mark.
        if item.unit.startswith("?"):
            return Reject(Reason.UNIT_IN_DOUBT, item.unit[1:] or "the device does not say its unit", position)
        return Reject(Reason.UNKNOWN_UNIT, str(error), position)
    if register.quantity.gauge != (item.kind is Kind.GAUGE):
        return Reject(Reason.UNKNOWN_QUANTITY, f"{register.quantity.key} is not a {item.kind}", position)
    return Routed(
        school,
        Reading(
            meter.key,
            register.quantity.key,
            item.kind,
            time,
            item.value * scale,
            item.duration,
            item.serial or meter.serial,
            quality,
        ),
    )


def _billed(item: Item, position: int, school: str, meter: Meter) -> Routed | Reject:
    """Return what a bill came to, which only a meter takes that bills are kept in."""
    if meter.arrival is not Arrival.MANUAL or item.kind is not Kind.INTERVAL or item.time is None:
        detail = f"meter {meter.key} keeps no bills: what one came to is an interval of a meter read by hand"
        return Reject(Reason.UNKNOWN_QUANTITY, detail, position)
    if item.unit != YUAN:
        return Reject(Reason.UNKNOWN_UNIT, f"{item.unit!r} is no money: a bill comes to {YUAN}", position)
    told = Reading(meter.key, BILLED_YUAN, item.kind, item.time, item.value, item.duration, quality=item.quality)
    return Routed(school, told)


@lru_cache(maxsize=256)
def _factor(unit: str, quantity: str) -> float:
    return factor(unit, QUANTITIES[quantity])


def _time_fault(time: datetime, duration: timedelta, arrived: datetime) -> tuple[Reason, str] | None:
    if time + duration > arrived + CLOCK_TOLERANCE:
        ahead = time + duration - arrived
        return Reason.CLOCK_AHEAD, f"the device's clock is {ahead} ahead ({time:%FT%TZ}): set it, then replay"
    if time < EARLIEST:
        return Reason.TOO_OLD, f"{time:%FT%TZ} is before {EARLIEST:%F}: the device has lost its clock"
    return None


def _meter_at(candidates: Speakers, topic: str, item: Item, time: datetime) -> tuple[str, Meter] | Reject:
    matching = []
    for school, meter in candidates:
        if meter.in_force(time):
            now = meter.at(time) if meter.changes else meter
            if now.topic == topic and _is_of(item, now.channel):
                matching.append((school, now))
    if len(matching) == 1:
        return matching[0]
    channel = item.channel
    if item.serial and any(_is_number(meter.channel.partition(":")[0]) for _, meter in candidates):
        channel = f"{item.serial}:{channel}".rstrip(":")
    where = f"topic {topic!r}" + (f", channel {channel!r}" if channel else "")
    if matching:
        keys = ", ".join(meter.key for _, meter in matching)
        return Reject(Reason.TWO_METERS, f"{where}: {keys} all claim it; give each its channel")
    advice = f'; a meter on this topic must say channel = "{channel}"' if channel else ""
    return Reject(Reason.UNKNOWN_TOPIC, f"{where}: no meter in force at {time:%FT%TZ}{advice}")


def _is_of(item: Item, channel: str) -> bool:
    """Whether an item is of the meter registered with that channel.

    A device that names its channel has more than one, perhaps in messages of their own: a meter that names none
    would be given them all in turn. Of several meters on one line each names its number as channel, and is then
    given what that meter says alone.
    """
    number, _, part = channel.partition(":")
    if item.serial and _is_number(number):
        return number == item.serial and part == item.channel
    return item.channel in ("", channel)


def _is_number(channel: str) -> bool:
    """Whether a channel is a meter's number as it stands on its plate."""
    return len(channel) in _NUMBER_LENGTHS and all(digit in hexdigits for digit in channel)
