"""Registers of Modbus devices as a gateway reads them, by a map that says what they mean (`ingest/modbus_map.py`).

A dump is JSON: {"map": "eastron-sdm", "slave": 1, "function": 4, "start": 72, "registers": [17530, 8192]}, with
`registers` by address too ({"72": 17530, …}), or `data` (their bytes in hex) or `frame` (an answer with its CRC)
instead, `time` where the gateway has one, or a list of such. A bare answer or exchange of Modbus RTU is read too,
raw or in hex. Where a dump names no map, a level of the topic does: campus/north/eastron-sdm/up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from campus.ports import Reason
from campus.readings import Kind, Reject
from campus.units import QUANTITIES
from ingest.frames import Wire, is_json, numbered, unhex, wires
from ingest.modbus_dump import LARGEST_ADDRESS, LARGEST_SLAVE, Dump, registers, whole
from ingest.modbus_map import FUNCTIONS, Map, Point, Read, number, scaled, shipped, starts
from ingest.modbus_rtu import Answer, answers, exception
from ingest.payload import Format, Item, Message, parse_json, parse_time, shown

_SHOWN_MAPS = 8


def reading(maps: Callable[[], Mapping[str, Map]]) -> Format:
    """Return the format as it reads by the given maps."""
    return Format(
        name="modbus",
        summary="registers of Modbus devices, read by a gateway, with a map that says what they mean",
        example_topic="campus/demo/gateway-3/up",
        example_payload=b'{"map":"eastron-sdm","slave":1,"function":4,"start":72,"registers":[17530,8192]}',
        base=base,
        decode=lambda message: decode(message, maps()),
    )


def base(topic: str) -> str | None:
    """Return the topic itself: a gateway is registered under the topic it publishes on."""
    return topic


def decode(message: Message, maps: Mapping[str, Map]) -> list[Item | Reject]:
    """Return the points of the map that a message's registers hold; a device's channel begins with its address."""
    named = sorted({level for level in message.topic.split("/") if level in maps})
    of_topic = maps[named[0]] if len(named) == 1 else None
    if is_json(message.payload):
        body = parse_json(message.payload)
        if isinstance(body, Reject):
            return [body]
        entries = body if isinstance(body, list) and body else [body]
        return numbered(item for entry in entries for item in _entry(entry, of_topic, maps))
    return numbered(item for wire in wires(message.payload) for item in _bare(wire, of_topic, maps))


def _bare(wire: Wire | Reject, of_topic: Map | None, maps: Mapping[str, Map]) -> Iterator[Item | Reject]:
    if isinstance(wire, Reject):
        yield wire
        return
    for answer in answers(wire.data):
        if isinstance(answer, Reject):
            yield answer
        elif of_topic is None:
            yield _no_map(maps)
        else:
            yield from _answered(answer, of_topic, None, wire.time)


def _no_map(maps: Mapping[str, Map], said: Any = None) -> Reject:
    known = ", ".join(sorted(maps)[:_SHOWN_MAPS])
    why = "neither the dump nor a level of the topic names a map" if said is None else f"no map {shown(said)}"
    return Reject(Reason.NO_READING, f"{why}: known are {known}; further ones are put into config/modbus")


def _answered(answer: Answer, by: Map, start: int | None, time: datetime | None) -> Iterator[Item | Reject]:
    first = answer.start if answer.start is not None else start
    if first is None:
        possible = starts(by.reads, answer.slave, answer.function, len(answer.words))
        if len(possible) != 1:
            many = "several reads" if possible else "no read"
            detail = f"the answer does not say where it begins, and map {by.name} has {many} of {len(answer.words)}"
            yield Reject(Reason.NO_READING, f"{detail} registers: send start, or the request too")
            return
        first = possible[0]
    yield from _points(Dump(dict(enumerate(answer.words, first)), answer.slave, answer.function, time), by)


def _entry(entry: Any, of_topic: Map | None, maps: Mapping[str, Map]) -> Iterator[Item | Reject]:
    if not isinstance(entry, dict):
        yield Reject(Reason.NO_READING, "a dump must be an object with registers, data or frame")
        return
    said = entry.get("map")
    by = of_topic if said is None else maps.get(said) if isinstance(said, str) else None
    time = parse_time(entry["time"]) if entry.get("time") is not None else None
    if by is None:
        yield _no_map(maps, said)
    elif isinstance(time, Reject):
        yield time
    elif entry.get("exception") is not None:
        code = whole(entry["exception"], LARGEST_SLAVE)
        yield Reject(Reason.UNDECODABLE, "exception must be its code") if code is None else exception(code)
    else:
        yield from _dumped(entry, by, time)


def _dumped(entry: dict[str, Any], by: Map, time: datetime | None) -> Iterator[Item | Reject]:
    limits = {"slave": LARGEST_SLAVE, "function": max(FUNCTIONS), "start": LARGEST_ADDRESS}
    facts = {key: whole(entry[key], most) for key, most in limits.items() if entry.get(key) is not None}
    wrong = next((key for key, value in facts.items() if value is None), None)
    if wrong is not None or facts.get("function", FUNCTIONS[0]) not in FUNCTIONS:
        yield Reject(Reason.UNDECODABLE, f"{wrong or 'function'} cannot be {shown(entry[wrong or 'function'])}")
        return
    start = facts.get("start")
    if entry.get("frame") is not None:
        data = unhex(entry["frame"])
        for answer in [data] if isinstance(data, Reject) else answers(data):
            yield from [answer] if isinstance(answer, Reject) else _answered(answer, by, start, time)
        return
    words = registers(entry, start)
    if isinstance(words, Reject):
        yield words
    else:
        yield from _points(Dump(words, facts.get("slave"), facts.get("function"), time), by)


def _points(dump: Dump, by: Map) -> Iterator[Item | Reject]:
    spaces = {point.function for point in by.points}
    if dump.function is None and len(spaces) > 1:
        yield Reject(Reason.NO_READING, f"map {by.name} reads by functions 3 and 4: send function")
        return
    here = [
        point
        for point in by.points
        if dump.function in (None, point.function)
        and point.slave in (None, dump.slave)
        and any(address in dump.words for address in point.addresses)
    ]
    if not here and not any(_asks(read, dump) for read in by.reads):
        yield Reject(Reason.NO_READING, f"the registers hold no point of map {by.name}: check addresses and function")
    for point in here:
        yield _value(point, dump)


def _asks(read: Read, dump: Dump) -> bool:
    """Whether a dump is what the map says is asked for: without a point in it, it is passed over."""
    of_device = dump.function in (None, read.function) and read.slave in (None, dump.slave)
    return of_device and all(read.start <= address < read.start + read.count for address in dump.words)


def _value(point: Point, dump: Dump) -> Item | Reject:
    if not all(address in dump.words for address in point.addresses):
        return Reject(Reason.NO_READING, f"the registers hold a part of address {point.address} alone: read on")
    raw = number(point, [dump.words[address] for address in point.addresses])
    value = None if raw is None or raw == point.absent else scaled(raw, point.scale)
    if value is None or not math.isfinite(value):
        return Reject(Reason.NOT_A_NUMBER, f"address {point.address} holds no {point.type} that is a value")
    gauge = point.quantity in QUANTITIES and QUANTITIES[point.quantity].gauge
    device = "" if dump.slave is None else str(dump.slave)
    channel = ":".join(part for part in (device, point.channel) if part)
    return Item(value, Kind.GAUGE if gauge else Kind.REGISTER, dump.time, point.quantity, point.unit, channel)


FORMAT = reading(shipped)
