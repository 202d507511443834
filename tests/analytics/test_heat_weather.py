"""Heat against the weather: what must be found, what must not, and what cannot be judged."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import hours
from made_heat import HEAT_PRICE, HEATED, MS, as_told, at, context, heat, weather

from analytics.around import Around, Beside
from analytics.detector import NotJudged
from analytics.detectors import heat_free_days
from analytics.detectors.heat_weather import DETECTOR, judge
from campus.results import Finding
from campus.schema import from_ms
from tests.sizes import examples

ONSET = at(2025, 12, 8, 10)


def with_more(factor: float, begin: int = ONSET, end: int | None = None, seed: int = 1) -> np.ndarray:
    value = heat(seed)
    value[begin:end] *= factor
    return value


def found(verdict: object) -> list[Finding]:
    assert isinstance(verdict, list)
    return verdict


def judged(value: np.ndarray, seed: int = 1, **more: object) -> list[Finding]:
    return found(judge(hours(MS, value), context(seed, **more)))


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_healthy_building_has_no_finding_in_two_winters(seed: int) -> None:
    assert judged(heat(seed), seed) == []


@pytest.mark.parametrize("factor", [1.25, 1.4, 1.6])
def test_a_stuck_valve_is_one_finding_with_its_day_size_and_cost(factor: float) -> None:
    value = with_more(factor, end=at(2026, 1, 10))
    (finding,) = found(as_told(judge, value, context(price=HEAT_PRICE), at(2026, 1, 8)))
    assert abs(finding.start - from_ms(MS[ONSET])) <= timedelta(days=2) and finding.end is None
    week = slice(at(2025, 12, 31), at(2026, 1, 8))
    assert finding.per_day == pytest.approx((value - heat())[week].sum() / 8, rel=0.35)
    assert finding.yuan_per_day == pytest.approx(finding.per_day * 90)
    assert finding.size == pytest.approx(finding.per_day / 24) and finding.size_unit == "GJ/h"
    (ended,) = judged(value)
    assert ended.start == finding.start and abs(ended.end - from_ms(MS[at(2026, 1, 10)])) <= timedelta(days=2)


def test_what_lasts_ends_with_the_season_and_says_so() -> None:
    (finding,) = judged(with_more(1.5))
    assert finding.end == from_ms(MS[at(2026, 3, 15)])
    assert "供暖期结束" in DETECTOR.message(finding, "zh") and "season has ended" in DETECTOR.message(finding, "en")


def test_more_from_the_first_day_of_the_winter_is_dated_to_it() -> None:
    (finding,) = judged(with_more(1.5, at(2025, 11, 15)))
    assert finding.start - from_ms(MS[at(2025, 11, 15)]) <= timedelta(days=2)


def test_a_place_that_took_more_all_winter_is_held_against_that_in_the_next_one() -> None:
    value = heat()
    value[at(2024, 12, 20) :] *= 1.4
    assert [f.start.year for f in judged(value)] == [2024]


def test_one_cold_week_more_heat_than_usual_explains_is_no_event_when_the_weather_does() -> None:
    colder = weather().value.copy()
    span = slice(at(2025, 12, 8), at(2025, 12, 20))
    value, need = heat(), np.maximum(18.0 - colder, 0.1)
    colder[span] -= 3.0
    value[span] *= (np.maximum(18.0 - colder, 0.1) / need)[span]
    assert judged(value, around=Around(temperature=hours(MS, colder))) == []


def test_a_holiday_that_is_not_set_back_is_not_told_twice() -> None:
    value = heat()
    span = slice(at(2026, 1, 24), at(2026, 2, 24))
    value[span] /= 0.6
    assert judged(value) == []
    assert found(heat_free_days.judge(hours(MS, value), context()))


@settings(max_examples=examples(12), deadline=None)
@given(st.integers(at(2025, 12, 12), at(2026, 3, 30)), st.integers(1, 4))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    value = with_more(1.4, ONSET, at(2026, 1, 12), seed)
    earlier = found(as_told(judge, value, context(seed), count))
    assert [f.start for f in earlier] == [f.start for f in judged(value, seed)][: len(earlier)]


@settings(max_examples=examples(12), deadline=None)
@given(st.floats(1.05, 1.5), st.floats(1.0, 1.5), st.integers(at(2025, 11, 20), at(2026, 1, 10)), st.integers(1, 4))
def test_a_bigger_excess_is_never_found_less(factor: float, more: float, begin: int, seed: int) -> None:
    small, big = (judged(with_more(f, begin, None, seed), seed) for f in (factor, factor * more))
    assert len(big) >= bool(small)
    if small and big:
        assert big[-1].size >= small[-1].size - 1e-9


def test_gas_of_a_boiler_room_without_a_heat_meter_is_judged_alike() -> None:
    value = with_more(1.4, end=at(2026, 1, 10)) * 30
    (finding,) = judged(value, quantity="gas", kind="boiler_room")
    assert finding.unit == "m³" and "立方米" in DETECTOR.message(replace(finding, end=None), "zh")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"school": replace(HEATED, heating=())}, "no_season"),
        ({"around": Around()}, "no_weather"),
    ],
)
def test_what_cannot_be_judged_says_why(more: dict[str, object], reason: str) -> None:
    verdict = judge(hours(MS, with_more(1.5)), context(**more))
    assert isinstance(verdict, NotJudged) and verdict.reason == reason and verdict.zh and verdict.en


def test_nothing_is_said_of_a_canteens_gas() -> None:
    assert judged(with_more(1.5), quantity="gas", kind="canteen") == []


def test_a_boilers_gas_is_left_to_the_heat_meter_beside_it() -> None:
    beside = Beside(context().meter, "heat", hours(MS, heat()))
    about = context(quantity="gas", kind="boiler_room", around=Around(beside=(beside,), temperature=weather()))
    verdict = judge(hours(MS, with_more(1.5)), about)
    assert isinstance(verdict, NotJudged) and verdict.reason == "by_heat_meter"


def test_a_place_whose_use_does_not_follow_the_weather_is_not_judged() -> None:
    flat = np.random.default_rng(1).uniform(0.5, 1.5, len(MS))
    verdict = judge(hours(MS, flat), context())
    assert isinstance(verdict, NotJudged) and verdict.reason == "too_little_history"


def test_unknown_weather_and_unknown_heat_are_not_judged() -> None:
    value, outdoor = with_more(1.5), weather().value.copy()
    outdoor[ONSET:] = np.nan
    assert judged(value, around=Around(temperature=hours(MS, outdoor))) == []
    value[ONSET:] = np.nan
    assert judged(value) == []


def test_the_message_says_where_since_when_how_much_and_what_to_look_at() -> None:
    (finding,) = found(as_told(judge, with_more(1.5), context(), at(2025, 12, 20)))
    zh, en = DETECTOR.message(finding, "zh"), DETECTOR.message(finding, "en")
    assert zh.startswith("3号楼供热可能偏多：12月8日起，同样冷的天每天多用约") and "没有登记价格" in zh
    assert zh.endswith("请供热班先看楼入口阀和供水温度，再看有没有常开的窗。")
    assert en.startswith("Block 3: probably too much heat. Since 8 Dec it takes about")


def test_heat_billed_by_area_saves_no_money_and_says_so() -> None:
    finding = replace(judged(with_more(1.5), by_area=True)[0], end=None)
    assert "按面积收费，不减费，但减碳" in DETECTOR.message(finding, "zh") and finding.yuan_per_day is None
