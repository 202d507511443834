"""Frames with a checksum, found and sealed by another program than ours, so that it can be asked who is right."""

import json
import re
from collections.abc import Iterator

# Where a frame 68H … 16H counts its data (DL/T 645-2007, 5.2.1; CJ/T 188, frame structure).
LENGTH_AT = {"dlt645": 9, "cjt188": 10}
P1_FRAME = re.compile(rb"(/[^/!]*!)[ \t]*([0-9A-Fa-f]{0,4})")
# Objects of versions that have a checksum (P1 Companion Standard 4.0, section 5.12).
OF_VERSION_4 = re.compile(rb"(1-3:0\.2\.8|0-0:96\.1\.4|0-0:1\.0\.0)[(*]")
RTU_REQUEST, RTU_EXCEPTION = 8, 5


def frames(name: str, payload: bytes) -> tuple[bytes, ...]:
    """Return every stretch of a payload whose checksum is right, wherever it begins; of P1 also those without one."""
    found = {"dsmr_p1": _telegrams, "modbus": _rtu}.get(name, lambda data: _summed(data, LENGTH_AT[name]))
    return tuple(frame for data in _stretches(name, payload) for frame in found(data))


def _stretches(name: str, payload: bytes) -> Iterator[bytes]:
    """Yield the bytes a payload may carry: itself, and what its texts are in hex."""
    yield payload
    if name != "dsmr_p1":
        for text in _texts(payload):
            digits = re.sub(r"0[xX]|[^0-9a-fA-F]", "", text)
            yield bytes.fromhex(digits[: len(digits) // 2 * 2])


def _texts(payload: bytes) -> list[str]:
    try:
        body = json.loads(payload.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return [payload.decode("latin-1")]
    found, waiting = [payload.decode("latin-1")], [body]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict | list):
            waiting += one.values() if isinstance(one, dict) else one
    return found


def _summed(data: bytes, length_at: int) -> Iterator[bytes]:
    for at in range(len(data) - length_at - 2):
        end = at + length_at + 3 + data[at + length_at]
        if data[at] == 0x68 and end <= len(data) and sum(data[at : end - 2]) % 256 == data[end - 2]:
            yield data[at:end]


def _telegrams(data: bytes) -> Iterator[bytes]:
    for frame, told in P1_FRAME.findall(data):
        ends = (frame, re.sub(rb"\r?\n", b"\r\n", frame))
        if (int(told, 16) in [crc(end, 0) for end in ends]) if told else not OF_VERSION_4.search(frame):
            yield ends[1]


def _rtu(data: bytes) -> Iterator[bytes]:
    for at in range(len(data) - 4):
        if data[at + 1] & 0x7F in (3, 4):
            for length in (5 + data[at + 2], RTU_REQUEST, RTU_EXCEPTION):
                if at + length <= len(data) and crc(data[at : at + length], 0xFFFF) == 0:
                    yield data[at : at + length]


def crc(data: bytes, begun: int) -> int:
    """Return CRC-16 by x¹⁶+x¹⁵+x²+1, least significant bit first: of P1 begun with 0, of Modbus with FFFFH."""
    for byte in data:
        begun ^= byte
        for _ in range(8):
            begun = begun >> 1 ^ 0xA001 if begun & 1 else begun >> 1
    return begun


def sealed(name: str, frame: bytes) -> bytes:
    """Return a frame with its checksum made right again, whatever was done to it."""
    if name == "dsmr_p1":
        frame = re.sub(rb"[!].*", b"", frame, flags=re.DOTALL) + b"!"
        return frame + b"%04X\r\n" % crc(frame, 0)
    if name == "modbus":
        return frame[:-2] + crc(frame[:-2], 0xFFFF).to_bytes(2, "little")
    return frame[:-2] + bytes([sum(frame[:-2]) % 256]) + frame[-1:]
