"""HomeWizard measurements as a bridge publishes them: API v1 (/api/v1/data) and v2 (/api/measurement).

Source: api-documentation.homewizard.com, "Recent Measurement" of v1 and v2. All values are optional; `null` is none.
The device says no time of its own with an offset (v2, "Timestamps": "without timezone information as this is not
provided by the device"), so its own counters stand at their arrival. The meters behind a P1 port (`external`, `gas`)
are read up to an hour earlier at a local time nobody can place: they wait, and the telegram (format dsmr_p1) has them
with their offset. The value per tariff is a part of the total, and stands in for it in old firmware alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from campus.ports import Reason
from campus.readings import Kind, Reject
from ingest.payload import Format, Item, Message, number, parse_json, parse_time, shown, text

_ELECTRICITY, _WATER = "electricity", "water"
# total -> (its parts by tariff, quantity); v1, then v2
_TOTALS = {
    "total_power_import_kwh": ("total_power_import_t{}_kwh", ""),
    "total_power_export_kwh": ("total_power_export_t{}_kwh", "electricity_export"),
    "energy_import_kwh": ("energy_import_t{}_kwh", ""),
    "energy_export_kwh": ("energy_export_t{}_kwh", "electricity_export"),
}
_TARIFFS = range(1, 5)
_WATER_TOTAL = "total_liter_m3"
_P1 = ("smr_version", "protocol_version", "meter_model")  # what a P1 meter alone says
_GAS = "gas_meter"
_EXTERNAL = {
    _GAS: "gas",
    "water_meter": "water",
    "warm_water_meter": "water",
    "heat_meter": "heat",
    "inlet_heat_meter": "heat",
}
_OF_A_DEVICE = ("wifi_ssid", "product_type", *_P1)
_ADVICE = "publish /api/v1/telegram (v2: /api/telegram) and register format dsmr_p1"


def decode(message: Message) -> list[Item | Reject]:
    """Return the counters of a measurement; an answer without any (a P1 meter whose cable is out) holds none."""
    body = parse_json(message.payload)
    if isinstance(body, Reject):
        return [body]
    if not isinstance(body, dict):
        return [Reject(Reason.UNDECODABLE, "a measurement is an object")]
    items = [
        Reject(item.reason, item.detail, position) if isinstance(item, Reject) else item
        for position, item in enumerate(_counters(body))
    ]
    if items or any(key in body for key in (*_OF_A_DEVICE, "external")):
        return items
    return [
        Reject(Reason.NO_READING, f"holds no counter; it says {', '.join(map(shown, list(body)[:4])) or 'nothing'}")
    ]


def _counters(body: dict[str, Any]) -> Iterator[Item | Reject]:
    serial = text(body.get("unique_id"))
    for total, (part, quantity) in _TOTALS.items():
        counter = _total(body, total, part)
        if isinstance(counter, Reject):
            yield counter
        elif counter is not None:
            yield Item(counter, Kind.REGISTER, None, quantity, "kWh", _ELECTRICITY, serial=serial)
    if (raw := body.get(_WATER_TOTAL)) is not None:
        value = _number(_WATER_TOTAL, raw)
        yield value if isinstance(value, Reject) else Item(value, Kind.REGISTER, None, "water", "m³", _WATER)
    external = body.get("external") or []
    if not isinstance(external, list):
        yield Reject(Reason.NO_READING, f"external is {shown(external)}, not a list")
        external = []
    for meter in external:
        yield _external(meter)
    told = any(isinstance(meter, dict) and meter.get("type") == _GAS for meter in external)
    if body.get("total_gas_m3") is not None and not told:
        yield _external(_first_gas_meter(body))


def _total(body: dict[str, Any], total: str, part: str) -> float | Reject | None:
    """Return the total [kWh], of old firmware the sum of its tariffs; None where there is none."""
    if body.get(total) is not None:
        return _number(total, body[total])
    parts = {name: body[name] for name in map(part.format, _TARIFFS) if body.get(name) is not None}
    if not parts:
        return None
    # A P1 meter has at least two tariffs: one alone is a telegram cut short, and would be a fall of the counter.
    if len(parts) < 2 and any(key in body for key in _P1):
        return Reject(Reason.NO_READING, f"{total} is missing, and so are tariffs: only {', '.join(parts)} is there")
    values = [_number(name, raw) for name, raw in parts.items()]
    refused = next((value for value in values if isinstance(value, Reject)), None)
    # Meters count in thousandths: more digits are an artefact of adding binary fractions.
    return refused or round(sum(value for value in values if not isinstance(value, Reject)), 3)


def _number(name: str, raw: Any) -> float | Reject:
    value = number(raw)
    return Reject(Reason.NOT_A_NUMBER, f"{name} is {shown(raw)}") if value is None else value


def _first_gas_meter(body: dict[str, Any]) -> dict[str, Any]:
    """Return v1's older way to say the first gas meter as an entry of `external`."""
    serial = body.get("gas_unique_id", body.get("unique_gas_id", "-"))
    return {
        "unique_id": serial,
        "type": _GAS,
        "timestamp": body.get("gas_timestamp"),
        "value": body["total_gas_m3"],
        "unit": "m3",
    }


def _external(meter: Any) -> Item | Reject:
    if not isinstance(meter, dict):
        return Reject(Reason.NO_READING, f"an external meter must be an object, not {shown(meter)}")
    missing = [key for key in ("unique_id", "type", "timestamp", "value", "unit") if meter.get(key) is None]
    if missing:
        return Reject(Reason.NO_READING, f"an external meter does not say its {', '.join(missing)}")
    kind, serial = text(meter["type"]), text(meter["unique_id"])
    if kind not in _EXTERNAL:
        return Reject(Reason.UNKNOWN_QUANTITY, f"what an external meter of type {shown(kind)} measures is not known")
    value = _number(f"value of {kind}", meter["value"])
    if isinstance(value, Reject):
        return value
    time = parse_time(meter["timestamp"]) if isinstance(meter["timestamp"], str) else None
    if time is None or isinstance(time, Reject):
        when = shown(meter["timestamp"])
        return Reject(Reason.NO_TIME_ZONE, f"time {when} of the {kind} is local and has no offset: {_ADVICE}")
    return Item(value, Kind.REGISTER, time, _EXTERNAL[kind], text(meter["unit"]), f"{kind}:{serial}", serial=serial)


def encode(items: Sequence[Item]) -> bytes:
    """Return a v1 measurement of the device's own counters; raises ValueError for others."""
    keys = {(quantity, "kWh", _ELECTRICITY): total for total, (_, quantity) in [*_TOTALS.items()][:2]}
    keys |= {("water", "m³", _WATER): _WATER_TOTAL}
    body: dict[str, Any] = {}
    for item in items:
        key = keys.get((item.quantity, item.unit, item.channel))
        if key is None or item.time is not None:
            raise ValueError("a measurement holds electricity in kWh and water in m³, without their time")
        body |= {key: item.value} | ({"unique_id": item.serial} if item.serial else {})
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()


def base(topic: str) -> str | None:
    """Return the topic itself: which one a bridge publishes on is its own choice."""
    return topic


FORMAT = Format(
    name="homewizard",
    summary="HomeWizard P1, kWh, socket, water and battery measurements (API v1 and v2)",
    example_topic="homewizard/gym",
    example_payload=b'{"wifi_ssid":"school","total_power_import_kwh":2940.101,"total_power_export_kwh":0}',
    base=base,
    decode=decode,
    encode=encode,
    channels=(_ELECTRICITY, _WATER),
)
