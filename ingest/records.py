"""How a message stands in the journal: length and CRC-32 of its body (little endian), then the body.

The body is arrival [epoch ms], flags, the topic's length, topic and payload.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

RETAINED = 1  # the broker had kept the message: it may be old
REPLAYED = 4  # put into the journal again, away from the messages around it
EVENT = 2  # not from a meter: a change somebody made, such as a new registry

HEAD = struct.Struct("<II")
_BODY = struct.Struct("<QBH")
# MQTT's largest packet (3.1.1, section 2.2.3) and our own fields: a head that tells more is damaged.
_LONGEST_BODY = 268_435_455 + _BODY.size
_LATEST_MS = 2**43  # in the year 2248


class Record(NamedTuple):
    """A message and when it arrived [epoch ms]."""

    arrived_ms: int
    topic: str
    payload: bytes
    flags: int = 0


def pack(record: Record) -> bytes:
    """Return a record as it stands on disk."""
    topic = record.topic.encode()
    body = _BODY.pack(record.arrived_ms, record.flags, len(topic)) + topic + record.payload
    return HEAD.pack(len(body), zlib.crc32(body)) + body


def unpack(data: bytes, offset: int) -> tuple[Record | None, int]:
    """Return the record at `offset` and where it ends.

    (None, offset) where it is not complete yet, (None, -1) where it cannot be a record or its checksum is wrong.
    """
    start = offset + HEAD.size
    if start > len(data):
        return None, offset
    length, checksum = HEAD.unpack_from(data, offset)
    if not _BODY.size <= length <= _LONGEST_BODY:
        return None, -1
    end = start + length
    if end > len(data):
        return None, offset
    body = data[start:end]
    if zlib.crc32(body) != checksum:
        return None, -1
    arrived_ms, flags, topic_length = _BODY.unpack_from(body)
    split = _BODY.size + topic_length
    return Record(arrived_ms, body[_BODY.size : split].decode(), body[split:], flags), end


def length_at(data: bytes, offset: int) -> int:
    """Return how many bytes the record at `offset` takes by its head, which must be complete."""
    return HEAD.size + int(HEAD.unpack_from(data, offset)[0])


def good_until(data: bytes, offset: int) -> int:
    """Return where the unbroken row of records that begins at `offset` ends."""
    while offset < len(data):
        record, end = unpack(data, offset)
        if record is None:
            break
        offset = end
    return offset


def any_after(data: bytes, offset: int) -> bool:
    """Whether a record begins anywhere behind `offset`: a damaged length does not tell where the next one stands."""
    last = len(data) - HEAD.size - _BODY.size
    return any(_may_begin(data, at) and unpack(data, at)[0] is not None for at in range(offset + 1, last + 1))


def _may_begin(data: bytes, offset: int) -> bool:
    """Whether the numbers at `offset` could be a record's: spares the checksum of most of what is none."""
    length: int = HEAD.unpack_from(data, offset)[0]
    arrived_ms: int
    arrived_ms, _, topic_length = _BODY.unpack_from(data, offset + HEAD.size)
    fits = length <= len(data) - offset - HEAD.size and _BODY.size + topic_length <= length
    return fits and arrived_ms < _LATEST_MS
