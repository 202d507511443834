"""The wire format of Protocol Buffers: fields of one message, read and written.

Source: protobuf.dev, "Encoding". Written here because four small messages are read of it: the library would bring
generated code that must match its own version, and a C extension, for what these lines do.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types; 3 and 4, groups, are of the past
_LONGEST_VARINT = 10  # bytes of 64 bits


class Malformed(ValueError):
    """Bytes that are no message; the text says where and why."""


class Wire(NamedTuple):
    """A field as it stands: its number, and an unsigned integer or its bytes."""

    number: int
    value: int | bytes


def fields(data: bytes) -> Iterator[Wire]:
    """Yield the fields of a message in their order; raises `Malformed`."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise Malformed(f"field number 0 at byte {at}")
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield Wire(number, value)
            continue
        length, at = _length(data, at, wire)
        if at + length > len(data):
            raise Malformed(f"field {number} ends {at + length - len(data)} bytes after the payload: it was cut")
        yield Wire(number, data[at : at + length])
        at += length


def _length(data: bytes, at: int, wire: int) -> tuple[int, int]:
    if wire == _BYTES:
        return _varint(data, at)
    if wire in (_FIXED64, _FIXED32):
        return (8 if wire == _FIXED64 else 4), at
    raise Malformed(f"wire type {wire} at byte {at}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at + shift + 1
    raise Malformed(f"a number at byte {at} has no end")


def varint(number: int, value: int) -> bytes:
    """Return an unsigned integer as a field."""
    return _written(number << 3 | _VARINT) + _written(value)


def double(number: int, value: float) -> bytes:
    """Return a double as a field."""
    return _written(number << 3 | _FIXED64) + struct.pack("<d", value)


def sized(number: int, value: bytes) -> bytes:
    """Return bytes, a text in UTF-8 or a message as a field."""
    return _written(number << 3 | _BYTES) + _written(len(value)) + value


def _written(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
