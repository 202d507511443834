"""Real meters by the local day: five universities' electricity and gas, 22 schools' water."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.hours import Hours
from benchmarks.support import buildings
from campus.calendar import local_hours
from campus.registry import School

# A day that lacks up to so many hours is taken pro rata; one that lacks more is unknown.
MISSING_HOURS = 2
ATTICA = School("attica", "", "", "primary", ZoneInfo("Europe/Athens"), "GR", "none")


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter's use per local day from `first` on (n,), NaN: unknown, and the outdoor temperature [°C] if known."""

    name: str
    medium: str
    school: School
    first: date
    value: NDArray[np.float64]
    quantity: str
    temperature: Hours | None = None

    @property
    def last(self) -> date:
        """The last day."""
        return self.first + timedelta(days=len(self.value) - 1)

    def row(self, day: date) -> int:
        """Return the place of a day."""
        return (day - self.first).days

    def day(self, row: int) -> date:
        """Return the day of a place."""
        return self.first + timedelta(days=row)

    def sum_of(self, rows: tuple[int, int]) -> float:
        """Return the sum of days, few unknown ones taken pro rata."""
        part = self.value[max(rows[0], 0) : rows[1]]
        return float(np.nansum(part) / max(np.isfinite(part).mean(), 1e-9))


def meters(folder: Path) -> Iterator[Meter]:
    """Yield every meter of the archives that are there and ever used anything."""
    for meter in (*_cambridge(folder / "cambridge"), *_attica(folder / "attica")):
        if np.nansum(meter.value) > 0:
            yield meter


def _cambridge(folder: Path) -> Iterator[Meter]:
    school = buildings.school()
    files = sorted((folder / "weather").glob("*.csv"))
    weather = buildings.hours_of(files) if files else None
    for medium in ("electricity", "gas"):
        for path in sorted(folder.glob(f"*/{medium}")):
            hours = buildings.cleaned(buildings.hours_of(sorted(path.glob("*.csv"))), medium)
            if medium == "gas":
                hours, _ = buildings.in_last_unit(hours, medium)
            day, _ = local_hours(hours.start_ms, school.timezone)
            row = day - day[0]
            known, length = np.bincount(row, np.isfinite(hours.value)), np.bincount(row)
            total = np.bincount(row, np.nan_to_num(hours.value))
            value = np.where(known >= length - MISSING_HOURS, total * length / np.maximum(known, 1), np.nan)
            first, name = date.fromordinal(int(day[0])), f"{path.parent.name}/{medium}"
            yield Meter(name, medium, school, first, value, buildings.QUANTITY[medium], weather)


def _attica(folder: Path) -> Iterator[Meter]:
    for path in sorted(folder.glob("[0-9]*.csv")):
        with path.open(encoding="utf-8") as file:
            rows = [(date.fromisoformat(row[0][:10]), float(row[1])) for row in list(csv.reader(file))[1:] if row[1]]
        if not rows:
            continue
        first, last = min(day for day, _ in rows), max(day for day, _ in rows)
        value = np.full((last - first).days + 1, np.nan)
        for day, used in rows:
            value[(day - first).days] = used
        yield Meter(f"attica/{path.stem}", "water", ATTICA, first, value, "water")
