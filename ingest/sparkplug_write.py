"""Sparkplug B payloads as they are sent: what a meter says, and the command that asks a node for its births."""

from __future__ import annotations

import struct

from ingest.protobuf import Wire, double, sized, varint
from ingest.sparkplug import BOOLEAN, QUALITY_GOOD, Metric, Payload


def written(payload: Payload) -> bytes:
    """Return a payload as it is sent; of properties, the unit."""
    parts = [varint(1, payload.time_ms)] if payload.time_ms is not None else []
    parts += [sized(2, _written_metric(metric)) for metric in payload.metrics]
    parts += [varint(3, payload.seq)] if payload.seq is not None else []
    return b"".join(parts)


def _written_metric(metric: Metric) -> bytes:
    parts = [sized(1, metric.name.encode())] if metric.name else []
    numbers = ((2, metric.alias), (3, metric.time_ms), (4, metric.kind or None))
    parts += [varint(number, value) for number, value in numbers if value is not None]
    parts += [varint(number, 1) for number, said in ((5, metric.historical), (7, metric.null)) if said]
    if metric.unit is not None:
        parts.append(sized(9, _written_properties({"engUnit": metric.unit} if metric.unit else {}, metric.quality)))
    if metric.value is not None:
        parts.append(_written_value(metric.value))
    return b"".join(parts)


def _written_properties(texts: dict[str, str], quality: int) -> bytes:
    keys = [sized(1, key.encode()) for key in texts]
    values = [sized(2, varint(1, 12) + sized(8, value.encode())) for value in texts.values()]
    if quality != QUALITY_GOOD:
        keys.append(sized(1, b"Quality"))
        values.append(sized(2, varint(1, 3) + varint(3, quality)))
    return b"".join([*keys, *values])


def _written_value(value: Wire) -> bytes:
    if isinstance(value.value, int):
        return varint(value.number, value.value)
    if value.number == 13:
        return double(13, struct.unpack("<d", value.value)[0])
    if value.number == 12:
        return bytes([12 << 3 | 5]) + value.value
    return sized(value.number, value.value)


def of_double(value: float) -> Wire:
    """Return a double as the value of a metric."""
    return Wire(13, struct.pack("<d", value))


def rebirth(now_ms: int) -> bytes:
    """Return the command that makes an edge node publish its births again, for its NCMD topic."""
    command = Metric("Node Control/Rebirth", time_ms=now_ms, kind=BOOLEAN, value=Wire(14, 1))
    return written(Payload(now_ms, (command,)))
