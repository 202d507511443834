"""Buildings whose hours a human labelled: one file each, and maybe a list of the rows in which no reading existed."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics.hours import Hours
from campus.schema import to_ms

ABSENT = "no_reading.csv"
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Labelled:
    """A building's hours, and which of them (n,) a human called an anomaly; its name is for the table."""

    name: str
    hours: Hours
    odd: NDArray[np.bool_]


def buildings(folder: Path) -> Iterator[Labelled]:
    """Yield the buildings of a folder without the rows in which no reading existed."""
    told = folder / ABSENT
    absent = {(_key(row), row["timestamp"]) for row in _rows(told)} if told.exists() else set()
    for path in sorted(p for p in folder.glob("*.csv") if p != told):
        rows = [row for row in _rows(path) if (_key(row), row["timestamp"]) not in absent and row["meter_reading"]]
        yield labelled(path.stem, rows)


def labelled(name: str, rows: Sequence[Mapping[str, str]]) -> Labelled:
    """Return a building on a complete grid of hours, unknown where there is no row."""
    at = np.array([to_ms(datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)) for row in rows], np.int64)
    start_ms = np.arange(at.min(), at.max() + HOUR_MS, HOUR_MS, dtype=np.int64)
    place = (at - at.min()) // HOUR_MS
    value = np.full(len(start_ms), np.nan)
    value[place] = [float(row["meter_reading"]) for row in rows]
    odd = np.zeros(len(start_ms), bool)
    odd[place] = [float(row["anomaly"] or 0) > 0 for row in rows]
    return Labelled(name, Hours(start_ms, value, np.isfinite(value).astype(float), np.zeros(len(value))), odd)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def _key(row: Mapping[str, str]) -> int:
    return int(float(row["building_id"]))
