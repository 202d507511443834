"""Zigbee2MQTT: the counters among a device's properties, as one object or (output: attribute) a topic each.

Sources: zigbee-herdsman-converters, `lib/exposes.ts`, `lib/modernExtend.ts` and `lib/tuya.ts` (properties and their
units) and `fromZigbee.ts`, `metering` (names with an endpoint behind); Zigbee2MQTT documentation, "MQTT topics and
messages" and configuration, `advanced.last_seen`. `water_consumed` is in m³ from some devices and in litres from
others, and the payload does not say: it is read in the registered unit. `volume` is the loudness of sirens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from campus.ports import Reason
from campus.readings import Kind, Reject
from ingest.payload import Format, Item, Message, number, parse_json, parse_time, shown

_EXPORT = "electricity_export"


class _Counter(NamedTuple):
    """What a property counts: an empty quantity or unit is the registered one."""

    quantity: str
    unit: str
    channel: str


_COUNTERS = {
    "energy": _Counter("", "kWh", "energy"),
    "produced_energy": _Counter(_EXPORT, "kWh", "energy"),
    "energy_produced": _Counter(_EXPORT, "kWh", "energy"),
    "active_energy": _Counter("", "kWh", "active_energy"),
    "reverse_energy": _Counter(_EXPORT, "kWh", "reverse_energy"),
    "energy_wh": _Counter("", "Wh", "energy_wh"),
    "consumed_energy": _Counter("", "Wh", "consumed_energy"),
    "water_consumed": _Counter("water", "", "water_consumed"),
    "water_total": _Counter("water", "L", "water_total"),
    "gas": _Counter("gas", "m³", "gas"),
    "cumulative_heat": _Counter("heat", "kWh", "cumulative_heat"),
}
_ENDPOINT = re.compile(
    r"(energy|produced_energy|gas|water_consumed)_(l?[1-9]|left|right|center|top|bottom|phase_[abc]|[abcd])"
)
_NOT_DEVICES = ("availability", "set", "get")


def base(topic: str) -> str | None:
    """Return the topic itself, for topics below one named zigbee2mqtt…; of the bridge and of commands none."""
    levels = topic.split("/")
    root = next((at for at, level in enumerate(levels) if level.startswith("zigbee2mqtt")), None)
    if root is None or len(levels) < root + 2 or levels[root + 1] == "bridge" or levels[-1] in _NOT_DEVICES:
        return None
    return topic


def decode(message: Message) -> list[Item | Reject]:
    """Return the counters of a device; states without any, such as of a lamp, hold none."""
    body = parse_json(message.payload)
    if isinstance(body, Reject):
        return [body]
    if not isinstance(body, dict):
        name = message.topic.rpartition("/")[2]
        if _counter(name) is None:
            return [Reject(Reason.UNDECODABLE, f"{shown(body)} is neither an object nor a counter's topic")]
        body = {name: body}
    # A gas detector's alarm has a gas meter's name, and a property nobody has reported yet is null.
    counters = {name: raw for name, raw in body.items() if _counter(name) and not isinstance(raw, bool)}
    if "cumulative_heat" in counters:
        counters.pop("water_consumed", None)  # of a heat meter: the water that carried it
    if not counters:
        return []
    time = parse_time(body["last_seen"]) if body.get("last_seen") is not None else None
    if isinstance(time, Reject):
        return [time]
    if all(raw is None for raw in counters.values()):
        return [Reject(Reason.NOT_A_NUMBER, f"{next(iter(counters))} is null: not reported by the device")]
    known = [(name, raw) for name, raw in counters.items() if raw is not None]
    return [_item(name, raw, time, position) for position, (name, raw) in enumerate(known)]


def _counter(name: str) -> _Counter | None:
    if (plain := _COUNTERS.get(name)) is not None:
        return plain
    if (parts := _ENDPOINT.fullmatch(name)) is None:
        return None
    quantity, unit, channel = _COUNTERS[parts[1]]
    return _Counter(quantity, unit, f"{channel}_{parts[2]}")


def _item(name: str, raw: Any, time: datetime | None, position: int) -> Item | Reject:
    value, counter = number(raw), _counter(name)
    if value is None or counter is None:
        return Reject(Reason.NOT_A_NUMBER, f"{name} is {shown(raw)}", position)
    return Item(value, Kind.REGISTER, time, counter.quantity, counter.unit, counter.channel)


def encode(items: Sequence[Item]) -> bytes:
    """Return the object of a device's counters at one time; raises ValueError for what has no property."""
    time = items[0].time
    if any(item.time != time for item in items):
        raise ValueError("one message carries one time")
    body: dict[str, Any] = {_property(item): item.value for item in items}
    if time is not None:
        body["last_seen"] = time.isoformat()
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()


def _property(item: Item) -> str:
    for name in (item.channel, f"produced_{item.channel}"):
        if _counter(name) == (item.quantity, item.unit, item.channel):
            return name
    raise ValueError(
        f"no property of a device is {item.quantity or 'a counter'} in {item.unit!r} on {item.channel!r}"
    )


FORMAT = Format(
    name="zigbee2mqtt",
    summary="Zigbee2MQTT devices (energy, water, gas and heat counters)",
    example_topic="zigbee2mqtt/canteen oven",
    example_payload=b'{"energy":80.747,"linkquality":255,"power":12,"state":"ON","last_seen":"2026-11-22T00:15:00Z"}',
    base=base,
    decode=decode,
    encode=encode,
    channels=("energy", "energy_l1", "water_consumed", "gas", "cumulative_heat"),
)
