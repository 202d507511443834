"""The certificate of a day: received = stored + duplicate + quarantined, read back, and what it says when not."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import desk
from app.certificate_count import total
from app.certificate_scan import segments
from app.cli import main
from campus.ports import Reason
from campus.schema import CONSUMPTION, Point, SeriesId, to_ms
from ingest import journal
from ingest.journal import Position, Record
from ingest.protobuf import Wire
from ingest.sparkplug import DOUBLE, Metric, Payload
from ingest.sparkplug_write import of_double, written
from tests.app.certificate_example import BEGIN, DAY, NOON, SCHOOL, Home, home, meter, row, said
from tests.sizes import examples

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)

# What may arrive: (meter, quarter of three days around the day, value, hours late, kind of message).
messages = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "nobody"]),
        st.integers(-96, 191),
        st.sampled_from([1.0, 2.0]),
        st.integers(0, 30),
        st.sampled_from(["good", "good", "good", "broken", "nan", "no zone", "two", "heartbeat"]),
    ),
    max_size=40,
)


def record(told: tuple[str, int, float, int, str]) -> Record:
    key, quarter, value, late, kind = told
    time = BEGIN + quarter * QUARTER
    topic, arrived = f"campus/north/{key}", to_ms(time + late * HOUR)
    body: object = {"time": to_ms(time), "register": value}
    if kind == "two":
        body = [
            body,
            {"time": to_ms(time + QUARTER / 3), "register": value},
            {"time": "yesterday", "register": value},
        ]
    elif kind == "nan":
        body = {"time": to_ms(time), "register": "NaN"}
    elif kind == "no zone":
        body = {"time": "2025-11-20T08:00:00", "register": value}
    elif kind == "heartbeat":
        body = []
    return Record(arrived, topic, b"{" if kind == "broken" else json.dumps(body).encode())


def quietly(**more: object) -> settings:
    return settings(deadline=None, suppress_health_check=list(HealthCheck), **more)


@quietly(max_examples=examples(60))
@given(told=messages, split=st.integers(0, 40), twice=st.booleans())
def test_received_is_stored_and_duplicate_and_quarantined_whatever_arrives(tmp_path_factory, told, split, twice):
    here = home(tmp_path_factory.mktemp("home"), "a", "b")
    records = [record(one) for one in told]
    for part in (records[:split], records[split:], records[:3] if twice else []):
        if part:
            here.write(part)
    if records:
        here.drain()
    found = here.certificate()
    for rows in (found.by_reading, found.by_arrival):
        for one in rows:
            counted = one.counted
            assert counted.received == counted.stored + counted.duplicate + counted.held
            assert (counted.waiting, counted.unaccounted) == (0, 0)
    assert found.unaccounted == 0


@quietly(max_examples=examples(30))
@given(told=messages, drained=st.integers(1, 39))
def test_what_the_drain_has_not_reached_is_waiting_and_nothing_is_lost(tmp_path_factory, told, drained):
    here = home(tmp_path_factory.mktemp("home"), "a", "b")
    records = [record(one) for one in told]
    if records[:drained]:
        here.write(records[:drained])
        here.drain()
    if records[drained:]:
        here.write(records[drained:])
    found = here.certificate()
    for one in (*found.by_reading, *found.by_arrival):
        counted = one.counted
        assert counted.received == counted.stored + counted.duplicate + counted.held + counted.waiting
        assert counted.unaccounted == 0


def test_days_of_reading_add_up_to_the_store(tmp_path):
    here = home(tmp_path, "a")
    here.write([said("a", BEGIN + n * HOUR, float(n), BEGIN + n * HOUR + 40 * HOUR) for n in range(-30, 54)])
    here.drain()
    days = [here.certificate(DAY + timedelta(days=d), BEGIN + timedelta(days=9)) for d in range(-3, 4)]
    stored = [total([one.counted for one in found.by_reading]) for found in days]
    assert sum(one.stored for one in stored) == 84
    assert [one.received for one in stored] == [0, 6, 24, 24, 24, 6, 0]


def test_a_day_of_reading_and_a_day_of_arrival_are_two_tables(tmp_path):
    here = home(tmp_path, "a")
    here.write([said("a", NOON, 1.0, NOON + timedelta(days=1)), said("a", NOON - timedelta(days=1), 0.5, NOON)])
    here.drain()
    found = here.certificate()
    assert row(found.by_reading, "a").counted.stored == 1
    assert row(found.by_arrival, "a").counted.stored == 1
    tomorrow = here.certificate(DAY + timedelta(days=1))
    assert row(tomorrow.by_reading, "a").counted.received == 0
    assert row(tomorrow.by_arrival, "a").counted.received == 1


def sql(here: Home, statement: str, file: str = "schools/north/store.sqlite") -> None:
    with closing(sqlite3.connect(here.folder / "data" / file)) as db:
        db.execute(statement)
        db.commit()


@pytest.fixture
def day_of_a(tmp_path):
    here = home(tmp_path, "a")
    here.write([said("a", BEGIN + n * QUARTER, float(n)) for n in range(96)])
    here.drain()
    return here


def test_a_good_day_is_whole(day_of_a):
    found = day_of_a.certificate()
    one = row(found.by_reading, "a")
    assert (one.expected, one.counted.received, one.counted.stored) == (96, 96, 96)
    assert found.unaccounted == 0 and found.whole and found.over
    assert (found.messages.all, found.messages.empty) == (96, 0)


@pytest.mark.parametrize(
    ("damage", "fact", "number"),
    [
        ("DELETE FROM register WHERE value >= 90", "lost", 6),
        ("UPDATE register SET value = value + 0.5 WHERE value >= 93", "differing", 3),
        ("UPDATE register SET time_ms = time_ms + 1 WHERE value = 95", "unexplained", 1),
    ],
)
def test_a_store_that_was_tampered_with_is_told(day_of_a, damage, fact, number):
    sql(day_of_a, damage)
    found = day_of_a.certificate()
    assert getattr(row(found.by_reading, "a").counted, fact) == number
    assert found.unaccounted > 0


def test_a_quarantine_that_lost_an_entry_is_told(tmp_path):
    here = home(tmp_path, "a")
    here.write([Record(to_ms(NOON), "campus/north/a", b"broken"), Record(to_ms(NOON), "else/where", b"1")])
    here.drain()
    assert here.certificate().unaccounted == 0
    sql(here, "DELETE FROM quarantine", "quarantine.sqlite")
    found = here.certificate()
    assert row(found.by_reading, "campus/north/a").counted.unread == 1
    assert row(found.by_arrival, "else/where").counted.unread == 1


def test_what_is_held_stands_with_its_reason_at_the_school_whose_topic_it_is(tmp_path):
    here = home(tmp_path, "a")
    here.write([Record(to_ms(NOON), "campus/north/a", b"broken"), Record(to_ms(NOON), "else/where", b"1")])
    here.drain()
    found = here.certificate()
    ours, nobodys = row(found.by_arrival, "campus/north/a"), row(found.by_arrival, "else/where")
    assert (ours.school, dict(ours.counted.quarantined)) == ("north", {Reason.UNDECODABLE: 1})
    assert (nobodys.school, dict(nobodys.counted.quarantined)) == ("", {Reason.UNKNOWN_TOPIC: 1})


def test_two_values_under_one_identity_are_a_conflict_and_a_duplicate(tmp_path):
    here = home(tmp_path, "a")
    here.write([said("a", NOON, 1.0), said("a", NOON, 2.0), said("a", NOON, 2.0)])
    here.drain()
    counted = row(here.certificate().by_reading, "a").counted
    assert (counted.received, counted.stored, counted.duplicate, counted.conflict) == (3, 1, 2, 1)
    assert counted.differing == 0


def test_a_meter_registered_later_and_replayed_is_accounted_for(tmp_path):
    here = home(tmp_path)
    here.write([said("b", NOON + n * QUARTER, float(n)) for n in range(4)])
    here.drain()
    here.school(SCHOOL.format(key="north", zone="Asia/Shanghai") + meter("b"))
    registered = here.certificate()
    assert row(registered.by_reading, "b").counted.held == 4 and registered.unaccounted == 0
    with closing(here.installation().quarantine()) as held:
        assert desk.replay(here.folder / "data" / "journal", held, "campus/north/b") == 4
    here.drain(desk.NAME)
    found = here.certificate()
    counted = row(found.by_reading, "b").counted
    assert (counted.received, counted.stored, counted.held, found.unaccounted) == (4, 4, 0, 0)


def test_a_batch_held_whole_is_one_until_it_is_replayed(tmp_path):
    here = home(tmp_path)
    batch = [{"time": to_ms(NOON + n * QUARTER), "register": float(n)} for n in range(24)]
    here.write([Record(to_ms(NOON + 6 * HOUR), "campus/north/b", json.dumps(batch).encode())])
    here.drain()
    here.school(SCHOOL.format(key="north", zone="Asia/Shanghai") + meter("b"))
    before = here.certificate()
    assert (row(before.by_reading, "b").counted.held, before.unaccounted) == (1, 0)
    with closing(here.installation().quarantine()) as held:
        desk.replay(here.folder / "data" / "journal", held, "campus/north/b")
    here.drain(desk.NAME)
    after = here.certificate()
    counted = row(after.by_reading, "b").counted
    assert (counted.received, counted.stored, counted.duplicate, after.unaccounted) == (24, 24, 0, 0)


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [("Europe/London", date(2025, 3, 30), 92), ("Europe/London", date(2025, 10, 26), 100), ("UTC", DAY, 96)],
)
def test_a_local_day_expects_as_many_readings_as_it_has_quarters(tmp_path, zone, day, expected):
    here = home(tmp_path, "a", zone=zone)
    assert row(here.certificate(day, datetime(2026, 1, 1, tzinfo=BEGIN.tzinfo)).by_reading, "a").expected == expected


@pytest.mark.parametrize(
    ("interval", "arrival", "more", "expected"),
    [
        ("1d", "daily_frozen", "", 1),
        ("1h", "daily_frozen", "", 24),
        ("15min", "manual", "", None),
        ("30d", "live", "", None),
        ("15min", "live", "from = 2025-11-20T12:00:00+08:00\n", 48),
        ("15min", "live", "to = 2025-11-20T06:00:00+08:00\n", 24),
    ],
)
def test_expected_follows_the_class_of_arrival_the_interval_and_what_was_in_force(
    tmp_path, interval, arrival, more, expected
):
    here = Home(tmp_path)
    here.school(SCHOOL.format(key="north", zone="Asia/Shanghai") + meter("a", interval, arrival) + more)
    assert row(here.certificate().by_reading, "a").expected == expected


def test_a_meter_that_is_not_in_force_yet_is_expected_nowhere_but_for_what_its_cloud_sends_the_day_after(tmp_path):
    here = Home(tmp_path)
    ended = meter("a", "1h", "daily_frozen") + "to = 2025-11-20T00:00:00+08:00\n"
    here.school(SCHOOL.format(key="north", zone="Asia/Shanghai") + ended)
    found = here.certificate()
    assert not found.by_reading
    assert row(found.by_arrival, "a").expected == 24


def test_today_is_expected_as_far_as_it_has_come(tmp_path):
    here = home(tmp_path, "a")
    found = here.certificate(now=NOON)
    assert row(found.by_reading, "a").expected == 48 and not found.over


def test_hours_estimated_and_unknown_stand_beside_the_day_of_reading(day_of_a):
    with closing(day_of_a.installation().stores) as stores:
        series = SeriesId(CONSUMPTION, "a", "electricity")
        hours = [(0, 1.0, 1.0, 0.0, None), (1, 1.0, 0.25, 1.0, None), (2, 1.0, 0.5, 0.0, None)]
        stores["north"].write(
            [Point(series, to_ms(BEGIN + n * HOUR), values) for n, *rest in hours for values in [(*rest,)]]
        )
    found = day_of_a.certificate()
    one = row(found.by_reading, "a")
    assert (one.estimated_h, one.unknown_h) == (0.75, 21.5)
    assert row(found.by_arrival, "a").unknown_h is None


def test_schools_go_by_their_own_clocks_and_one_alone_does_not_show_the_other(tmp_path):
    here = home(tmp_path, "a")
    here.school(SCHOOL.format(key="south", zone="Europe/London") + meter("c", school="south"), "south")
    at = BEGIN + timedelta(hours=1)  # 01:00 of the day in Shanghai, 17:00 of the day before in London
    here.write([said("a", at, 1.0), said("c", at, 1.0, school="south"), Record(to_ms(at), "campus/south/c", b"x")])
    here.drain()
    found = here.certificate()
    assert row(found.by_reading, "a").counted.received == 1 and row(found.by_reading, "c").counted.received == 0
    assert {one.school for one in here.certificate(schools=("north",)).by_arrival} == {"north"}


def test_only_the_segments_of_the_day_are_read_packed_or_not(tmp_path):
    here = home(tmp_path, "a")
    folder = tmp_path / "data" / "journal" / "main"
    for day in range(-20, 20):
        here.write([said("a", NOON + timedelta(days=day), float(day))])
    here.drain()
    journal.compress(folder, Position(30), keep_days=400_000, now_s=0)
    assert len(list(folder.glob("*.gz"))) == 29
    for number, day in enumerate(range(-20, 20), 1):
        path = next(folder.glob(f"{number:012d}.seg*"))
        written = (NOON + timedelta(days=day)).timestamp()
        os.utime(path, (written, written))
    window = (BEGIN, BEGIN + timedelta(days=1))
    assert segments(folder, window) == [20, 21, 22]
    found = here.certificate(now=NOON + timedelta(days=19))
    assert row(found.by_reading, "a").counted.stored == 1 and found.unaccounted == 0


def test_a_damaged_segment_is_an_error_and_never_a_smaller_number(day_of_a):
    folder = day_of_a.folder / "data" / "journal" / "main"
    journal.compress(folder, Position(9), keep_days=400_000, now_s=0)
    (packed,) = folder.glob("*.gz")
    data = bytearray(gzip.decompress(packed.read_bytes()))
    data[len(data) // 2] ^= 1
    packed.write_bytes(gzip.compress(bytes(data)))
    with pytest.raises(journal.JournalCorrupt):
        day_of_a.certificate()


def run(here: Home, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["certificate", *arguments], env=here.environ)
    return result.exit_code, result.stdout


def test_the_command_says_every_value_is_accounted_for_and_what_it_cannot_know(day_of_a):
    code, text = run(day_of_a, "--day", DAY.isoformat())
    assert code == 0
    for word in ("按读数时间", "by day of arrival", "every value is accounted for", "QoS 0", "autosave", "buffer"):
        assert word in text


def test_the_command_ends_with_1_where_something_is_lost_and_names_the_meter(day_of_a):
    sql(day_of_a, "DELETE FROM register WHERE value = 7")
    code, text = run(day_of_a, "--day", DAY.isoformat())
    assert code == 1 and "north/a 1" in text and "not in the store" in text


def test_the_command_speaks_json(day_of_a):
    code, text = run(day_of_a, "--day", DAY.isoformat(), "--json")
    told = json.loads(text)
    assert code == 0 and told["accounted"] and told["day"] == DAY.isoformat()
    (one,) = told["by_reading"]
    assert (one["meter"], one["expected"], one["stored"], one["lost"]) == ("a", 96, 96, 0)


def test_a_day_that_has_not_come_has_no_certificate(day_of_a):
    result = CliRunner().invoke(main, ["certificate", "--day", "2198-01-01"], env=day_of_a.environ)
    assert result.exit_code == 2 and "2198-01-01 还没到" in result.stderr


def test_a_school_nobody_registered_is_named_with_those_there_are(day_of_a):
    result = CliRunner().invoke(main, ["certificate", "--school", "nort"], env=day_of_a.environ)
    assert result.exit_code == 2 and "north" in result.stderr


def test_a_day_before_the_journals_begin_says_so(day_of_a):
    _, text = run(day_of_a, "--day", "2025-11-01")
    assert "reach back to" in text


NODE = "spBv1.0/g/{}/n"
SPARKPLUG = """
[[meter]]
key = "s"
name = "s"
topic = "spBv1.0/g/n"
format = "sparkplug_b"
channel = "Energy"
quantity = "electricity"
unit = "kWh"
interval = "15min"
"""


def test_a_birth_of_long_before_the_day_is_found(tmp_path):
    here = Home(tmp_path)
    here.school(SCHOOL.format(key="north", zone="Asia/Shanghai") + SPARKPLUG + meter("a"))
    born = NOON - timedelta(days=200)
    energy = Metric("Energy", 1, to_ms(born), DOUBLE, unit="kWh", value=of_double(1.0))
    birth = written(Payload(to_ms(born), (Metric("bdSeq", kind=4, value=Wire(11, 1)), energy), 0))
    here.write([Record(to_ms(born), NODE.format("NBIRTH"), birth)])
    for days in range(199, -1, -20):
        here.write([said("a", NOON - timedelta(days=days), 1.0)])
    data = [Metric(alias=1, time_ms=to_ms(NOON + n * QUARTER), value=of_double(2.0 + n)) for n in range(3)]
    texts = [written(Payload(to_ms(NOON), (metric,), 1 + n)) for n, metric in enumerate(data)]
    here.write([Record(to_ms(NOON + n * QUARTER), NODE.format("NDATA"), text) for n, text in enumerate(texts)])
    as_written(here)
    here.drain()
    found = here.certificate()
    assert (row(found.by_reading, "s").counted.stored, found.unaccounted) == (3, 0)
    # The birth lies far outside what the day itself makes be read.
    folder = tmp_path / "data" / "journal" / "main"
    assert 1 not in segments(folder, (BEGIN, BEGIN + timedelta(days=1)))


def as_written(here: Home) -> None:
    """Let each segment have been written when its last message arrived."""
    folder = here.folder / "data" / "journal" / "main"
    place = Position()
    while entries := list(journal.read(folder, place)):
        place = entries[-1].next
        arrived_s = entries[-1].record.arrived_ms / 1000
        os.utime(next(folder.glob(f"{entries[-1].at.segment:012d}.seg*")), (arrived_s, arrived_s))
