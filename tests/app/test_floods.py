"""A flood is told by what its meters were registered to send, in both languages, and by who sends it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app import status
from app.alarms import alarms
from app.floods import ALWAYS_PER_MIN, ANYBODY_PER_MIN, MOST_TOLD, floods, together
from campus.registry import Arrival, Meter, Register, Registry, School
from campus.units import QUANTITIES
from tests.ingest.schools import school


def meter(key: str, topic: str, minutes: int = 15) -> Meter:
    registers = (Register(QUANTITIES["electricity"], "kWh"),)
    return Meter(key, key, key, topic, "native", registers, timedelta(minutes=minutes), Arrival.LIVE)


NORTH = school([meter("a", "campus/north/a"), meter("b", "campus/north/b", 1), meter("c", "plug-1")], "north")
LINE = school([meter(f"m{n}", "campus/south/gateway", 1) for n in range(32)], "south")
SCHOOLS: dict[str, Registry] = {"north": NORTH, "south": LINE}


@pytest.mark.parametrize(
    ("topic", "limit"),
    [
        ("campus/north/a", ALWAYS_PER_MIN),  # a day at 15 minutes is 96
        ("campus/north/b", 1440),  # a day at a minute
        ("campus/south/gateway", 32 * 1440),
        ("plug-1/status/switch:0", ALWAYS_PER_MIN),
        ("campus/north/nobody", ANYBODY_PER_MIN),
        ("elsewhere/x/#", ANYBODY_PER_MIN),
        ("campus/north/#", ANYBODY_PER_MIN),
        ("campus/south/#", 32 * 1440),
    ],
)
def test_a_topic_floods_above_a_day_of_its_interval_and_not_at_it(topic, limit):
    assert floods({topic: limit}, SCHOOLS) == []
    (said,) = floods({topic: limit + 1}, SCHOOLS)
    assert topic in said.zh and topic in said.en and f"{limit + 1:,}" in said.zh and f"{limit + 1:,}" in said.en


def test_the_school_and_its_interval_are_named_and_that_nothing_is_dropped():
    (said,) = floods({"campus/north/a": 6_000}, SCHOOLS)
    assert "of school north" in said.en and "96 a day" in said.en and "Nothing is dropped" in said.en
    assert "学校 north" in said.zh and "96 条" in said.zh and "没有丢弃任何消息" in said.zh
    (stranger,) = floods({"x/y": ANYBODY_PER_MIN + 1}, SCHOOLS)
    assert "no meter is registered" in stranger.en and "school" not in stranger.en


def test_a_school_is_not_told_of_beside_its_own_topic_and_the_worst_come_first():
    busy = {"campus/north/#": 9_000, "campus/north/a": 7_000, "campus/north/b": 8_000, "campus/south/#": 99_000}
    assert [said.en.partition(" ")[0] for said in floods(busy, SCHOOLS)] == [
        "campus/north/b",
        "campus/north/a",
        "campus/south/#",
    ]
    many = {f"t{number}": 10_000 + number for number in range(50)}
    assert len(floods(many, SCHOOLS)) == MOST_TOLD and floods(many, SCHOOLS)[0].en.startswith("t49 ")


def test_what_members_of_a_shared_subscription_were_dealt_is_added_up(tmp_path):
    assert together(iter([{"a": 60, "b": 1}, {"a": 70}, {}])) == {"a": 130, "b": 1}
    for member in ("main", "2"):
        status.write(tmp_path, f"ingest-{member}", {"busy": {"campus/north/a": 61}})
    (said,) = alarms(tmp_path, SCHOOLS)
    assert "122 messages" in said.en
    assert alarms(tmp_path) == []


def test_a_school_without_meters_is_known_by_its_key():
    empty = School("new", "new", "new", "other", NORTH.school.timezone, "CN-SD", "CN")
    (said,) = floods({"campus/new/#": ANYBODY_PER_MIN + 1}, {"new": Registry(empty)})
    assert "of school new" in said.en
