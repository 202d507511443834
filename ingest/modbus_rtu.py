"""Modbus RTU as heard on a line: answers with registers, exceptions, and the requests before them.

Source: Modbus Application Protocol V1.1b3, 6.3, 6.4 and 7 (functions 3 and 4, exceptions); Modbus over Serial Line
V1.02, 2.5.1 (frame) and 6.2 (CRC-16: polynomial A001H, begun with FFFFH, low byte first).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from campus.ports import Reason
from campus.readings import Reject
from ingest.modbus_map import FUNCTIONS

_EXCEPTION = 0x80
_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "the device behind the gateway does not answer",
}
_REQUEST_BYTES, _EXCEPTION_BYTES, _ANSWER_AROUND = 8, 5, 5
_LINE_ENDS = (b"\r\n", b"\n", b"\r", b"\x00")


@dataclass(frozen=True, slots=True)
class Answer:
    """The registers a device answered with; `start` is known where the request was heard too."""

    slave: int
    function: int
    words: tuple[int, ...]
    start: int | None = None


def crc16(data: bytes | memoryview) -> int:
    """Return the checksum of a frame; of one with its own checksum it is 0."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def answers(line: bytes) -> Iterator[Answer | Reject]:
    """Yield what a stretch of a line holds; bytes that are no whole frame are refused with all that follows."""
    data = memoryview(line)  # cut from the front again and again without being copied
    asked: tuple[int, int, int, int] | None = None
    while data and all(data != end for end in _LINE_ENDS):
        if (length := _answer_length(data)) is not None:
            words = _words(data[3 : length - 2])
            known = asked is not None and asked[:2] == (data[0], data[1]) and asked[3] == len(words)
            yield Answer(data[0], data[1], words, asked[2] if known and asked is not None else None)
            asked = None
        elif _is_exception(data):
            length = _EXCEPTION_BYTES
            yield exception(data[2])
        elif _is_request(data):
            length = _REQUEST_BYTES
            start, count = _words(data[2:6])
            asked = (data[0], data[1], start, count)
        else:
            yield Reject(Reason.UNDECODABLE, f"no Modbus frame with a right CRC: {data[:16].hex(' ')}")
            return
        data = data[length:]


def exception(code: int) -> Reject:
    """Return what an exception of a device means."""
    said = _EXCEPTIONS.get(code, "unknown")
    return Reject(Reason.NO_READING, f"the device answers with exception {code} ({said}): check what is polled")


def _words(data: memoryview) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))


def _answer_length(data: memoryview) -> int | None:
    if len(data) < 3 or data[1] not in FUNCTIONS or not data[2] or data[2] % 2:
        return None
    length = _ANSWER_AROUND + data[2]
    return length if len(data) >= length and crc16(data[:length]) == 0 else None


def _is_exception(data: memoryview) -> bool:
    head = data[:_EXCEPTION_BYTES]
    return len(head) == _EXCEPTION_BYTES and head[1] in [f | _EXCEPTION for f in FUNCTIONS] and crc16(head) == 0


def _is_request(data: memoryview) -> bool:
    head = data[:_REQUEST_BYTES]
    return len(head) == _REQUEST_BYTES and head[1] in FUNCTIONS and crc16(head) == 0
