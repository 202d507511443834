"""Silence by the clock: one finding a gateway, one for what fell silent together, none for what is usual."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.silence import SHARE, members
from analytics.silence_words import message
from campus.ports import NOT_YET, TELL
from campus.registry import Arrival
from tests.analytics.hanging import BEGIN, DAY, HOUR, MINUTE, QUARTER, Life, below, between, meter
from tests.sizes import examples

NOON = BEGIN + 4 * HOUR + 5 * MINUTE  # 12:05 in Shanghai
TWELVE = below(12)
ALL = [one.key for one in TWELVE]


def test_who_keeps_to_his_turns_is_not_found():
    life = Life([*TWELVE, *below(3, "西区", 12, interval=HOUR, arrival=Arrival.HOURLY)], between([], NOON))
    assert life.run(BEGIN + DAY, step=5 * MINUTE) == []


@pytest.mark.parametrize("interval", [MINUTE, QUARTER, 2 * QUARTER, HOUR])
def test_a_gateway_of_twelve_meters_is_one_finding_from_its_last_word_on(interval):
    meters = [replace(one, interval=interval) for one in TWELVE]
    life = Life(meters, between(ALL, NOON), phase=lambda n: interval * n / 12)
    (found,) = life.run(NOON + 6 * HOUR)
    assert (found.subject, sorted(members(found))) == ("gateway/东区", sorted(ALL))
    assert NOON - max(interval / 6, MINUTE) <= found.start < NOON
    assert timedelta(0) < found.seen_until - found.start - max(HOUR, 2 * interval) <= MINUTE


def test_an_outage_shorter_than_the_limit_is_nobodys_though_a_meter_missed_more_by_its_turns():
    life = Life(TWELVE, between(ALL, NOON, NOON + 50 * MINUTE))
    assert life.run(NOON + 4 * HOUR) == []


def test_its_meters_are_read_all_at_the_same_time_and_one_of_them_is_dead():
    life = Life(TWELVE, between(["m3"], NOON), phase=lambda _: MINUTE)
    (found,) = life.run(NOON + 6 * HOUR)
    assert (found.subject, members(found)) == ("meter/m3", ["m3"])


def test_part_of_a_gateway_that_falls_silent_together_is_one_finding_and_what_follows_another_day_its_own():
    def mute(one, at):
        return (one.key in ("m1", "m2", "m3") and at >= NOON) or (one.key == "m9" and at >= NOON + 8 * HOUR)

    first, second = Life(TWELVE, mute).run(NOON + 12 * HOUR)
    assert sorted(members(first)) == ["m1", "m2", "m3"] and members(second) == ["m9"]


def test_a_gateway_that_dies_after_one_of_its_meters_did_is_told_of_all_the_same():
    def mute(one, at):
        return at >= NOON + 8 * HOUR or (one.key == "m0" and at >= NOON)

    first, second = Life(TWELVE, mute).run(NOON + 12 * HOUR)
    assert first.subject == "meter/m0" and second.subject == "gateway/东区"
    assert sorted(members(second)) == sorted(ALL)


def test_of_two_gateways_the_one_that_speaks_is_left_alone():
    others = below(4, "西区", 12)
    (found,) = Life([*TWELVE, *others], between(ALL, NOON)).run(NOON + 3 * HOUR)
    assert found.subject == "gateway/东区"


def test_slower_meters_of_a_silent_gateway_are_told_of_with_it_and_not_when_their_own_time_has_come():
    slow = below(3, "东区", 12, interval=HOUR, arrival=Arrival.HOURLY)
    daily = below(2, "东区", 15, interval=DAY, arrival=Arrival.DAILY_FROZEN)
    every = [*TWELVE, *slow, *daily]
    life = Life(every, lambda _, at: at >= NOON)
    (found,) = life.run(NOON + 50 * HOUR, step=5 * MINUTE)
    assert len(members(found)) == len(every)


@pytest.mark.parametrize("dead", [9, 10])
def test_a_gateway_is_silent_when_nearly_all_of_it_is(dead):
    meters = below(12)
    life = Life(meters, between([f"m{n}" for n in range(dead)], NOON))
    (found,) = life.run(NOON + 3 * HOUR)
    assert found.subject.startswith("gateway") is (dead >= SHARE * 12)


def test_a_lone_meter_is_found_as_a_meter():
    (found,) = Life([meter("a", "plug-a"), meter("b", "plug-b")], between(["a"], NOON)).run(NOON + 3 * HOUR)
    assert found.subject == "meter/a" and found.facts["of"] == 1


@pytest.mark.parametrize(
    ("arrival", "interval", "limit"),
    [
        (Arrival.LIVE, QUARTER, HOUR),
        (Arrival.HOURLY, HOUR, 6 * HOUR),
        (Arrival.DAILY_FROZEN, DAY, 36 * HOUR),
        (Arrival.MANUAL, timedelta(days=30), timedelta(days=40)),
    ],
)
def test_the_class_of_arrival_sets_the_limit(arrival, interval, limit):
    one = meter("a", "" if arrival is Arrival.MANUAL else "s/a", arrival=arrival, interval=interval)
    life = Life([one], lambda *_: True, since=BEGIN - timedelta(days=100))
    life.heard["a"] = BEGIN
    assert life.judge(BEGIN + limit) == []
    assert [finding.start for finding in life.judge(BEGIN + limit + MINUTE)] == [BEGIN]


def test_a_finding_ends_by_itself_when_they_speak_again_and_kept_to_their_turns():
    back = NOON + 5 * HOUR
    life = Life(TWELVE, between(ALL, NOON, back))
    (found,) = life.run(back + 20 * MINUTE)
    assert life.known[found.subject].facts[TELL] == NOT_YET
    assert life.run(back + 3 * HOUR, start=back + 21 * MINUTE) == []
    (ended,) = life.ended
    assert ended.start == found.start and back <= ended.end < back + QUARTER


def test_who_speaks_for_a_moment_and_falls_silent_again_was_silent_all_the_time():
    def mute(_, at):
        return at >= NOON and (at - NOON) % (3 * HOUR) < 3 * HOUR - 20 * MINUTE

    life = Life(TWELVE, mute)
    (found,) = life.run(NOON + 20 * HOUR)
    assert life.ended == [] and life.known[found.subject].start == found.start


def test_a_meter_that_stays_dead_when_its_gateway_is_back_is_told_of_then():
    back = NOON + 5 * HOUR
    life = Life(TWELVE, lambda one, at: at >= NOON and (at < back or one.key == "m5"))
    first, second = life.run(back + 6 * HOUR)
    assert (first.subject, second.subject, second.start < NOON) == ("gateway/东区", "meter/m5", True)


def test_what_is_usual_is_no_finding_and_hides_no_gateway():
    lit_out = {f"m{n}" for n in range(6)}

    def night(one, at):
        return one.key in lit_out and NOON <= at < NOON + 7 * HOUR

    life = Life(TWELVE, night, usual=lambda one: one.key in lit_out)
    assert life.run(NOON + 6 * HOUR) == []
    life = Life(TWELVE, lambda one, at: night(one, at) or at >= NOON + HOUR, usual=lambda one: one.key in lit_out)
    (found,) = life.run(NOON + 6 * HOUR)
    assert found.subject == "gateway/东区" and len(members(found)) == 12


def test_what_was_not_listened_for_is_held_against_nobody():
    life = Life(TWELVE, lambda _, at: NOON - 3 * HOUR <= at < NOON + 10 * MINUTE, since=NOON)
    assert life.run(NOON + 3 * HOUR, start=NOON) == []


def test_a_meter_taken_out_of_the_registry_ends_what_was_said_of_it():
    life = Life(TWELVE, between(["m3"], NOON))
    life.run(NOON + 2 * HOUR)
    life.meters = [one for one in TWELVE if one.key != "m3"]
    assert life.judge(NOON + 2 * HOUR) == [] and life.known == {} and life.ended[0].end == NOON + 2 * HOUR


OUTAGES = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), max_size=4)


@settings(deadline=None, max_examples=examples(40))
@given(OUTAGES, st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_however_the_clock_ticks_one_outage_is_found_once_at_most(outages, steps):
    """Outages in quarters of an hour; ticks of so many minutes."""
    spans = [(NOON + a * QUARTER, NOON + (a + length) * QUARTER) for a, length in outages]
    life = Life(below(4), lambda _, at: any(a <= at < b for a, b in spans))
    now, made, n = BEGIN, [], 0
    while now < NOON + 26 * HOUR:
        step = steps[n % len(steps)] * MINUTE
        now, n = now + step, n + 1
        life.speak(now, step)
        made += life.judge(now)
    assert all(found.subject == "gateway/东区" for found in made)
    assert len(made) <= len(spans) and len(life.ended) == len(made)


EAST = "东区采集器昨天18:05起没数据，影响12块表。表还在走，用量不会丢。请先看采集器电源灯和网线。"


def told(*meters, mute, until, **more):
    life = Life(list(meters), mute, phase=lambda _: 5 * MINUTE, **more)
    (found,) = life.run(until, step=5 * MINUTE)
    return found, life


def test_the_sentence_is_that_of_the_office():
    evening = BEGIN + 10 * HOUR + 6 * MINUTE  # 18:06
    found, life = told(*TWELVE, mute=lambda _, at: at >= evening, until=BEGIN + 20 * HOUR)
    now = life.known[found.subject]
    assert message(now, "zh") == EAST
    east = [replace(one, gateway="east") for one in TWELVE]
    found, life = told(*east, mute=lambda _, at: at >= evening, until=BEGIN + 20 * HOUR)
    assert message(life.known[found.subject], "en") == (
        "The east gateway has been silent since 18:05 yesterday (12 meters). The meters keep counting; no use is "
        "lost. Check its power lamp and cable first."
    )


def test_a_meter_of_a_speaking_gateway_is_to_be_looked_at_itself():
    found, _ = told(*TWELVE, mute=between(["m3"], NOON), until=NOON + 2 * HOUR)
    assert message(found, "zh") == (
        "m3表今天11:50起没数据。表还在走，用量不会丢。同一采集器的其他11块表正常，请先看表和接线。"
    )
    assert message(found, "en") == (
        "meter m3 has been silent since 11:50 today. The meter keeps counting; no use is lost. The other 11 of the "
        "same gateway speak: check the meter and its wiring first."
    )


def test_of_a_meter_that_sends_use_nobody_says_that_none_is_lost():
    found, _ = told(*TWELVE, mute=between(ALL, NOON), until=NOON + 2 * HOUR, counts=lambda _: False)
    assert "不会丢" not in message(found, "zh") and "空着" in message(found, "zh")
    assert "lost" not in message(found, "en")


def test_what_reports_once_a_day_says_so_and_is_asked_of_its_maker():
    meters = below(3, "水务平台", interval=DAY, arrival=Arrival.DAILY_FROZEN)
    found, _ = told(*meters, mute=lambda _, at: at > BEGIN + HOUR, until=BEGIN + 2 * DAY)
    assert message(found, "zh") == (
        "水务平台昨天08:05起没数据，影响3块表。这类表每天早上报前一天的数。表还在走，用量不会丢。请先问厂家平台。"
    )


def test_the_end_says_what_became_of_the_readings():
    back = NOON + 5 * HOUR
    life = Life(TWELVE, between(ALL, NOON, back), phase=lambda _: 5 * MINUTE)
    life.run(back + 2 * HOUR)
    (ended,) = life.ended
    assert message(ended, "zh") == "东区采集器又有数据了：10月20日11:50到10月20日17:05没有数据。"
    sent = replace(ended, facts={**ended.facts, "filled": 1.0})
    assert message(sent, "en").endswith("The readings of that time were sent later.")
