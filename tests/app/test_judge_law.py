"""Judged hour by hour, with late readings, gaps and changed registries, a school stands as if judged once at the end.

The rules here find nothing: each tells all it has seen, so that verdicts are equal only where that was equal.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.around import BESIDE, BREAKS, CHILDREN, LIKE, PARENT, QUARTERS, WEATHER
from analytics.detector import Context, Detector
from analytics.hours import Hours
from analytics.meter_words import bare
from app.derive import Touched, World, derive
from app.judge import Changed, Judge
from app.windows import DAY_MS
from campus.registry import Account, Arrival, Building, Meter, Register, Registry, School, Term
from campus.results import Finding
from campus.said import Said
from campus.schema import (
    FIGURE,
    HOUR,
    REGISTER,
    SCHOOL_SUBJECT,
    WEATHER_TEMPERATURE,
    Columns,
    Point,
    SeriesId,
    from_ms,
    to_ms,
)
from campus.tariff import Tariff
from campus.trades import Trade
from campus.units import QUANTITIES
from ledger import open_ledger
from store.sqlite import SqliteStore, open_sqlite
from tests.sizes import examples

START = datetime(2026, 3, 1, 16, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
# Days that are there before the first pass, and hours that come piece by piece.
DAYS, HOURS = 9, 60
NEEDS = (PARENT, CHILDREN, LIKE, BREAKS, BESIDE, WEATHER, QUARTERS)


def _meter(key: str, quantity: str, parent: str, building: str) -> Meter:
    register = (Register(QUANTITIES[quantity], QUANTITIES[quantity].unit, 8),)
    place = {"parent": parent, "building": building}
    return Meter(key, key, key, f"s/{key}", "native", register, QUARTER, Arrival.LIVE, **place)


METERS = [
    replace(_meter("main", "electricity", "", ""), account="power"),
    _meter("a", "electricity", "main", "a"),
    _meter("b", "electricity", "main", "b"),
    _meter("water", "water", "", "a"),
]
EVERY: Changed = {("s", meter.key, register.quantity.key): [] for meter in METERS for register in meter.registers}
PLAIN = Registry(
    School("s", "校", "School", "primary", ZoneInfo("Asia/Shanghai"), "CN-SD", "CN"),
    {key: Building(key, key, key, "teaching") for key in ("a", "b")},
    {"power": Account("power", "electricity", "1", "two_part", Tariff("kWh", (), by_demand=100.0))},
    meters={meter.key: meter for meter in METERS},
    version="1",
)
TERM = Term(date(2026, 3, 10), date(2026, 3, 12), "holiday")
CHANGED = replace(PLAIN, school=replace(PLAIN.school, terms=(TERM,)), version="2")


def seen(hours: Hours, context: Context) -> list[Finding]:
    """Return a finding that tells all that was to be seen, but for the place in memory."""
    around = context.around
    others = [
        *around.parent.values(),
        *around.children.values(),
        *around.like.values(),
        *(beside.hours for beside in around.beside),
        *([around.temperature] if around.temperature else []),
        *([around.quarters] if around.quarters else []),
    ]
    told = sha256(repr((around.breaks, context.school.terms, context.price, context.submetered)).encode())
    for one in (hours, *others):
        for name in one.__slots__:
            told.update(getattr(one, name).tobytes())
    if not len(hours.start_ms):
        return []
    span = from_ms(hours.start_ms[0]), None
    found = bare("seen", context, span, from_ms(hours.start_ms[-1]))
    return [replace(found, facts={**found.facts, "told": told.hexdigest()})]


def _rouses(hours: Hours) -> bool:
    """Every other hour or so, by what ran in all of them."""
    return bool(len(hours.value)) and int(np.nansum(hours.value) * 4) % 2 == 0


def _rule(name: str, needs: frozenset[str], rouses: Callable[[Hours], bool] | None) -> Detector:
    def judge(hours: Hours, context: Context) -> list[Finding]:
        return [replace(found, rule=name) for found in seen(hours, context)]

    quantities = frozenset({"electricity", "water"})
    return Detector(name, "", "", quantities, judge, lambda *_: "", Trade.ENERGY, Said("", ""), needs, rouses)


def _registers(key: str) -> list[Point]:
    """Return a meter's readings: it counts unevenly, one starts anew, and one is away for a day."""
    source = np.random.default_rng(len(key) + ord(key[0]))
    count = DAYS * 96 + HOURS * 4 + 1
    value = 1000 + np.cumsum(source.choice([0.0, 0.25, 1.0], count))
    if key == "b":
        value[DAYS * 96 + 70 :] -= value[DAYS * 96 + 70] - 3.0
    kept = [n for n in range(count) if not (key == "water" and 300 <= n < 400)]
    series = SeriesId(REGISTER, key, next(iter(PLAIN.meters[key].registers)).quantity.key)
    return [Point(series, to_ms(START + n * QUARTER), (float(value[n]), 0.0, "good", "")) for n in kept]


POINTS = {key: _registers(key) for key in PLAIN.meters}


def _add(store: SqliteStore, registry: Registry, points: list[Point]) -> Changed:
    """Store readings, derive what they touch, and return what changed."""
    store.write(points)
    touched = Touched()
    for series, time_ms, _ in points:
        touched.add(("s", series.subject, series.name), time_ms, time_ms)
    return derive(touched, World({"s": registry}, {"s": store}))


def _weather(store: SqliteStore, until: datetime, shift: float = 0.0) -> None:
    times = np.arange(to_ms(START), to_ms(until), 3_600_000)
    rows = Columns(times, {"value": times % 977 / 40 + shift})
    store.replace(SeriesId(FIGURE, SCHOOL_SUBJECT, WEATHER_TEMPERATURE, HOUR), (START, until), rows)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store after the first days, derived."""
    path = tmp_path_factory.mktemp("law") / "store.sqlite"
    with closing(open_sqlite(path)) as store:
        early = [p for points in POINTS.values() for p in points if p.time_ms <= to_ms(START) + DAYS * DAY_MS]
        _add(store, PLAIN, early)
        _weather(store, START + timedelta(days=DAYS))
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@dataclass
class Place:
    """A school's store and ledger in a folder, judged by one process."""

    folder: Path
    rules: dict[str, Detector]
    registry: Registry = PLAIN
    judge: Judge = field(init=False)
    store: SqliteStore = field(init=False)

    def __post_init__(self) -> None:
        self.store = open_sqlite(self.folder / "store.sqlite")
        self.book = open_ledger(f"sqlite:///{self.folder}/ledger.sqlite", lambda: START + timedelta(days=30))
        self.judge = Judge(self.book, self.rules)

    def judged(self, changed: Changed) -> None:
        layout = SimpleNamespace(data=SimpleNamespace(root=self.folder))
        installation = SimpleNamespace(registries={"s": self.registry}, stores={"s": self.store}, settings=layout)
        self.judge(installation, changed)

    def stands(self) -> tuple[object, ...]:
        """Return all that was reckoned: figures, and findings in force as rules and people see them."""
        ids = self.store.ids(FIGURE)
        rows = self.store.series(ids, START, START + timedelta(days=90))
        figures = {
            one: [rows[one].time_ms.tobytes(), *(values.tobytes() for values in rows[one].fields.values())]
            for one in ids
        }
        episodes = sorted(
            ((e.finding.rule, e.finding.subject, str(e.state), repr(e.finding)) for e in self.book.episodes("s")),
        )
        return figures, episodes

    def close(self) -> None:
        self.book.close()
        self.store.close()


@pytest.fixture
def folders(tmp_path: Path, begun: Path) -> Iterator[object]:
    made: list[Place] = []

    def opened(rules: dict[str, Detector], of: Path = begun, registry: Registry = PLAIN) -> Place:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        with closing(sqlite3.connect(of)) as db, closing(sqlite3.connect(folder / "store.sqlite")) as copy:
            db.backup(copy)
        made.append(Place(folder, rules, registry))
        return made[-1]

    yield opened
    for place in made:
        place.close()
        shutil.rmtree(place.folder)


steps = st.lists(
    st.tuples(
        st.integers(1, 26),  # hours that pass
        st.sets(st.sampled_from(sorted(PLAIN.meters)), max_size=2),  # meters whose readings are held back meanwhile
        st.sets(st.sampled_from(sorted(PLAIN.meters)), max_size=2),  # meters of which only whole hours come
        st.sampled_from(("", "", "", "registry", "weather", "old weather")),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, needs=st.sets(st.sampled_from(NEEDS)), release=st.booleans())
def test_law_hour_by_hour_is_as_once_over_everything(folders, steps, needs, release) -> None:  # type: ignore[no-untyped-def]
    wanted = frozenset(needs)
    rules = {"day": _rule("day", wanted, None), "hour": _rule("hour", wanted, _rouses)}
    place, hour = folders(rules), DAYS * 24
    place.judged(EVERY)
    left = {key: [p for p in points if p.time_ms > to_ms(START) + DAYS * DAY_MS] for key, points in POINTS.items()}
    for number, (passed, away, thin, happens) in enumerate(steps):
        hour = min(hour + passed, DAYS * 24 + HOURS)
        last = release and number == len(steps) - 1
        come = [
            point
            for key, points in left.items()
            for point in points
            if point.time_ms <= to_ms(START + timedelta(hours=hour))
            and (last or (key not in away and (key not in thin or point.time_ms % 3_600_000 == 0)))
        ]
        left = {key: [point for point in points if point not in come] for key, points in left.items()}
        if happens == "registry":
            place.registry = CHANGED if place.registry is PLAIN else PLAIN
        elif happens:
            _weather(place.store, START + timedelta(hours=hour), shift=0.5 * number * (happens == "old weather"))
        changed = _add(place.store, place.registry, come)
        # As the deriving process does: a changed registry has every school judged.
        place.judged(EVERY | changed if happens == "registry" else changed)
    fresh = folders(rules, place.folder / "store.sqlite", place.registry)
    with closing(sqlite3.connect(fresh.folder / "store.sqlite")) as db:
        db.execute("DELETE FROM figure WHERE series IN (SELECT id FROM series WHERE name LIKE 'usual/%')")
        db.commit()
    fresh.judged(EVERY)
    assert place.judge._stands["s"].verdicts == fresh.judge._stands["s"].verdicts
    (figures, episodes), (expected, expected_episodes) = place.stands(), fresh.stands()
    assert {one for one in expected if expected[one] != figures.get(one)} == set()
    assert set(figures) == set(expected)
    assert episodes == expected_episodes
