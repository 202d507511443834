"""The real meters whose quality is judged: folders of the shape of the shared data, as hours on a complete grid."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.hours import Hours

HOUR_MS = 3_600_000
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
# Noughts in a row that a building does not have: in the Cambridge files gaps were stored as 0.
GAP_HOURS = 25
Values = dict[int, float]  # epoch ms of an interval's start -> use, NaN where a reading is missing


@dataclass(frozen=True, slots=True)
class Series:
    """A meter's column: where it stands, what it measures, how often it is read, and the zone its days are of."""

    name: str
    quantity: str
    interval: timedelta
    zone: ZoneInfo
    values: Values

    @property
    def intervals(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The intervals as read, start [epoch ms] and use, with a row wherever one is missing."""
        step = self.interval // timedelta(milliseconds=1)
        known = np.array(sorted(self.values), np.int64)
        parts = [np.arange(a, b - step / 2, step, dtype=np.int64) for a, b in pairwise(known)]
        times = np.concatenate([*parts, known[-1:]])
        return times, np.array([self.values.get(int(at), np.nan) for at in times])

    @property
    def hours(self) -> Hours:
        """The use of each hour."""
        return on_grid(self.values, self.interval)


def on_grid(values: Values, interval: timedelta) -> Hours:
    """Return hours: an interval longer than an hour is spread evenly, an hour that lacks a reading is unknown."""
    step = interval // timedelta(milliseconds=1)
    first, last = min(values) // HOUR_MS, (max(values) + step - 1) // HOUR_MS
    start_ms = HOUR_MS * np.arange(first, last + 1, dtype=np.int64)
    total, known = np.zeros(len(start_ms)), np.zeros(len(start_ms))
    for time_ms, value in values.items():
        if not np.isnan(value):
            at, span = time_ms // HOUR_MS - first, max(1, step // HOUR_MS)
            total[at : at + span] += value / span
            known[at : at + span] += min(1.0, step / HOUR_MS)
    whole = known >= 1.0
    return Hours(start_ms, np.where(whole, total, np.nan), whole.astype(float), np.zeros(len(start_ms)))


def _number(cell: str) -> float:
    return float(cell.replace(",", "")) if cell.strip() else float("nan")


def _local(times: list[datetime], zone: ZoneInfo) -> Iterator[int]:
    """Yield the epoch ms of local times in order: the doubled hour of autumn is told apart by its order."""
    seen: set[datetime] = set()
    for local in times:
        yield round(local.replace(tzinfo=zone, fold=1 if local in seen else 0).timestamp() * 1000)
        seen.add(local)


def cambridge(folder: Path) -> Iterator[Series]:
    """Yield electricity and gas of buildings, hourly, UTC; gaps were stored as 0."""
    for path in sorted(p for p in folder.glob("*/*") if p.is_dir()):
        values: Values = {}
        for file in sorted(path.glob("*.csv")):
            with file.open(newline="") as text:
                for stamp, cell in list(csv.reader(text))[1:]:
                    at = datetime.fromisoformat(stamp).replace(tzinfo=UTC)
                    values[round(at.timestamp() * 1000)] = _number(cell)
        name = f"cambridge/{path.parent.name}/{path.name}"
        if values:
            yield Series(name, path.name, HOUR, ZoneInfo("Europe/London"), _without_gaps(values))


def _without_gaps(values: Values) -> Values:
    """Return the values without noughts that stand for more than a day: a boiler rests at night, and wakes."""
    times = sorted(values)
    kept, run = dict(values), 0
    for place, at in enumerate(times):
        run = run + 1 if values[at] == 0 else 0
        if run == GAP_HOURS:
            kept |= dict.fromkeys(times[place + 1 - GAP_HOURS : place + 1], float("nan"))
        elif run > GAP_HOURS:
            kept[at] = float("nan")
    return kept


def greenwich(folder: Path) -> Iterator[Series]:
    """Yield the water meters of an export, half-hourly, local time."""
    zone = ZoneInfo("Europe/London")
    with (folder / "water.csv").open(encoding="cp1252", newline="") as text:
        rows = list(csv.reader(text))
    head = max(n for n, row in enumerate(rows) if sum("[m" in cell for cell in row) > 2)
    body = [row for row in rows[head + 1 :] if row and row[0].strip()]
    times = list(_local([datetime.strptime(f"{row[0]} {row[1]}", "%d-%m-%Y %H:%M") for row in body], zone))
    for column, title in enumerate(rows[head][2:], 2):
        values = {at: _number(row[column]) for at, row in zip(times, body, strict=True)}
        half = timedelta(minutes=30)
        yield Series(f"greenwich/{title.split(' Water')[0]}", "water", half, zone, values)


def attica(folder: Path) -> Iterator[Series]:
    """Yield the water meters of schools, by local day; after a silence the first row has an hour. No empty files."""
    zone = ZoneInfo("Europe/Athens")
    for path in sorted(p for p in folder.glob("*.csv") if p.stem.isdigit()):
        with path.open(newline="") as text:
            rows = list(csv.reader(text))[1:]
        times = _local([datetime.combine(datetime.fromisoformat(row[0]), time()) for row in rows], zone)
        values = {at: _number(row[1]) for at, row in zip(times, rows, strict=True)}
        if values:
            yield Series(f"attica/{path.stem}", "water", DAY, zone, values)


def lead(folder: Path) -> Iterator[Series]:
    """Yield the electricity of buildings, hourly; rows in which no reading existed are left out."""
    zone = ZoneInfo("UTC")
    made_up: set[tuple[float, str]] = set()
    absent = folder / "no_reading.csv"
    if absent.exists():
        with absent.open(newline="") as text:
            made_up = {_of(row) for row in csv.DictReader(text)}
    for path in sorted(p for p in folder.glob("*.csv") if p != absent):
        with path.open(newline="") as text:
            rows = [r for r in csv.DictReader(text) if _of(r) not in made_up]
        times = _local([datetime.fromisoformat(row["timestamp"]) for row in rows], zone)
        values = {at: _number(row["meter_reading"]) for at, row in zip(times, rows, strict=True)}
        yield Series(f"lead/{path.stem}", "electricity", HOUR, zone, values)


def _of(row: dict[str, str]) -> tuple[float, str]:
    """Return which reading a row is of; the same building is 254 in one file and 254.0 in another."""
    return float(row["building_id"]), row["timestamp"]


def ferrara(folder: Path) -> Iterator[Series]:
    """Yield the inflow of districts, hourly, local time [L/s as m³ per hour]."""
    zone = ZoneInfo("Europe/Rome")
    with (folder / "inflow.csv").open(newline="") as text:
        rows = list(csv.reader(text))
    times = list(_local([datetime.strptime(row[0], "%d/%m/%Y %H:%M") for row in rows[1:]], zone))
    for column, title in enumerate(rows[0][1:], 1):
        values = {at: 3.6 * _number(row[column]) for at, row in zip(times, rows[1:], strict=True)}
        yield Series(f"ferrara/{title}", "water", HOUR, zone, values)


FOLDERS: dict[str, Callable[[Path], Iterator[Series]]] = {
    "cambridge": cambridge,
    "greenwich": greenwich,
    "attica": attica,
    "lead": lead,
    "ferrara": ferrara,
}
