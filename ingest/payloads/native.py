"""The pipeline's own JSON: one reading, several registers, an interval, or a batch of these."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from campus.ports import Reason
from campus.readings import Kind, Quality, Reject
from campus.schema import to_ms
from ingest.payload import (
    MILLISECONDS_FROM,
    Format,
    Item,
    Message,
    Registers,
    number,
    parse_json,
    parse_time,
    shown,
    text,
)

_KINDS = {"register": Kind.REGISTER, "gauge": Kind.GAUGE}
_QUALITIES = {quality.value: quality for quality in Quality}


def decode(message: Message) -> list[Item | Reject]:
    """Return the items of a payload, one per value; an entry that cannot be read is a Reject at its place."""
    body = parse_json(message.payload)
    if isinstance(body, Reject):
        return [body]
    entries = body.get("readings", [body]) if isinstance(body, dict) else body
    if not isinstance(entries, list) or not entries:
        return [Reject(Reason.NO_READING, "neither a reading nor a list of readings")]
    items: list[Item | Reject] = []
    for entry in entries:
        items.extend(_entry(entry, len(items)))
    return items


def _entry(entry: Any, position: int) -> list[Item | Reject]:
    if not isinstance(entry, dict):
        return [Reject(Reason.NO_READING, "a reading must be an object", position)]
    if "used" in entry:
        return [_placed(_interval(entry), position)]
    time = parse_time(entry["time"]) if entry.get("time") is not None else None
    if isinstance(time, Reject):
        return [_placed(time, position)]
    registers = entry.get("registers")
    if isinstance(registers, dict) and registers:
        return [
            _placed(_value(entry, time, Kind.REGISTER, value, quantity), position + offset)
            for offset, (quantity, value) in enumerate(registers.items())
        ]
    for key, kind in _KINDS.items():
        if key in entry:
            return [_placed(_value(entry, time, kind, entry[key], text(entry.get("quantity"))), position)]
    return [Reject(Reason.NO_READING, "holds none of register, registers, used, gauge", position)]


def _interval(entry: dict[str, Any]) -> Item | Reject:
    start, end = parse_time(entry.get("start")), parse_time(entry.get("end"))
    for time in (start, end):
        if isinstance(time, Reject):
            return time
    assert isinstance(start, datetime) and isinstance(end, datetime)
    if end <= start:
        return Reject(Reason.BAD_TIME, f"interval ends at {end:%FT%TZ}, not after its start")
    item = _value(entry, start, Kind.INTERVAL, entry["used"], text(entry.get("quantity")))
    if isinstance(item, Reject):
        return item
    return Item(
        item.value, item.kind, start, item.quantity, item.unit, item.channel, end - start, item.serial, item.quality
    )


def _value(entry: dict[str, Any], time: datetime | None, kind: Kind, raw: Any, quantity: str) -> Item | Reject:
    value = number(raw)
    if value is None:
        return Reject(Reason.NOT_A_NUMBER, f"{shown(raw)} is not a number")
    quality = _QUALITIES.get(text(entry.get("quality")), Quality.GOOD)
    return Item(
        value,
        kind,
        time,
        quantity,
        text(entry.get("unit")),
        text(entry.get("channel")),
        serial=text(entry.get("serial")),
        quality=quality,
    )


def _placed(item: Item | Reject, position: int) -> Item | Reject:
    return Reject(item.reason, item.detail, position) if isinstance(item, Reject) else item


_DECODER = json.JSONDecoder()
_TOLD = frozenset({"time", "register", "unit", "quantity", "serial"})
_TIME_AND_REGISTER = ("time", "register")
_NUMBERS = frozenset({int, float})


def plain(payload: bytes) -> Registers | None:
    """Return the counter readings of a payload whose entries all name the same things in the same order."""
    try:
        body, end = _DECODER.raw_decode(said := payload.decode())
        if end != len(said):
            return None
        entries = body.get("readings", body) if type(body) is dict else body
        return _one(body) if entries is body and type(body) is dict else _alike(entries)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError):
        return None


def _one(entry: dict[str, Any]) -> Registers | None:
    """Return a single reading as columns. It may raise where it is not what it seems: then `decode` says why."""
    value = entry["register"]
    if not _TOLD.issuperset(entry) or type(value) not in _NUMBERS:
        return None
    unit, quantity, serial = entry.get("unit", ""), entry.get("quantity", ""), entry.get("serial", "")
    if not type(unit) is type(quantity) is type(serial) is str:
        return None
    return Registers(_times_ms((entry["time"],)), [float(value)], unit, quantity, serial)


def _alike(entries: list[dict[str, Any]]) -> Registers | None:
    """Return entries as columns, likewise."""
    first = entries[0]
    if type(entries) is not list or _one(first) is None or len(set(map(tuple, entries))) > 1:
        return None
    rest = {name: said for name, said in first.items() if name not in _TIME_AND_REGISTER}
    if not all({entry[name] for entry in entries} == {said} for name, said in rest.items()):
        return None
    times, values = ([entry[name] for entry in entries] for name in _TIME_AND_REGISTER)
    if not _NUMBERS.issuperset(map(type, values)):
        return None
    return Registers(_times_ms(times), list(map(float, values)), **rest)


def _times_ms(times: Sequence[Any]) -> list[int]:
    if type(times[0]) is int and set(map(type, times)) == {int} and min(times) >= MILLISECONDS_FROM:
        return list(times)
    return list(map(to_ms, map(datetime.fromisoformat, times)))


def encode(items: Sequence[Item]) -> bytes:
    """Return the payload of items: a single object for one, `{"readings": [...]}` for more."""
    entries = [entry(item) for item in items]
    body = entries[0] if len(entries) == 1 else {"readings": entries}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def entry(item: Item) -> dict[str, Any]:
    """Return an item as one reading of the format, to be written as JSON."""
    said: dict[str, Any] = {}
    if item.kind is Kind.INTERVAL:
        assert item.time is not None
        said |= {"start": _iso(item.time), "end": _iso(item.time + item.duration), "used": item.value}
    else:
        if item.time is not None:
            said["time"] = _iso(item.time)
        said["register" if item.kind is Kind.REGISTER else "gauge"] = item.value
    named = (("quantity", item.quantity), ("unit", item.unit), ("channel", item.channel), ("serial", item.serial))
    said |= {key: text for key, text in named if text}
    if item.quality is not Quality.GOOD:
        said["quality"] = item.quality.value
    return said


def _iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def base(topic: str) -> str | None:
    """Return the topic itself: a native meter speaks on the topic it is registered under."""
    return topic


FORMAT = Format(
    name="native",
    summary="JSON with time and register; several registers, intervals and batches too",
    example_topic="campus/demo/teaching-main",
    example_payload=b'{"time":"2026-11-22T08:15:00+08:00","register":8123.4,"unit":"kWh","serial":"A123"}',
    base=base,
    decode=decode,
    encode=encode,
    plain=plain,
)
