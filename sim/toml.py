"""The simulated school as the registry TOML a user would write: nothing in it that a real school would not know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np

from campus.schema import from_ms
from sim.registers import Track, registers

HEADER = "# 示范学校: simulated, seed {seed}. Written by the demonstration; prices are assumed.\n"
UNKNOWN_TO_THE_SCHOOL = frozenset({"resolution"})
TABLES = ("term", "heating", "contact", "people", "water_plan", "building", "account", "meter", "virtual")


def school_toml(track: Track) -> str:
    """Return the registry of a laid-out school."""
    rows = track.site.rows
    parts = [HEADER.format(seed=track.site.seed)]
    parts += [table(name, rows[name], "[{}]") for name in ("school", "weather")]
    for name in TABLES:
        for row in rows[name]:
            parts.append(table(name, row))
            parts += [table("meter.register", further) for further in row.get("register", ())]
            parts += [
                table("meter.replaced", swap) for swap in _replaced(track, row["key"] if name == "meter" else "")
            ]
    return "\n".join(parts)


def _replaced(track: Track, meter: str) -> list[dict[str, Any]]:
    """Return the times a meter's register started anew as somebody wrote them down, with what it showed."""
    swaps = []
    for fault in track.faults:
        if fault.meter == meter and fault.registered:
            quantity = track.site.meters[meter].quantities[0]
            around = np.array([fault.start_ms - 1, fault.start_ms], np.int64)
            shown, serials = registers(track, (meter, quantity), around)
            at = from_ms(fault.start_ms).astimezone(track.site.school.timezone)
            swaps.append({"at": at, "end": float(shown[0]), "start": float(shown[1]), "serial": serials[1]})
    return swaps


def table(name: str, row: Mapping[str, Any], head: str = "[[{}]]") -> str:
    """Return a row as a table of the registry."""
    known = {key: value for key, value in row.items() if key not in UNKNOWN_TO_THE_SCHOOL}
    lines = [f"{key} = {_value(value)}" for key, value in known.items() if not _tables(value)]
    return "\n".join([head.format(name), *lines, ""])


def _tables(value: Any) -> bool:
    return isinstance(value, list) and isinstance(value[0], dict)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return f'"{value}"' if isinstance(value, str) else repr(value)
