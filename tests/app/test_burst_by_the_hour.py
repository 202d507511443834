"""A burst does not wait for the morning: it is told and ends by the hour; what rouses nobody costs no look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.detector import Context, Detector
from analytics.detectors.burst import DETECTOR
from analytics.hours import Hours
from app.stand import Pass, Stand
from campus.registry import Arrival, Building, Meter, Register, Registry, School
from campus.results import Finding
from campus.schema import CONSUMPTION, REGISTER, Columns, Point, SeriesId, to_ms
from campus.units import QUANTITIES
from store.sqlite import SqliteStore, open_sqlite

HOUR = timedelta(hours=1)
START, DAYS = datetime(2026, 3, 1, 16, tzinfo=UTC), 45
MORNING = START + timedelta(days=DAYS, hours=6)  # of the day after the last whole one
WATER = ("main", "water")
METER = Meter(
    "main",
    "总表",
    "Main",
    "s/main",
    "native",
    (Register(QUANTITIES["water"], "m³", 8),),
    HOUR,
    Arrival.LIVE,
    building="a",
)
REGISTRY = Registry(
    School("s", "校", "School", "primary", ZoneInfo("Asia/Shanghai"), "CN-SD", "CN"),
    {"a": Building("a", "楼", "A", "teaching")},
    meters={"main": METER},
    version="1",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(open_sqlite(tmp_path / "store.sqlite")) as opened:
        yield opened


def _runs(store: SqliteStore, flows: dict[datetime, float], until: datetime) -> None:
    """Let a cubic metre run in each hour until an instant, and other flows [m³/h] from theirs on."""
    times = np.arange(to_ms(START), to_ms(until), to_ms(START + HOUR) - to_ms(START))
    value = np.ones(len(times))
    for since, flow in sorted(flows.items()):
        value[times >= to_ms(since)] = flow
    rows = Columns(times, {"value": value, "coverage": np.ones(len(times)), "estimated": np.zeros(len(times))})
    store.replace(SeriesId(CONSUMPTION, *WATER), (START, until), rows)
    store.write([Point(SeriesId(REGISTER, *WATER), to_ms(until), (1000.0, 0.0, "good", ""))])


def _told(stand: Stand) -> list[Finding]:
    verdict, _ = stand.verdicts["burst", *WATER]
    assert isinstance(verdict, list)
    return verdict


def test_a_burst_after_the_morning_is_told_when_its_second_hour_closes_and_ends_by_the_hour(
    store: SqliteStore,
) -> None:
    bursts, stand, told = {MORNING + 2 * HOUR: 20.0, MORNING + 6 * HOUR: 1.0}, None, []
    for passed in range(1, 12):
        _runs(store, bursts, MORNING + passed * HOUR)
        done = Pass(REGISTRY, store, {"burst": DETECTOR}, stand).stand({WATER: [(MORNING, MORNING + passed * HOUR)]})
        assert done is not None
        stand = done[0]
        told.append([(one.start, one.end) for one in _told(stand)])
    begun = MORNING + 2 * HOUR
    # Silent for its first hour, told from the second on, over when two hours are back to usual, and it stays so.
    assert told == [[]] * 3 + [[(begun, None)]] * 4 + [[(begun, MORNING + 6 * HOUR)]] * 4


def test_a_burst_of_the_night_that_ends_after_the_morning_ends_by_the_hour(store: SqliteStore) -> None:
    bursts = {MORNING - 4 * HOUR: 20.0, MORNING + HOUR: 1.0}
    _runs(store, bursts, MORNING + HOUR)
    first = Pass(REGISTRY, store, {"burst": DETECTOR}).stand({})
    assert first is not None
    assert [one.end for one in _told(first[0])] == [None]
    _runs(store, bursts, MORNING + 3 * HOUR)
    then = Pass(REGISTRY, store, {"burst": DETECTOR}, first[0]).stand({WATER: [(MORNING, MORNING + 3 * HOUR)]})
    assert then is not None
    assert [one.end for one in _told(then[0])] == [MORNING + HOUR]


def test_what_rouses_nobody_is_looked_at_in_the_morning_alone(store: SqliteStore) -> None:
    looked: list[datetime] = []

    def judge(hours: Hours, _context: Context) -> list[Finding]:
        looked.append(START + len(hours.value) * HOUR)
        return []

    def rule(flow: float) -> Detector:
        return Detector(
            "burst", "", "", frozenset({"water"}), judge, DETECTOR.message, DETECTOR.trade, DETECTOR.closes,
            rouses=lambda hours: bool((hours.value > flow).any()),
        )  # fmt: skip

    _runs(store, {}, MORNING + 5 * HOUR)
    Pass(REGISTRY, store, {"burst": rule(5.0)}).stand({})
    assert looked == [MORNING]
    Pass(REGISTRY, store, {"burst": rule(0.5)}).stand({})
    assert looked == [MORNING, MORNING, MORNING + 5 * HOUR]
