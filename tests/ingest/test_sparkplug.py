"""Sparkplug sessions: an alias means what a birth that surely holds says, wherever the drain is cut, or it waits."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import derive, desk
from campus.readings import Reject
from campus.registry import Register
from campus.schema import to_ms
from campus.units import QUANTITIES
from ingest import cursor, journal, sessions
from ingest import drain as drain_module
from ingest.births import Births, dump, heard, load, place
from ingest.checks import Routed, routes
from ingest.journal import Position
from ingest.payload import Message
from ingest.protobuf import Malformed, Wire, fields
from ingest.sessions import Hearing
from ingest.sparkplug import DOUBLE, Metric, Payload, parse
from ingest.sparkplug_write import of_double, rebirth, written
from tests.ingest.golden import FOLDER
from tests.ingest.schools import FORMATS, NOW, Place, meter, school
from tests.ingest.test_drain import FailingQuarantine, FailingStore, Fuse, Killed
from tests.sizes import examples

NODE, DEVICE = "spBv1.0/g/{}/n", "spBv1.0/g/{}/n/d"
METERS = [
    meter("main", "spBv1.0/g/n/d", format="sparkplug_b", channel="Energy"),
    meter("water", "spBv1.0/g/n/d", "water", "m³", format="sparkplug_b", channel="Volume"),
]
KNOWN = routes([school(METERS)], FORMATS)
T = to_ms(NOW) - 3_600_000
DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "payloads" / "sparkplug_b"


def node_birth(seq=0, number=1):
    return NODE.format("NBIRTH"), written(Payload(T, (Metric("bdSeq", kind=4, value=Wire(11, number)),), seq))


def device_birth(seq, energy=1, volume=2, minute=0, **values):
    """A birth whose counters have these aliases; only those with a value say one."""
    told = (("Energy", energy, "kWh"), ("Volume", volume, "m³"))
    metrics = tuple(
        Metric(
            name,
            alias,
            T + 60_000 * minute,
            DOUBLE,
            null=name not in values,
            unit=unit,
            value=of_double(values[name]) if name in values else None,
        )
        for name, alias, unit in told
    )
    return DEVICE.format("DBIRTH"), written(Payload(T, metrics, seq))


def data(seq, minute, **values):
    """Data by alias: a1=5 says that alias 1 stands at 5."""
    metrics = tuple(
        Metric(alias=int(name[1:]), time_ms=T + 60_000 * minute, value=of_double(value))
        for name, value in values.items()
    )
    return DEVICE.format("DDATA"), written(Payload(T, metrics, seq))


def death(number=1):
    return NODE.format("NDEATH"), written(Payload(T, (Metric("bdSeq", kind=4, value=Wire(11, number)),)))


BORN = (node_birth(), device_birth(1, Energy=1.0, Volume=10.0))


def stored(place):
    """Return (meter, minute, value) of what was stored."""
    return sorted((key[0], (key[2] - T) // 60_000, value[0]) for key, value in place.stored().items())


def reasons(place):
    return [reason for _, reason, _ in place.held()]


def drained(folder, *messages):
    """Return a place where these messages were heard and drained."""
    at = Place(folder / "journal", KNOWN)
    at.hear(*messages)
    at.drain_all()
    return at


def test_data_by_alias_is_stored_under_the_names_of_the_birth(tmp_path):
    at = drained(tmp_path, *BORN, data(2, 1, a1=2.0), data(3, 2, a2=20.0, a1=3.0))
    assert stored(at) == [
        ("main", 0, 1.0),
        ("main", 1, 2.0),
        ("main", 2, 3.0),
        ("water", 0, 10.0),
        ("water", 2, 20.0),
    ]
    assert not at.held()


def test_data_before_any_birth_waits(tmp_path):
    at = drained(tmp_path, data(7, 1, a1=2.0, a2=3.0))
    assert not at.stored() and reasons(at) == ["birth_missing"]


def test_a_hole_in_the_sequence_may_hide_a_birth(tmp_path):
    at = drained(
        tmp_path, *BORN, data(3, 1, a1=2.0), data(4, 2, a1=3.0), device_birth(5, 2, 1, 3), data(6, 4, a1=44.0)
    )
    assert stored(at) == [("main", 0, 1.0), ("water", 0, 10.0), ("water", 4, 44.0)]
    assert reasons(at) == ["birth_missing", "birth_missing", "not_a_number", "not_a_number"]


def test_a_copy_of_a_message_is_no_hole_and_255_is_followed_by_0(tmp_path):
    at = drained(tmp_path, node_birth(254), device_birth(255, Energy=1.0), data(0, 1, a1=2.0), data(0, 1, a1=2.0))
    assert stored(at) == [("main", 0, 1.0), ("main", 1, 2.0)]


def test_a_node_born_again_says_its_devices_again(tmp_path):
    at = drained(tmp_path, *BORN, node_birth(), data(1, 1, a1=2.0))
    assert stored(at) == [("main", 0, 1.0), ("water", 0, 10.0)] and reasons(at) == ["birth_missing"]


def test_a_death_ends_its_own_session_and_no_later_one(tmp_path):
    alive = drained(tmp_path / "a", node_birth(number=2), device_birth(1, Energy=1.0), death(1), data(2, 1, a1=2.0))
    assert ("main", 1, 2.0) in stored(alive)
    dead = drained(tmp_path / "b", *BORN, death(1), data(2, 1, a1=2.0))
    assert reasons(dead) == ["birth_missing"]


def test_an_alias_no_birth_told_waits_while_its_neighbours_are_stored(tmp_path):
    at = drained(tmp_path, *BORN, data(2, 1, a9=5.0, a1=2.0))
    assert ("main", 1, 2.0) in stored(at) and reasons(at) == ["birth_missing"]


def test_a_kept_message_is_not_of_the_session(tmp_path):
    at = Place(tmp_path / "journal", KNOWN)
    at.hear(*BORN)
    at.hear(data(9, 1, a1=2.0), flags=journal.RETAINED)
    at.hear(data(2, 2, a1=3.0))
    at.drain_all()
    assert ("main", 2, 3.0) in stored(at)


def replayed(at, folder):
    """Put all that waits into the journal again, drain the desk, and return how many messages that were."""
    at.cursor.replace(cursor_of(folder))
    count = desk.replay(folder / "journal", at.quarantine)
    with_desk = drain_module.Sinks(at.stores, at.quarantine)
    while drain_module.drain(folder / "journal" / desk.NAME, folder / "desk.json", KNOWN, with_desk):
        pass
    return count


def cursor_of(folder):
    path = folder / "cursors" / "drain" / "main.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_what_waited_for_a_birth_is_stored_once_the_node_is_born_again(tmp_path):
    at = drained(tmp_path, data(7, 1, a1=2.0), *BORN)
    assert replayed(at, tmp_path) == 1
    assert stored(at) == [("main", 0, 1.0), ("main", 1, 2.0), ("water", 0, 10.0)]
    assert not at.quarantine.entries()


@pytest.mark.parametrize(
    "between",
    [
        (*BORN, data(3, 1, a1=2.0), node_birth(), device_birth(1, 2, 1)),
        (*BORN, data(3, 1, a1=2.0), death(), node_birth(number=2), device_birth(1, Energy=1.0)),
        (*BORN, data(3, 1, a1=2.0), node_birth(number=2), device_birth(1, Energy=1.0)),
    ],
    ids=["an alias that moved", "a death in between", "another session"],
)
def test_a_later_birth_explains_only_what_it_surely_explains(tmp_path, between):
    at = Place(tmp_path / "journal", KNOWN)
    for number, message in enumerate(between):
        at.hear(message, arrived=NOW.replace(second=number))
    at.drain_all()
    waiting = reasons(at).count("birth_missing")
    replayed(at, tmp_path)
    assert waiting == 1 and ("main", 1, 2.0) not in stored(at) and ("water", 1, 2.0) not in stored(at)
    assert [entry.reason for entry in at.quarantine.entries()].count("birth_missing") == 1


def test_a_device_is_found_among_what_waits_by_the_topic_it_is_registered_under(tmp_path):
    at = Place(tmp_path, routes([school([])], FORMATS))
    at.hear(*BORN, data(2, 1, a1=2.0), ("other", b"1"))
    at.drain_all()
    topics = [message.topic for _, message in at.quarantine.waiting("spBv1.0/g/n/d")]
    assert topics == [DEVICE.format("DBIRTH"), DEVICE.format("DDATA")]
    assert {new.format for new in at.quarantine.new_topics() if new.topic != "other"} >= {"sparkplug_b"}


moments = st.one_of(
    st.tuples(st.just("node"), st.integers(0, 1), st.integers(1, 2)),
    st.tuples(st.just("device"), st.integers(0, 3), st.booleans()),
    st.tuples(st.just("data"), st.integers(0, 3), st.integers(1, 3)),
    st.tuples(st.just("death"), st.integers(1, 2), st.none()),
)


def said(moment, minute):
    kind, first, second = moment
    if kind == "node":
        return node_birth(first, second)
    if kind == "device":
        return device_birth(first, *((1, 2) if second else (2, 1)), minute, Energy=float(minute))
    return data(first, minute, **{f"a{second}": float(minute)}) if kind == "data" else death(first)


@settings(deadline=None, max_examples=examples(40))  # each example opens two stores
@given(st.lists(moments, max_size=12), st.integers(1, 4))
def test_the_same_journal_reads_the_same_in_batches_of_any_size(tmp_path_factory, moments, batch):
    messages = [said(moment, minute) for minute, moment in enumerate(moments)]
    folder = tmp_path_factory.mktemp("spark")
    whole = drained(folder / "whole", *messages)
    cut = Place(folder / "cut" / "journal", KNOWN)
    cut.hear(*messages)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drain_module, "BATCH", batch)
        cut.drain_all()
    assert (cut.stored(), cut.held()) == (whole.stored(), whole.held())
    assert cursor.memory(cut.cursor) == cursor.memory(whole.cursor)


STORY = (
    data(7, 0, a1=9.0),
    *BORN,
    data(2, 1, a1=2.0),
    data(4, 2, a1=3.0),
    node_birth(),
    device_birth(1, 2, 1),
    data(2, 3, a1=4.0),
)


@pytest.mark.parametrize("at", range(1, 19))
def test_killed_anywhere_the_drain_ends_in_the_same_state(tmp_path, monkeypatch, at):
    monkeypatch.setattr(drain_module, "BATCH", 2)
    expected = drained(tmp_path / "whole", *STORY)
    cut = Place(tmp_path / "cut" / "journal", KNOWN)
    cut.hear(*STORY)
    fuse, stores, quarantine = Fuse(at), cut.stores, cut.quarantine
    cut.stores = {"s": FailingStore(stores["s"], fuse)}
    cut.quarantine = FailingQuarantine(quarantine, fuse)

    def save(*arguments):
        fuse.step()
        original(*arguments)
        fuse.step()

    original = cursor.save
    monkeypatch.setattr(cursor, "save", save)
    with pytest.raises(Killed):
        cut.drain_all()
    monkeypatch.setattr(cursor, "save", original)
    cut.stores, cut.quarantine = stores, quarantine
    cut.drain_all()
    assert (cut.stored(), cut.held()) == (expected.stored(), expected.held())
    assert cursor.memory(cut.cursor) == cursor.memory(expected.cursor)


def test_what_follows_from_the_journal_knows_the_births_too(tmp_path):
    at = drained(tmp_path, *BORN, data(2, 1, a1=2.0))
    entries = list(journal.read(at.journal, Position()))
    hearing = Hearing(KNOWN)
    touched, place_ = derive.touched_between(at.journal, Position(), entries[1].next, hearing)
    assert set(touched.days) == {("s", "main", "electricity"), ("s", "water", "water")}
    touched, _ = derive.touched_between(at.journal, place_, entries[2].next, Hearing(KNOWN, hearing.memory))
    assert set(touched.days) == {("s", "main", "electricity")}


def test_what_is_remembered_of_strangers_is_bounded(monkeypatch):
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 2)
    hearing = Hearing(KNOWN)
    for number in range(5):
        sessions.read(hearing, Message(f"spBv1.0/g/NBIRTH/n{number}", node_birth()[1], NOW))
    assert len(hearing.memory) == 2
    monkeypatch.setattr(sessions, "LONGEST", 10)
    sessions.read(hearing, Message("spBv1.0/g/NBIRTH/n0", node_birth()[1], NOW))
    assert len(hearing.memory) == 1


@given(st.lists(moments, max_size=8))
def test_births_are_the_same_after_they_were_written_down(moments):
    births = Births()
    for minute, moment in enumerate(moments):
        topic, payload = said(moment, minute)
        births = heard(births, place(topic), parse(payload), T + minute)
        assert load(dump(births)) == births


@given(st.binary(max_size=80))
def test_any_bytes_are_fields_or_malformed(payload):
    for read in (lambda data: list(fields(data)), parse):
        try:
            read(payload)
        except Malformed as error:
            assert str(error)


@pytest.mark.parametrize("case", ["device_birth_of_all_types", "units_beside_and_in_names", "node_birth"])
@given(draw=st.data())
def test_a_damaged_birth_is_refused_or_still_a_birth(case, draw):
    topic = (FOLDER / "sparkplug_b" / case / "topic").read_text().strip()
    payload = bytearray((FOLDER / "sparkplug_b" / case / "payload").read_bytes())
    for at in draw.draw(st.lists(st.integers(0, len(payload) - 1), min_size=1, max_size=3)):
        payload[at] = draw.draw(st.integers(0, 255))
    hearing = Hearing(KNOWN)
    for result in sessions.read(hearing, Message(topic, bytes(payload), NOW)):
        assert isinstance(result, Routed | Reject)
    assert all(isinstance(json.loads(text), dict) for text in hearing.memory.values())


def test_a_rebirth_is_asked_for_by_the_command_of_the_specification():
    payload = parse(rebirth(T))
    assert [(m.name, m.kind, m.value) for m in payload.metrics] == [("Node Control/Rebirth", 11, Wire(14, 1))]
    assert payload.time_ms == T and payload.seq is None


TYPES = {"Int64": 4, "UInt64": 8, "Float": 9, "Double": 10, "Boolean": 11, "String": 12}
FIELDS = {"Int64": 11, "UInt64": 11, "Boolean": 14}


@pytest.mark.skipif(not DATA.is_dir(), reason="the specification's payloads lie in ../shared/data/payloads")
def test_the_payloads_of_the_specification_are_read_and_hold_no_counter():
    bodies = json.loads((DATA / "spec_payload_examples_nbsp_replaced.json").read_text(encoding="utf-8"))
    assert len(bodies) > 5
    for body in bodies:
        metrics = [
            Metric(m["name"], m.get("alias"), m["timestamp"], TYPES[m["dataType"]], value=_wire(m))
            for m in body.get("metrics", ())
        ]
        payload = Payload(body["timestamp"], tuple(metrics), body.get("seq"))
        assert parse(written(payload)) == payload
        found = FORMATS["sparkplug_b"].decode(Message(DEVICE.format("DBIRTH"), written(payload), NOW))
        assert found == []


def _wire(metric):
    kind, value = metric["dataType"], metric["value"]
    if kind == "String":
        return Wire(15, value.encode())
    return Wire(FIELDS[kind], int(value)) if kind in FIELDS else of_double(value)


def test_a_meter_without_its_own_export_register_is_told_so():
    only = meter(
        "main", "spBv1.0/g/n/d", format="sparkplug_b", registers=(Register(QUANTITIES["electricity"], "kWh"),)
    )
    known = routes([school([replace(only, channel="Exported")])], FORMATS)
    metric = Metric("Exported", 1, T, DOUBLE, unit="kWh", value=of_double(1.0))
    message = Message(DEVICE.format("DBIRTH"), written(Payload(T, (metric,), 1)), NOW)
    (refused,) = sessions.read(Hearing(known), message)
    assert isinstance(refused, Reject) and refused.reason == "unknown_quantity"
