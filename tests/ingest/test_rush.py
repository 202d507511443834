"""What is busy is what was busy in every minute of the last few, by topic and by place, in bounded memory."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ingest import rush
from ingest.rush import BUSIEST, BUSY_PER_MIN, MINUTE_S, MINUTES, MOST_TOPICS, Rush, place

TOPIC, PLACE = "campus/north/m1", "campus/north/#"


def after(*minutes: Mapping[str, int], later_s: float = 0.0) -> dict[str, int]:
    """Return what is lasting once these minutes have passed, each with its messages by topic."""
    heard = Rush()
    for number, counts in enumerate((*minutes, {"next": 1})):
        topics = [topic for topic, count in counts.items() for _ in range(count)]
        if topics:
            heard.hear(topics, (1000 + number) * MINUTE_S)
    return heard.lasting((1000 + len(minutes)) * MINUTE_S + later_s)


def test_what_is_busy_in_every_minute_lasts_with_its_least_busy_minute():
    counts = [{TOPIC: 500 + number, "campus/north/m2": BUSY_PER_MIN} for number in range(MINUTES + 2)]
    assert after(*counts) == {TOPIC: 502, "campus/north/m2": BUSY_PER_MIN, PLACE: 532}


@pytest.mark.parametrize("calm", [{}, {TOPIC: BUSY_PER_MIN - 1}, {"other": 10_000}])
@pytest.mark.parametrize("when", range(MINUTES))
def test_one_calm_minute_ends_what_lasted(when, calm):
    counts = [{TOPIC: 500} for _ in range(MINUTES)]
    counts[when] = calm
    assert TOPIC not in after(*counts)


def test_a_burst_is_over_before_it_lasts():
    assert after(*[{TOPIC: 1_000_000}] * (MINUTES - 1)) == {}


def test_what_came_before_a_long_silence_is_not_lasting():
    assert after(*[{TOPIC: 500}] * MINUTES, later_s=2 * MINUTE_S) == {}


def test_topics_made_up_one_by_one_are_counted_by_their_place_and_fill_no_memory(monkeypatch):
    monkeypatch.setattr(rush, "MOST_TOPICS", 100)
    heard = Rush()
    for minute in range(MINUTES + 1):
        for number in range(1_000):
            heard.hear([f"campus/north/{minute}-{number}"], minute * MINUTE_S)
            heard.hear([f"a/{minute}/{number}"], minute * MINUTE_S)
            assert len(heard._topics) <= 101 and len(heard._places) <= 101
    assert heard.lasting(MINUTES * MINUTE_S) == {PLACE: 1_000}


def test_places_made_up_one_by_one_fill_no_memory_either(monkeypatch):
    monkeypatch.setattr(rush, "MOST_TOPICS", 100)
    heard = Rush()
    for number in range(5_000):
        heard.hear([f"{number}/{number}/{number}"], 0)
        assert len(heard._topics) <= 101 and len(heard._places) <= 101


def test_no_more_is_told_than_a_status_may_hold():
    counts = {f"campus/north/{number}": BUSY_PER_MIN + number for number in range(2 * BUSIEST)}
    told = after(*[counts] * MINUTES)
    assert len(told) == BUSIEST < MOST_TOPICS and f"campus/north/{2 * BUSIEST - 1}" in told


@pytest.mark.parametrize(
    ("topic", "its"), [("campus/north/a/b", PLACE), ("campus/north", "campus/#"), ("plug", "plug/#"), ("", "/#")]
)
def test_a_place_is_what_lies_below_the_first_two_levels(topic, its):
    assert place(topic) == its
