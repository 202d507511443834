"""How far a clock is off: the middle of what a meter's words were under way, whatever a gateway keeps back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import silence_heard
from app.silence_heard import Memory
from app.skew import KEPT, LEAST, LIMIT_S, Ways, said
from ingest.checks import readings, routes
from ingest.payload import Message, formats
from tests.app.silent_school import BEGIN, HOUR, QUARTER, registered

METER = registered(1).meters["m0"]
QUARTER_MS, MINUTE_MS = 900_000, 60_000


def spoken(skew_ms: int, words: int, ways: Ways | None = None, first_ms: int = 0) -> Ways:
    ways = ways or Ways()
    for n in range(words):
        arrived = first_ms + n * QUARTER_MS
        ways.add(METER, arrived, arrived - skew_ms)
    return ways


@pytest.mark.parametrize("minutes", [-9, -1, 0, 3, 480])
def test_a_steady_error_is_told_whichever_way_it_goes(minutes):
    assert spoken(minutes * MINUTE_MS, 40).skew_s() == minutes * 60


def test_after_two_words_nobody_knows():
    assert spoken(MINUTE_MS, LEAST - 1).skew_s() is None


@given(st.integers(2, 500), st.integers(1, 60))
def test_what_a_gateway_had_kept_and_hands_over_at_once_moves_nothing(kept, gap_ms):
    ways = spoken(MINUTE_MS, 20)
    arrived = 40 * QUARTER_MS
    for n in range(kept):
        ways.add(METER, arrived + n * gap_ms, arrived - (kept - n) * QUARTER_MS)
    assert ways.skew_s() == 60 and len(ways.ways_ms) == 21


def test_a_clock_that_was_set_right_is_right_before_long():
    ways = spoken(10 * MINUTE_MS, 100)
    assert len(ways.ways_ms) == KEPT
    assert spoken(0, KEPT // 2 + 1, ways, first_ms=100 * QUARTER_MS).skew_s() == 0


def test_an_error_is_said_from_a_third_of_a_quarter_of_an_hour_on():
    assert said(LIMIT_S - 1) == said(1 - LIMIT_S) == said(0)
    assert said(0).zh == said(0).en == ""
    assert "快8分钟" in said(-480).zh and "8 min slow" in said(480).en


def test_the_memory_of_arrivals_survives_the_disk(tmp_path):
    registry = registered(2)
    memory, known = Memory(), routes([registry], formats())
    for n in range(5):
        at = BEGIN + n * QUARTER
        body = b'{"time": %d, "register": 5}' % (int(at.timestamp()) * 1000)
        message = Message("s/m0", body, at + HOUR / 12)
        memory.hear(message, readings(known, message), known, {"s": registry})
    path = silence_heard.state_file(tmp_path)
    silence_heard.save(path, memory)
    again = silence_heard.load(path)
    assert again == memory and again.skews("s") == {"m0": 300.0}
    assert again.ears["s"]["m0"].lives(timedelta(hours=1))


def test_who_sends_what_cannot_be_read_is_not_silent():
    registry = registered(2)
    memory, known = Memory(), routes([registry], formats())
    message = Message("s/m1", b"\xff\x00", BEGIN)
    memory.hear(message, readings(known, message), known, {"s": registry})
    assert list(memory.ears["s"]) == ["m1"]
