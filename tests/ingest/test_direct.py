"""The short way says what the long one says, or nothing; and what meters usually send does take it."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.registry import Change, Register
from campus.schema import to_ms
from campus.units import QUANTITIES
from ingest.checks import CLOCK_TOLERANCE, EARLIEST, Routed, routes
from ingest.direct import direct, points
from ingest.drain import message_of, point
from ingest.journal import REPLAYED, RETAINED, Entry, Position, Record
from ingest.sessions import Hearing, read
from tests.ingest.schools import CHANGED, FORMATS, NOW, meter, school
from tests.sizes import examples

HAIR = timedelta(microseconds=300)
BOTH = (Register(QUANTITIES["electricity"], "kWh"), Register(QUANTITIES["power"], "kW"))
METERS = (
    meter("main", "plain"),
    meter("heat", "heat", "heat", "MWh", serial="H1"),
    meter("outside", "gauge", "temperature", "°C"),
    meter("both", "both", registers=BOTH),
    meter("ended", "ended", until=CHANGED),
    meter("begun", "begun", since=CHANGED),
    meter("hair", "hair", since=CHANGED + HAIR),
    meter("one", "crowd"),
    meter("two", "crowd"),
    meter("moved", "moved", changes=(Change(CHANGED, {"topic": "elsewhere"}),)),
    meter("channel", "channel", channel="a"),
    meter("numbered", "numbered", channel="202611220001"),
    meter("foreign", "foreign", format="shelly"),
    meter("node", "spBv1.0/g/DDATA/n/d"),
)
KNOWN = routes([school(METERS)], FORMATS)
TOPICS = (*(one.topic for one in METERS), "nobody", "$file/s/main", "$file/s/channel")

EDGES = (NOW, NOW + CLOCK_TOLERANCE, CHANGED, CHANGED + HAIR, EARLIEST)
NEAR = (timedelta(0), HAIR, -HAIR, timedelta(milliseconds=1), timedelta(hours=8))
instants = st.builds(lambda edge, by: edge + by, st.sampled_from(EDGES), st.sampled_from(NEAR))
times = st.one_of(
    instants.map(lambda at: at.isoformat()),
    instants.map(lambda at: at.isoformat().replace("+00:00", "Z")),
    instants.map(lambda at: at.replace(tzinfo=None).isoformat()),
    instants.map(to_ms),
    instants.map(lambda at: to_ms(at) // 1000),
    instants.map(lambda at: at.timestamp()),
    st.sampled_from([None, "", "soon", True, [], "0001-01-01T00:00:00+14:00", 10**30]),
)
values = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(2**70), 2**70),
    st.sampled_from([None, True, "12", [], {}, 1e308, 10**400, -0.0]),
)
entries = st.fixed_dictionaries(
    {"time": times, "register": values},
    optional={
        "unit": st.sampled_from(["kWh", "Wh", "MWh", "GJ", " kwh ", "m³", "", "?why", None, 5, []]),
        "quantity": st.sampled_from(["electricity", "power", "heat", "", "nothing", None, 7]),
        "serial": st.sampled_from(["", "A1", "202611220001", None, 12, "\n"]),
        "channel": st.sampled_from(["", "a", None]),
        "quality": st.sampled_from(["good", "manual", "x", None]),
        "gauge": values,
        "used": values,
        "registers": st.just({"electricity": 5}),
        "other": st.none(),
    },
)
alike = st.builds(
    lambda many, rest: [{"time": time, "register": value} | rest for time, value in many],
    st.lists(st.tuples(instants.map(lambda at: at.isoformat()), st.integers(0, 10**6)), min_size=1, max_size=4),
    st.sampled_from([{}, {"unit": "Wh"}, {"unit": "kWh", "serial": "A1"}, {"quantity": "electricity"}]),
)
bodies = st.one_of(
    entries,
    alike,
    st.lists(entries, max_size=4),
    st.builds(lambda many: {"readings": many}, st.one_of(alike, st.lists(entries, max_size=4))),
    st.sampled_from([None, 5, "text", {}, {"readings": {}}, {"readings": None}, ["time", "register"], [[]]]),
)
payloads = st.one_of(
    bodies.map(lambda body: json.dumps(body).encode()),
    bodies.map(lambda body: b" " + json.dumps(body).encode() + b"\n"),
    bodies.map(lambda body: json.dumps(body).encode() + b"x"),
    bodies.map(lambda body: json.dumps(body).encode("utf-8-sig")),
    st.sampled_from([b"", b"\xff", b"[" * 100_000]),
)


def long_way(record):
    """What the drain did before there was a short way."""
    return read(Hearing(KNOWN), message_of(Entry(Position(), Position(), record)))


def short_way(record):
    way = direct(KNOWN, record.topic)
    return way, points(way, record) if way is not None else []


@settings(max_examples=examples(400))
@given(st.sampled_from(TOPICS), payloads, st.sampled_from([0, RETAINED, REPLAYED]))
def test_the_short_way_says_what_the_long_one_says_or_nothing(topic, payload, flags):
    record = Record(to_ms(NOW), topic, payload, flags)
    way, short = short_way(record)
    if short:
        long = long_way(record)
        assert all(isinstance(one, Routed) and one.school == way.school for one in long)
        assert repr(short) == repr([point(one.reading) for one in long])


@settings(max_examples=examples(100))
@given(alike, st.sampled_from(["plain", "heat", "$file/s/main", "ended", "begun"]))
def test_readings_without_fault_take_the_short_way(body, topic):
    record = Record(to_ms(NOW), topic, json.dumps({"readings": body}).encode())
    long = long_way(record)
    known_edge = any(
        abs(one.reading.time - NOW - CLOCK_TOLERANCE) < HAIR * 4 for one in long if isinstance(one, Routed)
    )
    if all(isinstance(one, Routed) for one in long) and not known_edge:
        assert len(short_way(record)[1]) == len(long)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"time":"2026-11-22T15:45:00+08:00","register":8123.4,"unit":"kWh","serial":"A123"}',
        b'{"time":"2026-11-22T07:45:00Z","register":8123}',
        b'{"time":1795333500000,"register":8123.5,"unit":"Wh"}',
        b'{"readings":[{"time":"2026-11-22T07:45:00Z","register":1},{"time":"2026-11-22T07:30:00Z","register":2.5}]}',
        b'[{"time":"2026-11-22T07:45:00Z","register":1,"quantity":"electricity"}]',
    ],
)
def test_what_meters_usually_send_takes_the_short_way(payload):
    record = Record(to_ms(NOW), "plain", payload)
    _, short = short_way(record)
    assert short and short == [point(one.reading) for one in long_way(record)]


def one(at=NOW, **more):
    return {"time": at.isoformat(), "register": 1} | more


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("plain", [one(), one(quality="manual")]),
        ("plain", [one(unit="kWh"), one(unit="Wh")]),
        ("plain", [one(channel="a")]),
        ("plain", [one(gauge=2)]),
        ("plain", one(NOW + CLOCK_TOLERANCE + HAIR)),
        ("plain", one(EARLIEST - HAIR)),
        ("ended", one(CHANGED)),
        ("begun", one(CHANGED - HAIR)),
        ("hair", one(CHANGED)),
        ("moved", one()),
        ("crowd", one()),
        ("gauge", one()),
        ("numbered", one(serial="202611220002")),
        ("foreign", one()),
        ("spBv1.0/g/DDATA/n/d", one()),
        ("nobody", one()),
    ],
)
def test_what_is_less_plain_is_left_to_the_long_way(topic, body):
    assert short_way(Record(to_ms(NOW), topic, json.dumps(body).encode()))[1] == []


def test_strangers_topics_and_units_fill_no_memory():
    known = routes([school(METERS)], FORMATS)
    for number in range(1000):
        body = json.dumps({"time": to_ms(NOW), "register": 1, "unit": f"unit {number}"}).encode()
        for topic in ("plain", f"stranger/{number}"):
            way = direct(known, topic)
            if way is not None:
                points(way, Record(to_ms(NOW), topic, body))
    assert list(known.direct) == ["plain"] and len(known.direct["plain"].kept) <= 100
