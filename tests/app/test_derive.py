"""Journal → store → hours, days, months: the same end whatever the order, the slicing, and wherever it is killed."""

from __future__ import annotations

import random
import sqlite3
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from app import reopen
from app.derive import World, step
from campus.errors import StoreUnavailable
from campus.readings import Kind
from campus.registry import Arrival, Building, Change, Meter, Register, Registry, School
from campus.schema import CONSUMPTION, DAY, FIGURE, HOUR, MONTH, REGISTER, YEAR, SeriesId, to_ms
from campus.units import QUANTITIES
from ingest.checks import routes
from ingest.drain import Sinks, drain
from ingest.journal import Record, Writer
from ingest.payload import Item, formats
from ingest.payloads import native
from ingest.quarantine import QuarantineFile
from store.sqlite import open_sqlite

START = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 5, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
FORMATS = formats()


def meter(key, parent="", building="", **rest):
    register = Register(QUANTITIES["electricity"], "kWh", 8)
    return Meter(
        key,
        key,
        key,
        f"campus/s/{key}",
        "native",
        (register,),
        QUARTER,
        Arrival.LIVE,
        parent=parent,
        building=building,
        **rest,
    )


def registry(*meters):
    school = School("s", "校", "School", "primary", ZoneInfo("Asia/Shanghai"), "CN-SD", "CN")
    buildings = {key: Building(key, key, key, "teaching") for key in ("a", "b")}
    return Registry(school, buildings, meters={m.key: m for m in meters}, version="1")


PLAIN = registry(meter("main"), meter("sub-a", "main", "a"), meter("sub-b", "main", "b"))


class Pipe:
    """A data folder with its journal, store and cursors."""

    def __init__(self, folder: Path, schools: Registry = PLAIN) -> None:
        self.folder = folder
        self.registry = schools
        self.writer = Writer(folder / "journal" / "main")
        folder.joinpath("s").mkdir(exist_ok=True)
        self.store = open_sqlite(folder / "s" / "store.sqlite")
        self.quarantine = QuarantineFile(folder / "quarantine.sqlite", FORMATS)
        self.cursors = folder / "drain.json", folder / "derive.json"

    def journal(self, messages: list[tuple[str, bytes]]) -> None:
        arrived = to_ms(END)
        self.writer.append([Record(arrived, topic, payload) for topic, payload in messages])

    def drain(self, store=None) -> None:
        known = routes([self.registry], FORMATS)
        while drain(self.folder / "journal" / "main", self.cursors[0], known, self.sinks(store)) is not None:
            pass

    def sinks(self, store=None) -> Sinks:
        return Sinks({"s": store or self.store}, self.quarantine)

    def derive(self, store=None) -> None:
        known = routes([self.registry], FORMATS)
        world = World({"s": self.registry}, {"s": store or self.store})
        while step(self.folder / "journal" / "main", self.cursors, known, world) is not None:
            pass

    def close(self) -> None:
        self.writer.close()
        self.store.close()
        self.quarantine.close()

    def state(self) -> dict[str, list[tuple]]:
        """Every stored row, by plain SQL."""
        with closing(sqlite3.connect(self.folder / "s" / "store.sqlite")) as db:
            return {
                view: sorted(db.execute(f"SELECT * FROM {view}").fetchall())
                for view in ("register_view", "consumption_view", "figure_view")
            }


def readings(key: str, seed: int, count: int = 400) -> list[tuple[str, bytes]]:
    """Messages of one reading each, with a gap, a dip and an hour without use."""
    source = random.Random(seed)
    value, messages = 1000.0, []
    for number in range(count):
        value += source.choice([0.0, 0.25, 1.5])
        if not 100 <= number < 140:
            said = value - 0.5 if number == 200 else value
            item = Item(said, Kind.REGISTER, START + number * QUARTER)
            messages.append((f"campus/s/{key}", native.encode([item])))
    return messages


def everything() -> list[tuple[str, bytes]]:
    return [message for seed, key in enumerate(("main", "sub-a", "sub-b")) for message in readings(key, seed)]


@pytest.fixture(scope="module")
def in_order(tmp_path_factory):
    with closing(Pipe(tmp_path_factory.mktemp("in-order"))) as pipe:
        pipe.journal(everything())
        pipe.drain()
        pipe.derive()
        return pipe.state()


@pytest.fixture
def pipes(tmp_path):
    """Opens pipes in folders of their own, and closes them."""
    with ExitStack() as stack:

        def opened(name="pipe", schools=PLAIN):
            folder = tmp_path / name
            folder.mkdir()
            return stack.enter_context(closing(Pipe(folder, schools)))

        yield opened


def test_the_school_is_its_main_meter_and_a_building_its_own(in_order):
    figures = {row[:3] for row in in_order["figure_view"]}
    for subject in ("school", "building/a", "building/b"):
        assert {(subject, "electricity", resolution) for resolution in (HOUR, DAY, MONTH, YEAR)} <= figures
    main = sum(row[4] for row in in_order["figure_view"] if row[:3] == ("meter/main", "electricity", DAY))
    school = sum(row[4] for row in in_order["figure_view"] if row[:3] == ("school", "electricity", DAY))
    assert school == pytest.approx(main)


def test_a_year_is_the_sum_of_its_days_and_its_coverage_is_over_all_of_it(in_order):
    rows = [row for row in in_order["figure_view"] if row[:2] == ("school", "electricity")]
    year = [row for row in rows if row[2] == YEAR]
    days = [row for row in rows if row[2] == DAY]
    assert [row[3] for row in year] == [to_ms(datetime(2025, 12, 31, 16, tzinfo=UTC))]
    assert year[0][4] == pytest.approx(sum(row[4] for row in days))
    assert year[0][7] == pytest.approx(sum(row[7] for row in days) / 365)


def in_slices(pipe: Pipe, messages: list, source: random.Random, most: int) -> None:
    """Send messages in slices of drawn length, deriving after some of them and at the end."""
    while messages:
        cut = source.randint(1, most)
        pipe.journal(messages[:cut])
        messages = messages[cut:]
        pipe.drain()
        if source.random() < 0.6:
            pipe.derive()
    pipe.derive()


@pytest.mark.parametrize("seed", range(4))
def test_any_order_duplication_and_slicing_ends_in_the_same_state(pipes, in_order, seed):
    source = random.Random(seed)
    messages = everything()
    messages += source.sample(messages, 150)
    source.shuffle(messages)
    pipe = pipes()
    in_slices(pipe, messages, source, 400)
    assert pipe.state() == in_order


class Dying:
    """The store until its n-th change, at which the process would have been killed."""

    def __init__(self, store, changes: int) -> None:
        self._store, self._left = store, changes

    def __getattr__(self, name):
        found = getattr(self._store, name)
        if name == "replace_all":
            # Each of many stretches is a change of its own.
            return lambda stretches: [self.replace(*stretch) for stretch in stretches]
        if name not in ("write", "replace"):
            return found

        def counted(*arguments):
            self._left -= 1
            if self._left < 0:
                raise StoreUnavailable("killed here")
            return found(*arguments)

        return counted


@pytest.mark.parametrize("changes", [0, 1, 2, 3, 5, 8, 12, 14, 17, 21])
def test_killed_between_any_two_writes_the_next_run_ends_in_the_same_state(pipes, in_order, changes):
    pipe = pipes()
    pipe.journal(everything())
    dying = Dying(pipe.store, changes)
    with pytest.raises(StoreUnavailable):
        pipe.drain(dying)
        pipe.derive(dying)
    pipe.drain()
    pipe.derive()
    assert pipe.state() == in_order


def test_running_again_changes_nothing(pipes, in_order):
    pipe = pipes()
    for _ in range(2):
        pipe.journal(everything())
        pipe.drain()
        pipe.derive()
        assert pipe.state() == in_order


def test_a_ratio_entered_afterwards_reopens_the_figures_it_made(pipes, tmp_path):
    pipe = pipes("late")
    pipe.journal(everything())
    pipe.drain()
    pipe.derive()
    change = Change(START + timedelta(days=2), {"ratio": 40.0})
    pipe.registry = replace(PLAIN, meters=PLAIN.meters | {"sub-a": replace(PLAIN.meters["sub-a"], changes=(change,))})
    pipe.writer.close()
    reopen.reopen(tmp_path / "late" / "journal", tmp_path / "late" / "state.json", {"s": pipe.registry})
    desk = tmp_path / "late" / "journal" / "desk"
    known = routes([pipe.registry], FORMATS)
    cursors = tmp_path / "desk-drain.json", tmp_path / "desk-derive.json"
    drain(desk, cursors[0], known, pipe.sinks())
    step(desk, cursors, known, World({"s": pipe.registry}, {"s": pipe.store}))
    fresh = pipes("fresh", pipe.registry)
    fresh.journal(everything())
    fresh.drain()
    fresh.derive()
    assert pipe.state() == fresh.state()


def test_an_open_hour_stands_in_the_live_hours_and_in_no_figure(pipes):
    pipe = pipes()
    items = [Item(10.0 + n, Kind.REGISTER, START + n * QUARTER) for n in range(7)]
    pipe.journal([("campus/s/main", native.encode(items))])
    pipe.drain()
    pipe.derive()
    live = SeriesId(CONSUMPTION, "main", "electricity")
    hourly = SeriesId(FIGURE, "school", "electricity", HOUR)
    rows = pipe.store.series([live, hourly], START, START + timedelta(hours=3))
    assert rows[live].value.tolist() == [4.0, 2.0]
    assert rows[live].fields["coverage"].tolist() == [1.0, 0.5]
    assert rows[hourly].value.tolist() == [4.0]


def test_a_meter_read_once_a_day_gives_days_and_no_hours(pipes):
    daily = replace(meter("w"), interval=timedelta(days=1), arrival=Arrival.DAILY_FROZEN)
    pipe = pipes(schools=registry(daily))
    midnight = datetime(2026, 3, 1, 16, tzinfo=UTC)
    items = [Item(5.0 * n, Kind.REGISTER, midnight + timedelta(days=n)) for n in range(4)]
    pipe.journal([("campus/s/w", native.encode(items))])
    pipe.drain()
    pipe.derive()
    live = SeriesId(CONSUMPTION, "w", "electricity")
    days = SeriesId(FIGURE, "school", "electricity", DAY)
    rows = pipe.store.series([live, days], START, END)
    assert len(rows[live]) == 0
    assert rows[days].value.tolist() == [5.0, 5.0, 5.0]
    assert rows[days].fields["coverage"].tolist() == [1.0, 1.0, 1.0]
    assert not np.isnan(rows[days].value).any()


def test_registers_are_kept_as_they_were_said(pipes):
    pipe = pipes()
    pipe.journal(everything())
    pipe.drain()
    kept = pipe.store.series([SeriesId(REGISTER, "main", "electricity")], START, END)
    assert sum(map(len, kept.values())) == 360
