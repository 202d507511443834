"""An installation with two years of a meter, a project between them, and weather: its truth is known."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from app.settings import Layout
from campus.calendar import midnight
from campus.schema import (
    CONSUMPTION,
    DAY,
    FIELDS,
    FIGURE,
    HOUR,
    REGISTER,
    SCHOOL_SUBJECT,
    WEATHER_TEMPERATURE,
    Columns,
    SeriesId,
    from_ms,
    meter_subject,
    to_ms,
)
from store.sqlite import SqliteStore, open_sqlite
from tests.app.registry_example import SCHOOL, meter
from tests.app.waiting import school_file

ZONE = ZoneInfo("Asia/Shanghai")
FIRST, STARTED, FINISHED, UNTIL = date(2024, 1, 1), date(2025, 1, 1), date(2025, 2, 1), date(2026, 2, 1)
# What the project saves of the use [share], and what is used per hour at the mildest [kWh].
SHARE, BASE = 0.2, 20.0
ACCOUNT = """
[[account]]
key = "power"
medium = "electricity"
number = "37"
tariff = "resident"
price_yuan = 0.55
price_unit = "kWh"
price_document = "电价通知"
"""
PROJECT = """
[[project]]
key = "lamps"
name = "换灯"
name_en = "Lamps"
measure = "lighting"
meters = ["hall"]
started = 2025-01-01
finished = 2025-02-01
expected_per_year = 40000
"""
CHANGE = """
[[project.adjustment]]
from = 2025-06-01
until = 2025-07-01
per_day = 24
reason = "新教室 / new rooms"
by = "王老师"
"""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the meter of an installation used by the hour, and would have used."""

    start_ms: np.ndarray
    used: np.ndarray
    without: np.ndarray

    def saved(self) -> float:
        """Return what was saved since the project is in service [kWh]."""
        after = self.start_ms >= to_ms(midnight(FINISHED, ZONE))
        return float((self.without - self.used)[after].sum())


def truth() -> Truth:
    """Return hours of a hall that is used by day and heated by electricity below 14 °C."""
    start_ms = np.arange(to_ms(midnight(FIRST, ZONE)), to_ms(midnight(UNTIL, ZONE)), 3_600_000)
    hour = (start_ms // 3_600_000 + 8) % 24
    by_day = (hour >= 8) & (hour < 18)
    noise = np.random.default_rng(5).normal(1, 0.08, len(start_ms))
    without = (BASE + 10 * by_day + 0.8 * np.maximum(14 - outside(start_ms), 0)) * noise
    finished = to_ms(midnight(FINISHED, ZONE))
    return Truth(start_ms, np.where(start_ms >= finished, (1 - SHARE) * without, without), without)


def outside(start_ms: np.ndarray) -> np.ndarray:
    """Return the outdoor temperature [°C]."""
    days = start_ms / 86_400_000
    return 12 - 15 * np.cos(2 * np.pi * (days - 15) / 365.25) + 4 * np.sin(2 * np.pi * days)


def home(tmp_path: Path, *more: str, project: str = PROJECT, weather: bool = True, interval: str = "15min") -> Path:
    """Return an installation of one school, its data stored as the pipeline stores them."""
    hall = meter("hall", interval=interval, account="power")
    school_file(tmp_path, SCHOOL + ACCOUNT + hall + project + "".join(more))
    (tmp_path / "data").mkdir()
    known = truth()
    with closing(opened(tmp_path)) as store:
        _put(store, SeriesId(CONSUMPTION, "hall", "electricity"), known.start_ms, known.used)
        ends = np.array([known.start_ms[0], known.start_ms[-1] + 3_600_000])
        _put(store, SeriesId(REGISTER, "hall", "electricity"), ends, np.array([0.0, 1.0]))
        days = known.start_ms.reshape(-1, 24)[:, 0]
        daily = SeriesId(FIGURE, meter_subject("hall"), "electricity", DAY)
        _put(store, daily, days, known.used.reshape(-1, 24).sum(axis=1))
        if weather:
            grid = np.arange(known.start_ms[0] - 3 * 86_400_000, known.start_ms[-1] + 1, 3_600_000)
            _put(store, SeriesId(FIGURE, SCHOOL_SUBJECT, WEATHER_TEMPERATURE, HOUR), grid, outside(grid))
    return tmp_path


def read_by_hand(where: Path) -> None:
    """Leave of the meter what somebody reads at the beginning of each month."""
    known = truth()
    firsts = [date(y, m, 1) for y in range(2024, 2027) for m in range(1, 13) if date(y, m, 1) <= UNTIL]
    at_ms = np.array([to_ms(midnight(first, ZONE)) for first in firsts])
    total = np.concatenate([[0.0], np.cumsum(known.used)])[(at_ms - known.start_ms[0]) // 3_600_000]
    with closing(opened(where)) as store:
        _put(store, SeriesId(REGISTER, "hall", "electricity"), at_ms, total)


def opened(where: Path) -> SqliteStore:
    """Open the school's store."""
    path = Layout(where / "data").store("north")
    path.parent.mkdir(parents=True, exist_ok=True)
    return open_sqlite(path)


def stored(where: Path, name: str, resolution: str) -> Columns:
    """Return a stored figure of the school."""
    with closing(opened(where)) as store:
        series = SeriesId(FIGURE, SCHOOL_SUBJECT, name, resolution)
        return store.series([series], from_ms(0), datetime(2100, 1, 1, tzinfo=UTC))[series]


def lose(where: Path, first: date, days: int) -> None:
    """Take the hours of some local days away."""
    with closing(opened(where)) as store:
        window = midnight(first, ZONE), midnight(first + timedelta(days=days), ZONE)
        nothing = Columns(np.empty(0, np.int64), {name: np.empty(0) for name in FIELDS[CONSUMPTION]})
        store.replace(SeriesId(CONSUMPTION, "hall", "electricity"), window, nothing)


def _put(store: SqliteStore, series: SeriesId, time_ms: np.ndarray, value: np.ndarray) -> None:
    numbers = {"value": value, "coverage": np.ones(len(value)), "estimated": np.zeros(len(value))}
    absent = np.full(len(value), np.nan)
    fields = {name: numbers.get(name, absent) for name in FIELDS[series.measurement]}
    if series.measurement == REGISTER:
        fields |= {"seconds": np.zeros(len(value)), "quality": _texts("live", value), "serial": _texts("", value)}
    store.replace(series, (from_ms(int(time_ms[0])), from_ms(int(time_ms[-1]) + 1)), Columns(time_ms, fields))


def _texts(text: str, like: np.ndarray) -> np.ndarray:
    return np.array([text] * len(like), object)
