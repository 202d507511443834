"""Messages made of a folder of meters' files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BATCH = 100  # readings a message, where a gateway sends what a meter counted in a while
DISTRICT = 1_000
_START_MS = 1_700_000_000_000

Meters = dict[str, list[tuple[datetime, float]]]


@dataclass(frozen=True, slots=True)
class Message:
    """A payload and how many readings it holds."""

    topic: str
    payload: bytes
    readings: int = 1


def series(folder: Path) -> Meters:
    """Return the counters of a folder's meters, each a running sum of its rows; made up where no data is."""
    found: Meters = {}
    for path in sorted(folder.glob("*/*/*.csv")):
        total = found[key][-1][1] if (key := f"{path.parts[-3]}-{path.parts[-2]}".lower()) in found else 0.0
        rows = found.setdefault(key, [])
        for moment, used in _rows(path):
            rows.append((moment, total := total + used))
    return found or {f"m{n}": list(_made_up()) for n in range(10)}


def _rows(path: Path) -> Iterator[tuple[datetime, float]]:
    with path.open(newline="", encoding="utf-8") as file:
        for row in list(csv.reader(file))[1:]:
            if len(row) > 1 and row[1].strip():
                yield datetime.fromisoformat(row[0]).replace(tzinfo=UTC), float(row[1])


def _made_up() -> Iterator[tuple[datetime, float]]:
    start = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
    return ((datetime.fromtimestamp(start + 60 * n, UTC), n * 0.25) for n in range(60_000))


def singles(meters: Meters, count: int) -> list[Message]:
    """Return messages of one reading, in the order of time in which meters would send them."""
    rows = sorted((moment, key, value) for key, rows in meters.items() for moment, value in rows)
    return [Message(f"bench/{key}", _packed(_body(moment, value))) for moment, key, value in rows[:count]]


def batches(meters: Meters, count: int) -> list[Message]:
    """Return messages of `BATCH` readings of one meter each, in the order in which gateways would send them."""
    cut = [
        (rows[first][0], key, rows[first : first + BATCH])
        for key, rows in meters.items()
        for first in range(0, len(rows) - BATCH + 1, BATCH)
    ]
    return [
        Message(f"bench/{key}", _packed({"readings": [_body(*row) for row in rows]}), len(rows))
        for _, key, rows in sorted(cut)[:count]
    ]


def minutes(count: int) -> Iterator[Message]:
    """Yield messages of a district of `DISTRICT` meters that each tell their register every minute."""
    for number in range(count):
        minute, meter = divmod(number, DISTRICT)
        body = {"time": _START_MS + 60_000 * minute, "register": round(minute * 0.25, 3), "unit": "kWh"}
        yield Message(f"bench/district-{meter}", _packed(body))


def _packed(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _body(moment: datetime, value: float) -> dict[str, Any]:
    return {"time": moment.isoformat().replace("+00:00", "Z"), "register": round(value, 3), "unit": "kWh"}
