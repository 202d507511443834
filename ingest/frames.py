"""What a transparent gateway publishes: the bytes of a field protocol, raw, as hex text, or in a small JSON envelope.

The envelope is {"data": "FE FE 68 …", "time": "2026-11-22T08:15:00+08:00", "zone": "+08:00"}, or a list of such:
`data` may be a list too, `time` is when the gateway read the meter, `zone` what the meter's own clock is set to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from string import hexdigits
from typing import Any

from campus.ports import Reason
from campus.readings import Reject
from ingest.payload import Item, parse_json, parse_time, shown

START, END, WAKE = 0x68, 0x16, 0xFE
# Between frames: wake-up bytes (DL/T 645-2007 and CJ/T 188 put some FEH first), line ends and padding of gateways.
_FILLING = frozenset({WAKE, 0x00, 0x0A, 0x0D})
_BETWEEN = re.compile(r"0x|[\s,;:-]+", re.IGNORECASE)
_ZONE = re.compile(r"([+-])(\d\d):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Wire:
    """Bytes as they came from the line, when the gateway read them, and the zone of the meter's clock, where said."""

    data: bytes
    time: datetime | None = None
    zone: timezone | None = None


def wires(payload: bytes) -> list[Wire | Reject]:
    """Return the pieces of a payload; what is neither JSON nor hex text is taken as raw bytes."""
    if is_json(payload):
        body = parse_json(payload)
        return [body] if isinstance(body, Reject) else list(_pieces(body))
    raw = unhex(text) if _groups(text := printable(payload)) else payload
    if isinstance(raw, Reject):
        return [raw]
    return [Wire(raw)] if raw else [Reject(Reason.NO_READING, "the payload is empty")]


def is_json(payload: bytes) -> bool:
    """Whether a payload can be JSON of more than a number; a control character first says raw bytes."""
    first = payload.lstrip(b"\xef\xbb\xbf \t\r\n")[:2]
    return first[:1] in (b"{", b"[", b'"') and first[1:] not in (b"\x03", b"\x04", b"\x83", b"\x84")


def printable(payload: bytes) -> str:
    """Return the payload as text without blanks around it; empty for bytes that are no ASCII text."""
    try:
        return payload.decode("ascii").strip()
    except UnicodeDecodeError:
        return ""


def _pieces(body: Any) -> Iterator[Wire | Reject]:
    if body == [] or (isinstance(body, dict) and body.get("data") == []):
        yield Reject(Reason.NO_READING, "an empty list")
    for entry in body if isinstance(body, list) else [body]:
        piece = {"data": entry} if isinstance(entry, str) else entry
        if not isinstance(piece, dict) or piece.get("data") is None:
            yield Reject(Reason.NO_READING, 'holds no frame: send hex text, raw bytes or {"data": "68 …"}')
            continue
        clock = parse_time(piece["time"]) if piece.get("time") is not None else None
        zone = _zone(piece.get("zone"))
        for text in piece["data"] if isinstance(piece["data"], list) else [piece["data"]]:
            yield from _wire(text, clock, zone)


def _wire(text: Any, clock: datetime | Reject | None, zone: timezone | Reject | None) -> Iterator[Wire | Reject]:
    data = unhex(text)
    wrong = next((part for part in (data, clock, zone) if isinstance(part, Reject)), None)
    if wrong is not None:
        yield wrong
    else:
        assert isinstance(data, bytes) and not isinstance(clock, Reject) and not isinstance(zone, Reject)
        yield Wire(data, clock, zone)


def unhex(text: Any) -> bytes | Reject:
    """Return the bytes of hex text, with or without blanks, commas, colons or 0x between the bytes."""
    groups = _groups(text) if isinstance(text, str) else []
    # A digit that was lost on the way would move every later one: each group has to hold whole bytes.
    if not groups or any(len(group) % 2 for group in groups):
        return Reject(Reason.UNDECODABLE, f"{shown(text)} holds no whole bytes in hex")
    return bytes.fromhex("".join(groups))


def _groups(text: str) -> list[str]:
    """Return the stretches of hex digits of a text; none where it holds anything else."""
    groups = [group for group in _BETWEEN.split(text) if group]
    return groups if all(digit in hexdigits for group in groups for digit in group) else []


def _zone(written: Any) -> timezone | Reject | None:
    if written is None:
        return None
    found = _ZONE.fullmatch(written) if isinstance(written, str) else None
    if found is None or int(found[2]) > 14:
        return Reject(Reason.NO_TIME_ZONE, f"zone {shown(written)} is no offset such as +08:00")
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(ahead if found[1] == "+" else -ahead)


def split(data: bytes, length_at: int, second_start_at: int | None = None) -> Iterator[bytes | Reject]:
    """Yield the frames 68H … length … checksum 16H of a stretch of bytes, checked, without what stands between them.

    `length_at` is where a frame counts its data. A frame with a wrong checksum is refused by itself; where a frame's
    own shape is broken nobody knows where the next one begins, and all that follows is refused with it.
    """
    at = 0
    while (at := next((i for i in range(at, len(data)) if data[i] not in _FILLING), len(data))) < len(data):
        end = at + length_at + 3 + data[at + length_at] if at + length_at < len(data) else len(data) + 1
        fault = _shape(data, at, end, second_start_at)
        if fault:
            yield Reject(Reason.UNDECODABLE, f"{fault} at byte {at}: {data[at : at + 16].hex(' ')}")
            return
        frame, at = data[at:end], end
        total = sum(frame[:-2]) % 256
        if total == frame[-2]:
            yield frame
        else:
            yield Reject(Reason.UNDECODABLE, f"checksum {frame[-2]:02X}H where the bytes add up to {total:02X}H")


def _shape(data: bytes, at: int, end: int, second_start_at: int | None) -> str:
    if data[at] != START:
        return "bytes that belong to no frame"
    if end > len(data):
        return "a frame that is cut short"
    if second_start_at is not None and data[at + second_start_at] != START:
        return "a frame without its second 68H"
    return "" if data[end - 1] == END else "a frame that does not end in 16H"


def frame(head: bytes, data: bytes) -> bytes:
    """Return a frame of its head (68H up to the control code) and its data, with length, checksum and end."""
    body = head + bytes([len(data)]) + data
    return body + bytes([sum(body) % 256, END])


def bcd(data: bytes) -> int | None:
    """Return the number of BCD digits, low byte first; None where a half-byte is no digit."""
    digits = data[::-1].hex()
    return int(digits) if digits.isdecimal() else None


def unbcd(value: int, length: int) -> bytes:
    """Return a number as BCD of `length` bytes, low byte first. Raises ValueError where it does not fit."""
    if not 0 <= value < 100**length:
        raise ValueError(f"{value} does not fit {length} bytes of BCD")
    return bytes.fromhex(f"{value:0{2 * length}d}")[::-1]


def owner(address: str) -> str:
    """Return a meter's number from its address; the wildcard AA…AA, which every meter answers to, is nobody's."""
    return "" if set(address) == {"A"} else address


def published(data: bytes, items: Iterable[Item]) -> bytes:
    """Return frames as hex text, and where their items have a time in an envelope; ValueError for several times."""
    times = {item.time for item in items}
    if len(times) != 1:
        raise ValueError("one message carries one time")
    time, text = times.pop(), data.hex(" ").upper()
    return (text if time is None else json.dumps({"time": time.isoformat(), "data": text})).encode()


def hundredths(value: float) -> int:
    """Return a value with two decimals as a whole number of hundredths; raises ValueError for any other."""
    whole = round(value * 100)
    if whole / 100 != value:
        raise ValueError(f"{value} has more than two decimals")
    return whole


def numbered(items: Iterable[Item | Reject]) -> list[Item | Reject]:
    """Return items with each Reject knowing its place among them."""
    return [replace(item, item=n) if isinstance(item, Reject) else item for n, item in enumerate(items)]
