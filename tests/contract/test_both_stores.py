"""The same journal, drained and derived on each store, gives the same series and so the same panels."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from app.account import write_carbon
from app.derive import World, step
from app.usual import write_usual
from campus import calendar
from campus.ports import Store
from campus.readings import Kind
from campus.registry import Arrival, Building, Meter, Register, Registry, School
from campus.schema import CONSUMPTION, FIGURE, REGISTER, SCHOOL_SUBJECT, SeriesId, to_ms
from campus.units import QUANTITIES
from dashboards.charts import catalogue
from ingest.checks import routes
from ingest.drain import Sinks, drain
from ingest.journal import Record, Writer
from ingest.payload import Item, formats
from ingest.payloads import native
from ingest.quarantine import QuarantineFile
from store.sqlite import open_sqlite
from tests.contract.adapters import ADAPTERS

START = datetime(2026, 3, 1, 16, tzinfo=UTC)
DAYS = 12
END = START + timedelta(days=60)
FORMATS = formats()


def registry() -> Registry:
    quarter = timedelta(minutes=15)

    def meter(key: str, quantity: str, parent: str = "", building: str = "") -> Meter:
        register = (Register(QUANTITIES[quantity], QUANTITIES[quantity].unit, 8),)
        topic = f"campus/s/{key}"
        return Meter(
            key, key, key, topic, "native", register, quarter, Arrival.LIVE, parent=parent, building=building
        )

    school = School("s", "校", "School", "primary", ZoneInfo("Asia/Shanghai"), "CN-SD", "CN")
    meters = [meter("e", "electricity"), meter("e-a", "electricity", "e", "a"), meter("w", "water", "", "a")]
    return Registry(school, {"a": Building("a", "甲", "A", "teaching")}, meters={m.key: m for m in meters})


def fill(folder: Path, store: Store) -> None:
    """Publish twelve days with a gap, duplicates and disorder; drain, derive, and compute usual and carbon."""
    schools, source = registry(), random.Random(7)
    messages = []
    for key in schools.meters:
        value = 500.0
        for number in range(DAYS * 96):
            value += source.choice([0.0, 0.25, 1.0])
            if not 300 <= number < 330:
                item = Item(value, Kind.REGISTER, START + number * timedelta(minutes=15))
                messages.append((f"campus/s/{key}", native.encode([item])))
    messages += source.sample(messages, 50)
    source.shuffle(messages)
    with closing(Writer(folder / "journal")) as writer:
        writer.append([Record(to_ms(END), topic, payload) for topic, payload in messages])
    known, cursors = routes([schools], FORMATS), (folder / "drain.json", folder / "derive.json")
    with closing(QuarantineFile(folder / "quarantine.sqlite", FORMATS)) as quarantine:
        while drain(folder / "journal", cursors[0], known, Sinks({"s": store}, quarantine)) is not None:
            pass
    while step(folder / "journal", cursors, known, World({"s": schools}, {"s": store})) is not None:
        pass
    registers = [
        (meter.key, register.quantity.key) for meter in schools.meters.values() for register in meter.registers
    ]
    write_usual(store, schools, registers, calendar.morning(START + timedelta(days=DAYS), schools.school.timezone))
    write_carbon(store, schools, [START])


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedded")
    with closing(open_sqlite(folder / "store.sqlite")) as store:
        fill(folder, store)
        yield store


@pytest.fixture(scope="module", params=sorted(set(ADAPTERS) - {"sqlite"}))
def other(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("other")
    with ADAPTERS[request.param](folder) as opened:
        store = opened()
        fill(folder, store)
        yield store


def assert_same(one: Store, two: Store, ids: list[SeriesId]) -> None:
    assert ids
    left, right = (store.series(ids, START - timedelta(days=40), END) for store in (one, two))
    for series in ids:
        np.testing.assert_array_equal(left[series].time_ms, right[series].time_ms, str(series))
        for field, values in left[series].fields.items():
            np.testing.assert_array_equal(values, right[series].fields[field], f"{series} {field}")


@pytest.mark.parametrize("measurement", [REGISTER, CONSUMPTION, FIGURE])
def test_every_series_is_the_same_on_both_stores(embedded, other, measurement):
    assert embedded.ids(measurement) == other.ids(measurement)
    assert_same(embedded, other, embedded.ids(measurement))


def test_every_panel_selects_the_same_numbers_on_both_stores(embedded, other):
    schools, seen = registry(), 0
    for panel in catalogue().values():
        for subject in (SCHOOL_SUBJECT, "building/a", "meter/e-a"):
            ids = [selected.series for selected in panel.select(schools, subject)]
            if ids:
                assert_same(embedded, other, ids)
                rows = embedded.series(ids, START - timedelta(days=40), END)
                seen += sum(map(len, rows.values()))
    assert seen > 1000
