"""A burst: found within two hours, over by itself, never a tank that is filled, only where readings come at once."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import WATER_PRICE, context, cut, day_use, grid, hours

from analytics.detector import NotJudged
from analytics.detectors.burst import DETECTOR, judge
from analytics.hours import Hours
from campus.registry import Arrival
from campus.results import Finding
from campus.schema import from_ms

MS = grid(120)
BLOCK = context("water", price=WATER_PRICE)


def block(rate: float = 0.0, at: int = 60 * 24 + 3, length: int | None = 8, seed: int = 1) -> Hours:
    value = day_use(MS, 2.0, 0.1, seed)
    value[at : None if length is None else at + length] += rate
    return hours(MS, value)


def found(series: Hours) -> list[Finding]:
    verdict = judge(series, BLOCK)
    assert not isinstance(verdict, NotJudged)
    return verdict


def test_a_healthy_building_has_none() -> None:
    assert all(found(block(seed=seed)) == [] for seed in range(10))


def test_a_burst_is_told_after_two_hours_with_its_flow() -> None:
    at = 60 * 24 + 3
    assert found(cut(block(14.0), at + 1)) == []
    (finding,) = found(cut(block(14.0), at + 2))
    assert finding.start == from_ms(MS[at]) and finding.end is None
    assert finding.size == pytest.approx(14.0, rel=0.1)
    assert finding.yuan_per_day == pytest.approx(24 * 4.2 * finding.size)


def test_it_ends_when_the_water_stops_and_tells_what_ran() -> None:
    (finding,) = found(block(14.0))
    assert finding.end == from_ms(MS[60 * 24 + 11])
    assert finding.to_date == pytest.approx(8 * 14.0, rel=0.1)


def test_one_that_lasts_for_days_does_not_become_usual() -> None:
    (finding,) = found(block(14.0, length=None))
    assert finding.end is None


def test_one_hour_is_no_burst_nor_is_what_taps_let_through() -> None:
    assert found(block(14.0, length=1)) == []
    assert found(block(4.0)) == []


def test_a_tank_filled_now_and_then_is_told_twice_and_no_more() -> None:
    value = day_use(MS, 2.0, 0.1)
    for day in range(35, 115, 20):
        value[day * 24 + 2 : day * 24 + 5] += 12.0
    assert len(found(hours(MS, value))) == 2
    value[118 * 24 : 118 * 24 + 5] += 40.0
    assert len(found(hours(MS, value))) == 3


@pytest.mark.parametrize("arrival", [Arrival.HOURLY, Arrival.DAILY_FROZEN, Arrival.MANUAL])
def test_only_readings_that_come_at_once_are_judged(arrival: Arrival) -> None:
    verdict = judge(block(14.0), replace(BLOCK, meter=replace(BLOCK.meter, arrival=arrival)))
    assert isinstance(verdict, NotJudged) and verdict.reason == "not_live" and verdict.zh


def test_a_new_meter_is_not_judged() -> None:
    verdict = judge(cut(block(14.0), 10 * 24), BLOCK)
    assert isinstance(verdict, NotJudged) and verdict.reason == "too_little_history"


@settings(max_examples=20, deadline=None)
@given(st.floats(3.0, 20.0), st.floats(1.0, 4.0), st.integers(40 * 24, 110 * 24), st.integers(0, 1000))
def test_a_bigger_burst_is_never_found_less(rate: float, more: float, at: int, seed: int) -> None:
    if found(block(rate, at, seed=seed)):
        assert found(block(rate * more, at, seed=seed))


@settings(max_examples=20, deadline=None)
@given(st.integers(30 * 24, 120 * 24), st.integers(0, 100))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    series = block(14.0, seed=seed)
    earlier, whole = judge(cut(series, count), BLOCK), found(series)
    assert isinstance(earlier, list)
    assert [one.start for one in earlier] == [one.start for one in whole][: len(earlier)]


def test_the_message_says_how_much_and_what_to_do_at_once() -> None:
    (finding,) = found(cut(block(14.0), 60 * 24 + 8))
    assert "可能爆管" in DETECTOR.message(finding, "zh") and "马上关楼前总阀" in DETECTOR.message(finding, "zh")
    assert "Close the main valve at once" in DETECTOR.message(finding, "en")
    assert "停了" in DETECTOR.message(found(block(14.0))[0], "zh")
