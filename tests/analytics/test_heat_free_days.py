"""Heat on free days: holidays and weekends that are not set back, plans that say what may be used."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import SHANGHAI, cut, hours
from made_heat import BEGIN, HEAT_PRICE, HEATED, MS, as_told, at, context, heat

from analytics.around import Around
from analytics.detector import NotJudged
from analytics.detectors.heat_free_days import DETECTOR, judge
from analytics.wording import number
from campus.plans import Keep, Plan, PlanKind
from campus.results import Finding
from campus.schema import from_ms
from tests.sizes import examples

VACATION = slice(at(2026, 1, 24), at(2026, 2, 24))


def left_on(span: slice = VACATION, seed: int = 1, share: float = 1.0) -> np.ndarray:
    """Return a building that takes `share` of a working day's heat on the free days of a span."""
    value = heat(seed)
    value[span] *= share / 0.6
    return value


def found(verdict: object) -> list[Finding]:
    assert isinstance(verdict, list)
    return verdict


def judged(value: np.ndarray, seed: int = 1, **more: object) -> list[Finding]:
    return found(judge(hours(MS, value), context(seed, **more)))


def plan(first: int, until: int, **more: object) -> Plan:
    start, end = (BEGIN + timedelta(hours=place) for place in (first, until))
    return Plan("p", PlanKind.CLOSED, start, end, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_building_that_is_set_back_has_no_finding_in_two_winters(seed: int) -> None:
    assert judged(heat(seed), seed) == []


def test_a_holiday_is_found_on_its_second_day_with_what_it_takes_too_much() -> None:
    assert found(as_told(judge, left_on(), context(), at(2026, 1, 25))) == []
    value, told = left_on(), at(2026, 1, 26)
    (finding,) = found(as_told(judge, value, context(price=HEAT_PRICE), told))
    assert finding.start == from_ms(MS[at(2026, 1, 24)]) and finding.end is None
    assert finding.per_day == pytest.approx((value - heat())[at(2026, 1, 24) : told].sum() / 2, rel=0.25)
    assert finding.yuan_per_day == pytest.approx(90 * finding.per_day)
    zh = DETECTOR.message(finding, "zh")
    assert zh.startswith("放假第2天，3号楼供热没调低，1月24日起每天多用约") and "约" in zh and "元" in zh
    assert zh.endswith("请供热班今天关小楼入口阀，室温别低于5℃。")
    assert DETECTOR.message(finding, "en").endswith("Please throttle the inlet valve today; keep rooms above 5 °C.")


def test_it_is_over_when_two_free_days_are_set_back_again() -> None:
    (finding,) = judged(left_on(slice(at(2026, 1, 24), at(2026, 2, 5))))
    assert finding.end == from_ms(MS[at(2026, 2, 5)])
    (finding,) = judged(left_on())
    assert finding.end == from_ms(MS[at(2026, 3, 1)])  # the next free day: 28 February is a Saturday that is worked


def test_weekends_that_stay_up_are_one_finding() -> None:
    value = left_on(slice(at(2025, 12, 6), at(2025, 12, 29)))
    working = heat(set_back=1.0) == heat()
    value[working] = heat()[working]
    (finding,) = judged(value)
    assert finding.start == from_ms(MS[at(2025, 12, 6)]) and finding.facts["days_over"] == 8
    for day in (8, 10):  # the evening of a Sunday, and the week after it
        (told,) = found(as_told(judge, value, context(), at(2025, 12, day)))
        assert "周末和放假时供热没调低" in DETECTOR.message(told, "zh")


def test_weekends_alone_cost_a_day_what_they_come_to_over_the_weeks() -> None:
    """The sentence names what a free day takes; what is ranked by the day is two sevenths of it."""
    value = left_on(slice(at(2025, 12, 6), at(2025, 12, 29)))
    working = heat(set_back=1.0) == heat()
    value[working] = heat()[working]
    (finding,) = found(as_told(judge, value, context(price=HEAT_PRICE), at(2025, 12, 29)))
    excess = (value - heat())[at(2025, 12, 6) : at(2025, 12, 29)].sum()
    assert finding.to_date == pytest.approx(excess, rel=0.25)
    assert finding.per_day == pytest.approx(excess / 23, rel=0.25) and finding.yuan_per_day == pytest.approx(
        90 * finding.per_day
    )
    assert f"放假每天多用约{number(excess / 8)[:1]}" in DETECTOR.message(finding, "zh")


def test_a_valve_that_sticks_on_working_days_too_is_no_missing_set_back() -> None:
    value = heat()
    value[at(2026, 1, 19) :] *= 1.5
    assert judged(value) == []


def test_heat_turned_up_in_a_holiday_that_was_set_back_is_left_to_the_other_rule() -> None:
    assert judged(left_on(slice(at(2026, 2, 2), at(2026, 2, 20)))) == []


def test_a_place_that_is_never_set_back_is_only_judged_by_a_plan_with_its_temperature() -> None:
    value = heat(set_back=1.0)
    verdict = judge(hours(MS, value), context())
    assert isinstance(verdict, NotJudged) and verdict.reason == "never_set_back"
    closed = plan(VACATION.start, VACATION.stop, setback_c=8.0)
    (finding,) = judged(value, plans=(closed,))
    assert finding.start == from_ms(MS[VACATION.start])
    kept = value.copy()
    kept[VACATION] *= 0.4
    assert judged(kept, plans=(closed,)) == []


def test_a_keep_on_list_says_what_a_closed_building_may_take() -> None:
    value = heat()
    for rate, count in ((0.5, 0), (0.05, 1)):
        closed = plan(VACATION.start, VACATION.stop, keep=(Keep("供热", "heat", rate),))
        assert len(judged(value, plans=(closed,))) == count


def test_a_planned_closure_on_working_days_counts_as_free() -> None:
    span = slice(at(2025, 12, 9), at(2025, 12, 12))
    assert judged(heat(), plans=(plan(span.start, span.stop),))[0].start == from_ms(MS[span.start])


@settings(max_examples=examples(12), deadline=None)
@given(st.integers(at(2026, 1, 26), at(2026, 3, 30)), st.integers(1, 4))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    value = left_on(seed=seed)
    earlier = found(as_told(judge, value, context(seed), count))
    assert [f.start for f in earlier] == [f.start for f in judged(value, seed)][: len(earlier)]


@settings(max_examples=examples(12), deadline=None)
@given(st.floats(0.65, 1.2), st.floats(1.0, 1.3), st.integers(1, 4))
def test_a_bigger_excess_is_never_found_less(share: float, more: float, seed: int) -> None:
    small, big = (judged(left_on(share=s, seed=seed), seed) for s in (share, share * more))
    assert len(big) >= len(small)
    if small:
        assert big[0].per_day >= small[0].per_day - 1e-9


def test_too_little_history_is_not_judged() -> None:
    verdict = judge(cut(hours(MS, heat()), at(2024, 12, 1)), context(around=Around(temperature=None)))
    assert isinstance(verdict, NotJudged) and verdict.reason == "no_weather"
    early = as_told(judge, left_on(), context(), at(2024, 12, 1))
    assert isinstance(early, NotJudged) and early.reason == "never_set_back"


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"school": replace(HEATED, heating=())}, "no_season"), ({"around": Around()}, "no_weather")],
)
def test_what_cannot_be_judged_says_why(more: dict[str, object], reason: str) -> None:
    verdict = judge(hours(MS, left_on()), context(**more))
    assert isinstance(verdict, NotJudged) and verdict.reason == reason


def test_the_clock_is_the_schools() -> None:
    (finding,) = judged(left_on())
    assert finding.start.astimezone(SHANGHAI).hour == 0
