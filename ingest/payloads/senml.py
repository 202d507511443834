"""SenML (RFC 8428) in JSON and CBOR: each record's value is a counter or a level, by its unit.

A record names its sensor (`bn` + `n`): that is the channel. `v` in kWh, Wh, J, m3 or l is a counter; in W, kW, l/s,
m3/s or Cel a level. A sum (`s`) is the integral of the unit over seconds (section 4.3), so a counter only where that
is an energy or a volume. Units of section 12.1 and RFC 8798 that no meter register has are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from campus.ports import Reason
from campus.readings import Kind, Quality, Reject
from campus.units import KNOWN_UNITS
from ingest.payload import Format, Item, Message, number, shown
from ingest.senml import Record, resolved

ABSOLUTE_FROM_S = 2**28  # section 4.5.3: smaller times are relative to now
_COUNTERS = {"kWh": "kWh", "Wh": "Wh", "J": "J", "m3": "m³", "l": "L"}
_LEVELS = {"W": "W", "kW": "kW", "l/s": "L/s", "m3/s": "m³/s", "Cel": "°C"}
_INTEGRALS = {"W": "Ws", "kW": "kJ", "l/s": "L", "m3/s": "m³"}
_OTHER_UNITS = (  # RFC 8428, section 12.1, and RFC 8798, tables 1 and 2: of no meter register
    "m kg g s A K cd mol Hz rad sr N Pa C V F Ohm S Wb T H lm lx Bq Gy Sv kat m2 m/s m/s2 W/m2 cd/m2 bit bit/s lat"
    " lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min beat/min beats S/m B VA VAs var vars J/m kg/m3 deg NTU ms min"
    " h MHz kVA kvar Ah varh kvarh kVAh Wh/km KiB GB Mbit/s B/s MB/s mV mA dBm ug/m3 mm/h m/h ppm /100 /1000 hPa mm"
    " cm km km/h"
)
_PASSED_OVER = frozenset(_OTHER_UNITS.split())


def decode(message: Message) -> list[Item | Reject]:
    """Return the counters and levels of a pack, one per record that holds one."""
    items: list[Item | Reject] = []
    for record in resolved(message.payload):
        item = record if isinstance(record, Reject) else _item(record, message)
        if item is not None:
            items.append(Reject(item.reason, item.detail, len(items)) if isinstance(item, Reject) else item)
    return items


def _item(record: Record, message: Message) -> Item | Reject | None:
    named = record.get("bn", ""), record.get("n", "")
    unit = record.get("u", record.get("bu", ""))
    if not isinstance(unit, str) or not all(isinstance(part, str) for part in named) or not any(named):
        return Reject(Reason.NO_READING, "a record has a name (bn, n) and a unit (bu, u) that are text")
    measured = _measured(record, unit)
    if measured is None or isinstance(measured, Reject):
        return measured
    value, kind, kept_unit = measured
    time = _time(record, message)
    if isinstance(time, Reject):
        return time
    quality = Quality.ARRIVAL if time is not None and _seconds(record) < ABSOLUTE_FROM_S else Quality.GOOD
    return Item(value, kind, time, unit=kept_unit, channel="".join(named), quality=quality)


def _measured(record: Record, unit: str) -> tuple[float, Kind, str] | Reject | None:
    """Return value, kind and unit; None for what is no meter's: other units, texts, switches."""
    if unit in _PASSED_OVER:
        return None
    summed = "s" in record or "bs" in record
    if summed and unit in _INTEGRALS:
        return _sum(record, ("bs", "s"), Kind.REGISTER, _INTEGRALS[unit])
    if "v" in record or ("bv" in record and not record.keys() & {"vs", "vb", "vd", "s"}):
        return _value(record, unit)
    if summed:
        doubt = f"?a sum counts {unit or 'an unnamed unit'} times seconds (RFC 8428, 4.3): send the counter as v"
        return _sum(record, ("bs", "s"), Kind.REGISTER, doubt)
    if unit and record.keys() & {"vs", "vb", "vd"}:
        return Reject(Reason.NOT_A_NUMBER, f"a value in {unit[:20]} must be a number (v)")
    return None


def _value(record: Record, unit: str) -> tuple[float, Kind, str] | Reject:
    kept = (_COUNTERS | _LEVELS).get(unit, unit)
    # Of units outside the registry those are read that have one meaning only ("C" is SenML's coulomb).
    if kept and kept not in KNOWN_UNITS:
        return Reject(Reason.UNKNOWN_UNIT, f"unit {shown(unit)} is not in SenML's registry")
    level = kept in ("W", "kW", "°C") or "/" in kept
    return _sum(record, ("bv", "v"), Kind.GAUGE if level else Kind.REGISTER, kept)


def _sum(record: Record, labels: tuple[str, str], kind: Kind, unit: str) -> tuple[float, Kind, str] | Reject:
    """Add base and own value (section 4.5.4: a missing one is zero); both must be numbers."""
    parts = [number(record[label]) for label in labels if label in record]
    if None in parts or number(total := sum(part for part in parts if part is not None)) is None:
        told = ", ".join(f"{label} = {shown(record[label])}" for label in labels if label in record)
        return Reject(Reason.NOT_A_NUMBER, f"{told} is no number")
    return total, kind, unit


def _seconds(record: Record) -> float:
    """Return bt + t [s]; NaN where either is no number."""
    parts = [number(record[label]) for label in ("bt", "t") if label in record]
    return sum(float("nan") if part is None else part for part in parts)


def _time(record: Record, message: Message) -> datetime | Reject | None:
    """Return when the value was taken: absolute, or so many seconds before its arrival; None for "now"."""
    seconds = _seconds(record)
    if seconds == 0:
        return None
    if 0 < seconds < ABSOLUTE_FROM_S:
        return Reject(Reason.BAD_TIME, f"a value cannot be taken {seconds:g} s after now")
    if seconds < 0 and message.retained:
        return Reject(Reason.BAD_TIME, "kept by the broker, with a time relative to now: its age is unknown")
    try:
        if seconds < 0:
            return message.arrived + timedelta(seconds=seconds)
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return Reject(Reason.BAD_TIME, f"time {shown(seconds)} s is out of range")


_LABELS = {kept: unit for unit, kept in (_COUNTERS | _LEVELS).items()} | {"": ""}


def encode(items: Sequence[Item]) -> bytes:
    """Return a JSON pack of named items in registered units; raises ValueError for others."""
    if any(item.unit not in _LABELS or not item.channel or item.kind is Kind.INTERVAL for item in items):
        raise ValueError("a SenML record has a name, a unit of the registry, and is a counter or a level")
    records = [
        {"n": item.channel}
        | ({"u": _LABELS[item.unit]} if item.unit else {})
        | {"v": item.value}
        | ({"t": item.time.timestamp()} if item.time else {})
        for item in items
    ]
    return json.dumps(records, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def base(topic: str) -> str | None:
    """Return the topic itself: a pack names its sensors inside."""
    return topic


FORMAT = Format(
    name="senml",
    summary="SenML (RFC 8428) packs in JSON or CBOR",
    example_topic="campus/demo/senml",
    example_payload=b'[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1795306500,"n":"energy","u":"kWh","v":8123.4}]',
    base=base,
    decode=decode,
    encode=encode,
)
