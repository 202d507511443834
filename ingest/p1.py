"""The frame of a P1 telegram: where it begins and ends, its checksum, its objects by OBIS code, its local times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from campus.ports import Reason
from campus.readings import Reject

# "W" and "S" after a time (P1 Companion Standard 5.0.2, section 6.4, TST): Central European Time and Summer Time.
WINTER, SUMMER = timedelta(hours=1), timedelta(hours=2)
_TIME = re.compile(r"(\d{12})([SW]?)")
# IEC 62056-21, 6.3.2 and 6.3.14: "/" begins and "!" ends a telegram; neither may stand inside.
_FRAME = re.compile(rb"/[^/!]*!")
_OBJECT = re.compile(r"(\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3})(?:\*\d{1,3})?((?:\([^()]*\))+)")
_CHECKSUM = re.compile(rb"[ \t]*([0-9A-Fa-f]{0,4})[ \t]*(?:[\r\n]|$)")
# Objects that came with version 4 and its checksum (section 6.2): a telegram that has one has the other.
_OF_VERSION_4 = ("1-3:0.2.8", "0-0:96.1.4", "0-0:1.0.0")


@dataclass(frozen=True, slots=True)
class Telegram:
    """The objects of a telegram: the texts in their brackets, by OBIS code."""

    values: Mapping[str, tuple[str, ...]]

    def first(self, code: str) -> str:
        """Return the first text of an object, or the empty one."""
        return self.values.get(code, ("",))[0]


def telegrams(payload: bytes) -> Iterator[Telegram | Reject]:
    """Yield what the payload holds, in order; what is cut off at either end is a Reject."""
    end = 0
    for frame in _FRAME.finditer(payload):
        if _begun(payload[end : frame.start()], end):
            yield Reject(Reason.UNDECODABLE, f"{frame.start() - end} bytes before a telegram: one that was cut")
        yield _telegram(frame[0], payload[frame.end() : frame.end() + 80])
        end = frame.end()
    if end == 0 or b"/" in payload[end:]:
        yield Reject(Reason.UNDECODABLE, "no whole telegram, from / to !: cut, encrypted, or another format")


def _begun(between: bytes, end: int) -> bool:
    """Whether bytes before a telegram are of another: after an end its checksum and what some meters add are not."""
    return b"/" in between if end else bool(between.strip(b"\x00\xff\r\n\t \xef\xbb\xbf"))


def _telegram(frame: bytes, after: bytes) -> Telegram | Reject:
    told = _CHECKSUM.match(after)
    if told is None:
        return Reject(Reason.UNDECODABLE, f"after the end stands {after[:8]!r}, which is no checksum")
    if told[1] and int(told[1], 16) not in _checksums(frame):
        return Reject(Reason.UNDECODABLE, f"the checksum is wrong: {told[1].decode()}, and not {crc16(frame):04X}")
    values = _objects(frame, sound=bool(told[1]))
    if isinstance(values, Reject):
        return values
    if not told[1] and any(code in values for code in _OF_VERSION_4):
        return Reject(Reason.UNDECODABLE, "a telegram of version 4 or later without its checksum: it was cut")
    return Telegram(values)


def _checksums(frame: bytes) -> set[int]:
    """Return the frame's checksum, as it came and as the meter wrote it where a gateway changed the ends of lines."""
    return {crc16(frame), crc16(re.sub(rb"\r?\n", b"\r\n", frame))}


def _objects(frame: bytes, sound: bool) -> dict[str, tuple[str, ...]] | Reject:
    """Return the objects; a line that is none is damage, unless a checksum says that the meter wrote it (`sound`)."""
    values: dict[str, tuple[str, ...]] = {}
    # A value may stand on a line of its own below its object (version 3, section 6.12).
    lines = re.sub(r"\r?\n\(", "(", frame[:-1].decode("latin-1")).splitlines()
    for line in lines[1:]:
        found = _OBJECT.fullmatch(line.strip())
        if found is None:
            if line.strip() and not sound:
                return Reject(Reason.UNDECODABLE, f"{line.strip()[:60]!r} is no object: the telegram is damaged")
            continue
        texts = tuple(found[2][1:-1].split(")("))
        if values.setdefault(found[1], texts) != texts:
            return Reject(Reason.UNDECODABLE, f"{found[1]} stands there twice, and not alike")
    return values


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
        table.append(byte)
    return tuple(table)


_CRC = _crc_table()


def crc16(data: bytes) -> int:
    """Return CRC-16 with x¹⁶+x¹⁵+x²+1, least significant bit first, from zero (section 6.2)."""
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def local_time(text: str) -> datetime | Reject:
    """Return the aware UTC time of YYMMDDhhmmssX, X being S (summer) or W (winter) time.

    Winter time is CET whatever the season (Swedish meters keep it all year); summer time outside of summer is a
    clock set wrongly.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return Reject(Reason.BAD_TIME, f"time {text[:20]!r} is not YYMMDDhhmmss with S or W")
    if not found[2]:
        return Reject(Reason.NO_TIME_ZONE, f"time {text!r} does not say summer or winter time")
    try:
        local = datetime.strptime(f"20{found[1]}", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return Reject(Reason.BAD_TIME, f"time {text!r} is none of the calendar: not read yet")
    time = local - (SUMMER if found[2] == "S" else WINTER)
    if found[2] == "S" and not _changeover(time.year, 3) <= time < _changeover(time.year, 10):
        return Reject(Reason.BAD_TIME, f"time {text!r} says summer time in winter")
    return time


def written_time(time: datetime) -> str:
    """Return a time as a telegram writes it, in winter time."""
    return f"{time.astimezone(UTC) + WINTER:%y%m%d%H%M%S}W"


def _changeover(year: int, month: int) -> datetime:
    """Return 01:00 UTC of the month's last Sunday (Directive 2000/84/EC, articles 2 and 3)."""
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def stamp(text: str) -> str:
    """Return an equipment identifier as it stands on the meter: telegrams write its characters as hex (6.12)."""
    try:
        written = bytes.fromhex(text).decode("ascii")
    except ValueError:
        return text
    return written if written.isalnum() else text
