"""What a Modbus device's registers mean: a map in TOML, shipped in campus/data/modbus or a school's own."""

from __future__ import annotations

import struct
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

# Type -> (registers of 16 bits it takes, how `struct` reads its bytes, high byte first; "" is BCD).
TYPES: dict[str, tuple[int, str]] = {
    "u16": (1, ">H"),
    "i16": (1, ">h"),
    "u32": (2, ">I"),
    "i32": (2, ">i"),
    "u64": (4, ">Q"),
    "i64": (4, ">q"),
    "f32": (2, ">f"),
    "f64": (4, ">d"),
    "bcd16": (1, ""),
    "bcd32": (2, ""),
    "bcd64": (4, ""),
}
ORDERS = ("big", "little")
# The functions that read registers (Modbus Application Protocol V1.1b3, 6.3 and 6.4): holding and input registers.
FUNCTIONS = (3, 4)


@dataclass(frozen=True, slots=True)
class Point:
    """One value in a device's registers: `address` counts from 0, as it stands in the request on the line.

    `scale` makes the number one of `unit`; `absent` is the raw number that says "not available". `slave` confines
    the point to one device of a line. `words` and `bytes` say which register, and which byte of it, comes first.
    """

    address: int
    type: str
    unit: str
    quantity: str = ""
    channel: str = ""
    scale: Decimal = Decimal(1)
    function: int = 3
    words: str = "big"
    bytes: str = "big"
    absent: int | None = None
    slave: int | None = None

    @property
    def addresses(self) -> range:
        """The registers it is made of."""
        return range(self.address, self.address + TYPES[self.type][0])


@dataclass(frozen=True, slots=True)
class Read:
    """A request the gateway is set to send: a bare answer, which names no address, is known by its length."""

    start: int
    count: int
    function: int = 3
    slave: int | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """A device's points; `document` is where their addresses come from."""

    name: str
    device: str
    document: str
    points: tuple[Point, ...]
    reads: tuple[Read, ...] = field(default=())


def build(name: str, body: Mapping[str, Any]) -> Map:
    """Return the map of a parsed TOML text whose keys and values are those of the dataclasses above.

    `function`, `words` and `bytes` of the file are those of every point and read that says none of its own.
    """
    shared = {key: body[key] for key in ("function", "words", "bytes") if key in body}
    points = tuple(Point(**{**shared, **row, "scale": Decimal(str(row.get("scale", 1)))}) for row in body["point"])
    line = {key: value for key, value in shared.items() if key == "function"}
    reads = tuple(Read(**{**line, **row}) for row in body.get("read", ()))
    return Map(name, body["device"], body["document"], points, reads)


@cache
def shipped() -> dict[str, Map]:
    """Return the maps that come with the program, by name."""
    folder = resources.files("campus").joinpath("data/modbus")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    texts = {file.name.removesuffix(".toml"): file.read_text(encoding="utf-8") for file in files}
    return {name: build(name, tomllib.loads(text)) for name, text in texts.items()}


def number(point: Point, words: Sequence[int]) -> float | int | None:
    """Return the raw number in a point's registers; None for BCD with a half-byte that is no digit."""
    ordered = words if point.words == "big" else words[::-1]
    data = b"".join(word.to_bytes(2, "big" if point.bytes == "big" else "little") for word in ordered)
    layout = TYPES[point.type][1]
    if layout:
        raw: float | int = struct.unpack(layout, data)[0]
        return raw
    return int(data.hex()) if data.hex().isdecimal() else None


def scaled(raw: float | int, scale: Decimal) -> float:
    """Return a raw number times its scale, rounded once: 123456 × 0.01 is 1234.56."""
    return float(Decimal(raw) * scale) if isinstance(raw, int) else raw * float(scale)


def starts(reads: Iterable[Read], slave: int, function: int, count: int) -> list[int]:
    """Return where answers of that length may begin: one address where it is certain."""
    fitting = {
        read.start
        for read in reads
        if (read.function, read.count) == (function, count) and read.slave in (None, slave)
    }
    return sorted(fitting)
