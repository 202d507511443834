"""wmbusmeters: telegrams of wireless M-Bus meters (EN 13757) as the JSON it hands to a shell command.

Source: wmbusmeters, README ("timestamp in the json output is in UTC"), `meters.cc` (`media`, `meter`, `name`, `id`
first, `timestamp` of reception last, NaN as null) and `wmbus.cc`, `mediaTypeJSON`. A field's name ends in its unit.
Of heat meters the energy is the register: their volume is the water that carried it, and nobody's use of water. What
heat cost allocators count has no unit. Values of set days, tariffs and phases are parts of the total or older.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from campus.ports import Reason
from campus.readings import Kind, Reject
from ingest.payload import Format, Item, Message, number, parse_json, parse_time, shown, text

_UNITS = {"_kwh": "kWh", "_gj": "GJ", "_m3": "m³"}
# Of several fields of one register the first is read, since it is finer: a driver writes them together.
_ENERGY = ("total_energy_consumption_kwh", "total_kwh", "total_heating_kwh", "total_gj")
_VOLUME = ("total_m3",)
_EXPORTED = "total_energy_production_kwh"
# medium -> (quantity, fields that are its register)
_MEDIA: dict[str, tuple[str, tuple[str, ...]]] = {
    "electricity": ("", ("total_energy_consumption_kwh",)),
    "gas": ("gas", _VOLUME),
    **dict.fromkeys(("heat", "heat volume at inlet", "heat/cooling load"), ("heat", _ENERGY)),
    **dict.fromkeys(("water", "cold water", "warm water", "hot water", "hot/cold water"), ("water", _VOLUME)),
}
# A pulse or radio converter does not know what it reads: whoever registers it does.
_ANY_MEDIUM = ("", ("total_m3", "total_energy_consumption_kwh"))
_NO_METERS = ("heat cost allocation", "heat cost allocator", "smoke detector", "room sensor", "gas detector")
_UNREADABLE = "DECODING_ERROR"  # what the status says of a telegram that could not be decrypted or parsed


def decode(message: Message) -> list[Item | Reject]:
    """Return the register of a meter, and what it exported; telegrams of sensors and allocators hold none."""
    body = parse_json(message.payload)
    if isinstance(body, Reject):
        return [body]
    if not isinstance(body, dict):
        return [Reject(Reason.UNDECODABLE, "a telegram is an object")]
    medium, meter_id = body.get("media"), text(body.get("id"))
    if not isinstance(medium, str) or not meter_id or "meter" not in body:
        return [Reject(Reason.NO_READING, "not a telegram of wmbusmeters: it says no media, meter and id")]
    for status in ("status", "current_status"):
        if _UNREADABLE in text(body.get(status)):
            return [
                Reject(Reason.UNDECODABLE, f"{status} is {shown(body[status])}: check the meter's key and driver")
            ]
    time = parse_time(body["timestamp"]) if body.get("timestamp") is not None else None
    if isinstance(time, Reject):
        return [time]
    items = [_item(field, body[field], quantity) for field, quantity in _fields(medium, body)]
    return [
        Reject(item.reason, item.detail, position)
        if isinstance(item, Reject)
        else Item(item.value, item.kind, time, item.quantity, item.unit, meter_id, serial=meter_id)
        for position, item in enumerate(items)
    ]


def _fields(medium: str, body: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the fields that are registers, each with its quantity."""
    if medium in _NO_METERS:
        return []
    quantity, fields = _MEDIA.get(medium, _ANY_MEDIUM)
    found = [(field, quantity) for field in fields if field in body][:1]
    return found + ([(_EXPORTED, "electricity_export")] if medium == "electricity" and _EXPORTED in body else [])


def _item(field: str, raw: Any, quantity: str) -> Item | Reject:
    value = number(raw)
    if value is None:
        return Reject(Reason.NOT_A_NUMBER, f"{field} is {shown(raw)}")
    return Item(value, Kind.REGISTER, None, quantity, _unit(field))


def _unit(field: str) -> str:
    return next(unit for suffix, unit in _UNITS.items() if field.endswith(suffix))


def encode(items: Sequence[Item]) -> bytes:
    """Return the telegram of one meter at one time; raises ValueError for what no medium has."""
    first = items[0]
    if any((item.channel, item.serial, item.time) != (first.channel, first.channel, first.time) for item in items):
        raise ValueError("one telegram is of one meter, by its id, at one time")
    medium = next((m for m, (quantity, _) in _MEDIA.items() if quantity == first.quantity), "electricity")
    body: dict[str, Any] = {"media": medium, "meter": "auto", "name": first.channel, "id": first.channel}
    for item in items:
        fields = [_EXPORTED] if item.quantity == "electricity_export" else _MEDIA[medium][1]
        body[next((field for field in fields if _unit(field) == item.unit), "")] = item.value
    if "" in body:
        raise ValueError(f"a meter of {medium} has no such unit")
    if first.time is not None:
        body["timestamp"] = first.time.isoformat().replace("+00:00", "Z")
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def base(topic: str) -> str | None:
    """Return the topic itself: the shell command that publishes chooses it."""
    return topic


FORMAT = Format(
    name="wmbusmeters",
    summary="wmbusmeters telegrams (wireless M-Bus water, heat, gas and electricity meters)",
    example_topic="wmbusmeters/18444343",
    example_payload=b'{"media":"water","meter":"izar","name":"dormitory-2","id":"18444343","total_m3":471.325,'
    b'"current_alarms":"no_alarm","timestamp":"2026-11-22T00:15:00Z"}',
    base=base,
    decode=decode,
    encode=encode,
)
