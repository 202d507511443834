"""The drain: killed anywhere it ends in the same state, and nothing is lost, doubled or held up by its neighbours."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.errors import StoreUnavailable
from campus.ports import Reason, Refused, Written
from campus.schema import REGISTER, Point, SeriesId
from ingest import cursor, journal
from ingest import drain as drain_module
from ingest.checks import routes
from ingest.journal import EVENT, RETAINED, JournalCorrupt, Position
from ingest.quarantine import Held, QuarantineFile
from store.sqlite import open_sqlite
from tests.ingest.schools import FORMATS, Place, meter, reading, school

MESSAGES = (
    ("s/main", reading(45, 1)),
    ("s/nobody", reading(45)),
    ("s/main", reading(30, 2)),
    ("s/gate", b'{"readings":[%s,{"register":true}]}' % reading(30, 5, "m³")),
    ("s/main", b"not json"),
    ("s/main", reading(30, 3)),
    ("s/main", reading(45, 1)),
    ("s/main", b'{"register":1e308,"unit":"MWh"}'),
    ("s/main", reading(15, 4)),
)


class Killed(Exception):
    """Stands for the process ending here."""


@dataclass
class Fuse:
    """Ends the process before or after a given step."""

    at: int
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise Killed


@dataclass
class FailingStore:
    """The real store, in a process that ends before it writes, or once it has written before it can say so."""

    store: Any
    fuse: Fuse

    def write(self, points: Sequence[Point]) -> Written:
        self.fuse.step()
        written = self.store.write(points)
        self.fuse.step()
        return written


@dataclass
class FailingQuarantine:
    """The real quarantine, likewise."""

    quarantine: Any
    fuse: Fuse

    def add(self, name: str, held: Sequence[Held]) -> None:
        self.fuse.step()
        self.quarantine.add(name, held)
        self.fuse.step()


@dataclass
class RefusingStore:
    """A real store that also refuses single points, by value."""

    store: Any
    bad: frozenset[float]

    def write(self, points: Sequence[Point]) -> Written:
        refused = tuple(Refused(point, "the server says: no") for point in points if point.values[0] in self.bad)
        written = self.store.write([point for point in points if point.values[0] not in self.bad])
        return Written((*refused, *written.refused), written.conflicts)


@dataclass
class AwayStore:
    """A store that is not there."""

    tried: list[int] = field(default_factory=list)

    def write(self, points: Sequence[Point]) -> Written:
        self.tried.append(len(points))
        raise StoreUnavailable("it is away")


def state(place: Place) -> tuple[object, ...]:
    return place.stored(), place.held(), cursor.load(place.cursor), place.stores["s"].conflicts()


def finished(folder: Path) -> tuple[object, ...]:
    """The state after everything went well."""
    place = Place(folder)
    place.hear(*MESSAGES)
    place.drain_all()
    return state(place)


def test_every_message_ends_in_the_store_or_in_quarantine(tmp_path):
    stored, held, at, _ = finished(tmp_path)
    assert {key[0]: value[0] for key, value in stored.items()} == {"main": 4.0, "gate": 5.0}
    assert len(stored) == 4
    assert held == [
        ("s/nobody", "unknown_topic", 0),
        ("s/gate", "not_a_number", 1),
        ("s/main", "undecodable", 0),
        ("s/main", "store_refused", 0),
    ]
    assert list(journal.read(tmp_path / "main", at)) == []


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
@pytest.mark.parametrize("kill_at", range(1, 13))
def test_killed_between_any_two_writes_it_ends_in_the_same_state(tmp_path, monkeypatch, kill_at, batch):
    monkeypatch.setattr(drain_module, "BATCH", batch)
    wanted = finished(tmp_path / "well")
    place, fuse = Place(tmp_path / "killed"), Fuse(kill_at)
    place.hear(*MESSAGES)
    failing = Place(
        tmp_path / "killed",
        stores={"s": FailingStore(place.stores["s"], fuse)},
        quarantine=FailingQuarantine(place.quarantine, fuse),
    )
    original = cursor.save

    def save(path: Path, position: Position, remembered: dict[str, str]) -> None:
        fuse.step()
        original(path, position, remembered)
        fuse.step()

    monkeypatch.setattr(cursor, "save", save)
    try:
        failing.drain_all()
        assert fuse.steps < kill_at
    except Killed:
        monkeypatch.setattr(cursor, "save", original)
        # What came meanwhile makes the next batch another one than the one cut short.
        place.drain_all()
    assert state(place)[:3] == wanted[:3]
    assert {(c.time_ms, c.old, c.new) for c in place.stores["s"].conflicts()} >= {
        (c.time_ms, c.old, c.new) for c in wanted[3]
    }


def test_what_a_store_refuses_is_held_alone_and_its_neighbours_are_stored(tmp_path):
    place = Place(tmp_path, stores={"s": RefusingStore(open_sqlite(tmp_path / "s.db"), frozenset({2.0, 3.0}))})
    batch = b'{"readings":[%s,%s,%s,%s]}' % (reading(60, 1), reading(45, 2), reading(30, 3), reading(15, 4))
    place.hear(("s/main", batch), ("s/main", reading(10, 2)), ("s/main", reading(5, 6)))
    (drained,) = place.drain_all()
    assert drained.held == 3 and drained.messages == 3
    assert [(topic, reason) for topic, reason, _ in place.held()] == [("s/main", "store_refused")] * 3
    assert [item for _, _, item in place.held()] == [1, 2, 0], "each at its number inside its own message"
    assert "the server says: no" in place.quarantine.entries()[0].detail
    place.stores = {"s": place.stores["s"].store}
    assert sorted(value[0] for value in place.stored().values()) == [1.0, 4.0, 6.0]


def test_equal_readings_that_are_refused_are_each_held_under_their_own_message(tmp_path):
    place = Place(tmp_path, stores={"s": RefusingStore(open_sqlite(tmp_path / "s.db"), frozenset({2.0}))})
    place.hear(("s/main", reading(10, 2)), ("s/main", reading(10, 2)))
    place.drain_all()
    assert len({entry.offset for entry in place.quarantine.entries()}) == 2


def test_a_store_that_is_away_holds_the_cursor_and_loses_nothing(tmp_path):
    away = AwayStore()
    place = Place(tmp_path)
    place.hear(*MESSAGES)
    held_up = Place(tmp_path, stores={"s": away}, quarantine=place.quarantine)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            held_up.drain()
    assert cursor.load(place.cursor) == Position() and len(away.tried) == 3
    place.drain_all()
    assert state(place) == finished(tmp_path / "well")


def test_a_quarantine_that_is_locked_holds_the_cursor(tmp_path, monkeypatch):
    monkeypatch.setattr("ingest.quarantine.BUSY_S", 0.05)
    place = Place(tmp_path)
    place.hear(("s/nobody", b"1"))
    other = sqlite3.connect(tmp_path / "quarantine.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreUnavailable, match=r"quarantine.*locked"):
        place.drain()
    assert cursor.load(place.cursor) == Position()
    other.execute("ROLLBACK")
    other.close()
    place.drain_all()
    assert place.held() == [("s/nobody", "unknown_topic", 0)]


def test_duplicates_are_harmless(tmp_path):
    once, often = Place(tmp_path / "once"), Place(tmp_path / "often")
    once.hear(*MESSAGES[::2])
    once.drain_all()
    for _ in range(3):
        often.hear(*MESSAGES[::2])
        often.drain_all()
    assert once.stored() == often.stored()


def test_two_values_under_one_identity_are_a_conflict_and_the_later_arrival_wins(tmp_path):
    place = Place(tmp_path)
    place.hear(("s/main", reading(30, 2)))
    place.drain_all()
    place.hear(("s/main", reading(30, 3)), ("s/main", reading(30, 3)))
    (drained,) = place.drain_all()
    assert drained.conflicts == 1
    (conflict,) = place.stores["s"].conflicts()
    assert (conflict.old, conflict.new) == (2.0, 3.0)
    assert conflict.series == SeriesId(REGISTER, "main", "electricity")
    assert [value[0] for value in place.stored().values()] == [3.0]


def test_an_interval_a_level_and_an_assumed_time_are_told_apart_in_the_store(tmp_path):
    place = Place(tmp_path)
    interval = (
        b'{"start":"2026-11-22T07:00:00Z","end":"2026-11-22T07:30:00Z","used":2,"serial":"A","quality":"manual"}'
    )
    place.hear(("s/main", interval), ("s/outside", b'{"gauge":-3.5}'), ("s/gate", b'{"register":1000}'))
    place.drain_all()
    found = {key[0]: value for key, value in place.stored().items()}
    assert found == {
        "main": (2.0, 1800.0, "manual", "A"),
        "outside": (-3.5, -1.0, "arrival", ""),
        "gate": (1.0, 0.0, "arrival", ""),
    }


def test_what_the_broker_had_kept_is_known_as_such_after_the_journal(tmp_path):
    place = Place(tmp_path)
    place.hear(("s/main", b'{"register":1}'), flags=RETAINED)
    place.drain_all()
    assert place.held() == [("s/main", "bad_time", 0)]


def test_changes_people_made_pass_the_drain_by(tmp_path):
    place = Place(tmp_path)
    place.hear(("registry/s", b"{}"), flags=EVENT)
    (drained,) = place.drain_all()
    assert (drained.messages, drained.readings, drained.held) == (1, 0, 0)
    assert not place.stored() and not place.held()


def test_each_school_s_readings_go_to_its_own_store(tmp_path):
    known = routes([school(), school([meter("main", "n/main")], key="n")], FORMATS)
    stores = {"s": open_sqlite(tmp_path / "s.db"), "n": open_sqlite(tmp_path / "n.db")}
    place = Place(tmp_path, known, stores)
    place.hear(("s/main", reading(1, 1)), ("n/main", reading(1, 2)))
    place.drain_all()
    assert [value[0] for value in place.stored("s").values()] == [1.0]
    assert [value[0] for value in place.stored("n").values()] == [2.0]


def test_a_damaged_journal_is_drained_up_to_the_damage_and_not_beyond(tmp_path):
    place = Place(tmp_path)
    place.hear(("s/main", reading(30, 1)), ("s/main", reading(15, 2)), ("s/main", reading(10, 3)))
    place.hear(("s/main", reading(5, 4)))
    path = place.journal / "000000000001.seg"
    data = path.read_bytes()
    at = data.index(b'"register":2')
    path.write_bytes(data[:at] + b"X" + data[at + 1 :])
    place.drain()
    for _ in range(2):
        with pytest.raises(JournalCorrupt):
            place.drain()
    assert [value[0] for value in place.stored().values()] == [1.0]
    path.write_bytes(data)
    place.drain_all()
    assert sorted(value[0] for value in place.stored().values()) == [1.0, 2.0, 3.0, 4.0]


JUNK = st.binary(max_size=40) | st.sampled_from(
    [
        b'{"register":1,"unit":"?\\ud800"}',
        b'{"register":1,"serial":"\\ud800"}',
        b'{"register":1,"serial":"\\u0000"}',
        b'{"register":1,"unit":"\\ud800","channel":"\\udfff"}',
        b'{"register":1,"quantity":"\\ud800"}',
        b'{"register":"' + b"9" * 5000 + b'"}',
        b'{"time":"' + b"9" * 5000 + b'","register":1}',
        b'{"register":' + b"9" * 5000 + b"}",
        b'{"register":1,"time":253402300799}',
        b'{"register":1,"time":-62135596800}',
    ]
)


@settings(deadline=None)  # each example has a journal and a store of its own on disk
@given(
    messages=st.lists(st.tuples(st.sampled_from(["s/main", "s/both", "shellies/em-cc/emeter/0/total", "x"]), JUNK))
)
def test_no_message_whatever_it_holds_stops_those_behind_it(tmp_path_factory, messages):
    place = Place(tmp_path_factory.mktemp("drain"))
    place.hear(*messages, ("s/main", reading(1, 7)))
    place.drain_all()
    assert 7.0 in [value[0] for value in place.stored().values()]
    assert all(Reason(reason) for _, reason, _ in place.held())
    for opened in (place.quarantine, *place.stores.values()):
        opened.close()


def test_a_new_process_finds_the_quarantine_and_the_cursor_of_the_last_one(tmp_path):
    place = Place(tmp_path)
    place.hear(*MESSAGES[:2])
    place.drain_all()
    place.quarantine.close()
    again = Place(tmp_path, stores=place.stores, quarantine=QuarantineFile(tmp_path / "quarantine.db", FORMATS))
    assert again.drain() is None
    assert again.held() == [("s/nobody", "unknown_topic", 0)]
