"""Registers as a gateway writes them into JSON: by position from a start, by address, or as their bytes in hex."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campus.ports import Reason
from campus.readings import Reject
from ingest.frames import unhex
from ingest.payload import shown

# Modbus Application Protocol V1.1b3, 4.1 and 4.3: addresses and registers of 16 bits, a device address of one byte.
LARGEST_ADDRESS, LARGEST_SLAVE, _LARGEST_WORD = 0xFFFF, 0xFF, 0xFFFF


@dataclass(frozen=True, slots=True)
class Dump:
    """Registers by address as one device gave them; None where the gateway does not say slave or function."""

    words: Mapping[int, int]
    slave: int | None
    function: int | None
    time: datetime | None = None


def whole(value: Any, most: int) -> int | None:
    """Return a whole number from 0 on, written as such, in digits, or in hex with 0x."""
    if isinstance(value, str):
        try:
            value = int(value, 16 if value[:2].lower() == "0x" else 10)
        except ValueError:
            return None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else None


def registers(entry: dict[str, Any], start: int | None) -> dict[int, int] | Reject:
    """Return a dump's registers by address; those sent as null are absent."""
    written = entry.get("registers")
    if written is None and entry.get("data") is not None:
        data = unhex(entry["data"])
        if isinstance(data, Reject):
            return data
        if len(data) % 2:
            return Reject(Reason.UNDECODABLE, f"data holds {len(data)} bytes: a register takes two")
        written = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
    if isinstance(written, list) and start is None:
        return Reject(Reason.NO_READING, "the dump does not say where its registers begin: send start")
    if not isinstance(written, list | dict) or not written:
        return Reject(Reason.NO_READING, "holds none of registers, data, frame")
    placed = written.items() if isinstance(written, dict) else enumerate(written, start or 0)
    words: dict[int, int] = {}
    for address, value in ((whole(key, LARGEST_ADDRESS), value) for key, value in placed):
        word = whole(value, _LARGEST_WORD) if not isinstance(value, str) else None
        if address is None or (word is None and value is not None) or address in words:
            return Reject(Reason.UNDECODABLE, f"{shown(value)} is no register, or its address is none")
        if word is not None:
            words[address] = word
    return words
