"""Sparkplug B payloads: metrics with their names or aliases, types, values and properties.

Source: Eclipse Sparkplug Specification 3.0.0, chapter 6, "Payloads": its protobuf schema, the data types and what
each is sent as, property sets, and the requirement payloads-propertyset-quality-value-value.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import NamedTuple

from ingest.protobuf import Malformed, Wire, fields

DOUBLE, BOOLEAN = 10, 11
_BITS = {1: 8, 2: 16, 3: 32, 4: 64, 5: 8, 6: 16, 7: 32, 8: 64}  # Int8 … Int64, UInt8 … UInt64
_SIGNED = range(1, 5)
_FLOATS = (9, DOUBLE)
_UNIT_KEYS = (
    "engunit",
    "unit",
    "units",
    "engineeringunit",
    "engineeringunits",
)  # as gateways call it, in small letters
_QUALITY, QUALITY_GOOD = "quality", 192  # 0 is bad, 500 is stale
COMPRESSED = "SPBV1.0_COMPRESSED"


class Meaning(NamedTuple):
    """What a birth says of a metric: its name, data type (0: unknown) and unit."""

    name: str
    kind: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as it was sent; `own` is its meaning where it tells it itself, without a birth."""

    name: str = ""
    alias: int | None = None
    time_ms: int | None = None
    kind: int = 0
    historical: bool = False
    null: bool = False
    unit: str | None = None
    quality: int = QUALITY_GOOD
    value: Wire | None = None

    @property
    def own(self) -> Meaning | None:
        """Return the meaning that a metric with a name, a type and properties carries along."""
        return Meaning(self.name, self.kind, self.unit) if self.name and self.kind and self.unit is not None else None


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload; `kind` is the text that marks a compressed one."""

    time_ms: int | None = None
    metrics: tuple[Metric, ...] = ()
    seq: int | None = None
    kind: str = ""


def parse(data: bytes) -> Payload:
    """Return the payload; raises `Malformed`."""
    payload, metrics = Payload(), []
    for field in fields(data):
        if field.number == 1:
            payload = replace(payload, time_ms=_whole(field))
        elif field.number == 2:
            metrics.append(_metric(_inner(field)))
        elif field.number == 3:
            payload = replace(payload, seq=_whole(field))
        elif field.number == 4:
            payload = replace(payload, kind=_text(field))
    return replace(payload, metrics=tuple(metrics))


def _metric(data: bytes) -> Metric:
    told: dict[int, Wire] = {}
    value = None
    for field in fields(data):
        if 10 <= field.number <= 19:
            value = field
        told[field.number] = field
    properties = _properties(_inner(told[9])) if 9 in told else None
    quality = (properties or {}).get(_QUALITY, QUALITY_GOOD)
    units = (str(value) for key, value in (properties or {}).items() if key in _UNIT_KEYS)
    return Metric(
        name=_text(told[1]) if 1 in told else "",
        alias=_whole(told[2]) if 2 in told else None,
        time_ms=_whole(told[3]) if 3 in told else None,
        kind=_whole(told[4]) if 4 in told else 0,
        historical=5 in told and bool(_whole(told[5])),
        null=7 in told and bool(_whole(told[7])),
        unit=None if properties is None else next(units, ""),
        quality=quality if isinstance(quality, int) else 0,
        value=value,
    )


def _properties(data: bytes) -> dict[str, str | int]:
    """Return the texts and whole numbers of a property set, by key in small letters."""
    keys, values = [], []
    for field in fields(data):
        if field.number == 1:
            keys.append(_text(field).lower())
        elif field.number == 2:
            values.append(_property(_inner(field)))
    if len(keys) != len(values):
        raise Malformed(f"a property set has {len(keys)} keys and {len(values)} values")
    return {key: value for key, value in zip(keys, values, strict=True) if value is not None}


def _property(data: bytes) -> str | int | None:
    value: str | int | None = None
    for field in fields(data):
        if field.number == 2 and field.value:
            return None
        if field.number in (3, 4):
            value = _whole(field)
        elif field.number == 8:
            value = _text(field)
    return value


def number(metric: Metric, kind: int) -> float | None:
    """Return the value of a metric of a data type (0: unknown) as a number; None where it is none, or not surely."""
    value = metric.value
    if value is None:
        return None
    if value.number in (10, 11) and isinstance(value.value, int):
        return _integer(value.value, kind)
    if value.number in (12, 13) and isinstance(value.value, bytes) and kind in (0, *_FLOATS):
        width, code = (4, "<f") if value.number == 12 else (8, "<d")
        return float(struct.unpack(code, value.value)[0]) if len(value.value) == width else None
    return None


def _integer(raw: int, kind: int) -> float | None:
    """Return a whole number, in two's complement of 32 or 64 bits where its type has a sign."""
    if kind == 0:
        return raw if raw < 1 << 31 else None
    bits = _BITS.get(kind)
    if bits is None:
        return None
    if kind not in _SIGNED:
        return raw if raw < 1 << bits else None
    candidates = (raw, raw - (1 << 32), raw - (1 << 64))
    return next((value for value in candidates if -1 << bits - 1 <= value < 1 << bits - 1), None)


def _whole(field: Wire) -> int:
    if not isinstance(field.value, int):
        raise Malformed(f"field {field.number} is no whole number")
    return field.value


def _inner(field: Wire) -> bytes:
    if not isinstance(field.value, bytes):
        raise Malformed(f"field {field.number} is a number")
    return field.value


def _text(field: Wire) -> str:
    try:
        return _inner(field).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"field {field.number} is no text in UTF-8") from error
