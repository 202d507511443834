"""Heat outside the season: found in three days, told from warm water, cold springs and what nobody can know."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import hours
from made_heat import GJ_PER_K_H, HEAT_PRICE, HEATED, MS, WINTERS, as_told, at, context, heat, season, weather

from analytics.around import Around
from analytics.detector import NotJudged
from analytics.detectors.heat_off_season import DETECTOR, judge
from campus.registry import Season
from campus.results import Finding
from campus.schema import from_ms
from tests.sizes import examples

OVER = at(2025, 3, 15)


def left_on(until: int = at(2025, 4, 20), share: float = 1.0, seed: int = 1) -> np.ndarray:
    """Return a building that goes on heating after the season, with a share of what the cold asks for."""
    value = heat(seed)
    span = slice(OVER, until)
    value[span] += share * GJ_PER_K_H * np.maximum(20.0 - weather(seed).value[span], 2.0)
    return value


def found(verdict: object) -> list[Finding]:
    assert isinstance(verdict, list)
    return verdict


def judged(value: np.ndarray, **more: object) -> list[Finding]:
    return found(judge(hours(MS, value), context(**more)))


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_building_that_is_shut_off_has_no_finding(seed: int) -> None:
    assert judged(heat(seed), around=Around(temperature=weather(seed))) == []


@pytest.mark.parametrize("more", [{}, {"around": Around()}])
def test_heat_left_on_is_one_finding_from_the_seasons_end_until_it_is_shut(more: dict[str, object]) -> None:
    (finding,) = judged(left_on(), price=HEAT_PRICE, **more)
    assert finding.start == from_ms(MS[OVER]) and finding.end == from_ms(MS[at(2025, 4, 20)])
    assert finding.usual == 0 and finding.to_date == pytest.approx((left_on() - heat()).sum(), rel=0.2)
    assert finding.yuan_per_day == pytest.approx(90 * finding.per_day)


def test_it_is_told_after_three_days_and_says_what_to_shut() -> None:
    about = context(around=Around(), price=HEAT_PRICE)
    assert found(as_told(judge, left_on(), about, OVER + 48)) == []
    (finding,) = found(as_told(judge, left_on(), about, OVER + 72))
    zh = DETECTOR.message(finding, "zh")
    assert zh.startswith("现在不在供暖期，3号楼可能还在供热：3月15日起每天约") and "先关楼入口阀" in zh
    assert "probably" in DETECTOR.message(finding, "en")


def test_a_supplier_that_runs_out_two_days_later_is_no_event() -> None:
    assert judged(left_on(OVER + 48)) == []


def test_days_on_which_heating_may_well_go_on_are_not_held_against_anybody() -> None:
    cold = weather().value.copy()
    cold[OVER : OVER + 20 * 24] = 2.0
    assert judged(left_on(OVER + 20 * 24), around=Around(temperature=hours(MS, cold))) == []


def test_warm_water_is_no_heating() -> None:
    water = 0.06 * np.random.default_rng(1).normal(1, 0.1, len(MS))
    assert judged(heat() + water) == []
    finding = judged(left_on() + water)[0]
    assert finding.usual == pytest.approx(0.06, rel=0.5)
    # In the second year the summer before tells how much it is, even without the weather.
    later = replace(HEATED, heating=(Season(date(2023, 11, 15), date(2024, 3, 14)), *WINTERS))
    assert all(f.start.year == 2025 for f in judged(heat() + water, around=Around(), school=later))


def test_what_is_not_registered_is_not_known() -> None:
    value = heat() + GJ_PER_K_H * 10 * ~season()
    last = HEATED.heating[0]
    alone = replace(HEATED, heating=(last,))
    (finding,) = judged(value, school=alone)
    assert finding.end == from_ms(MS[at(2025, 8, 12)])  # 150 days later: the next winter may begin some day
    verdict = judge(hours(MS, value), context(school=replace(HEATED, heating=())))
    assert isinstance(verdict, NotJudged) and verdict.reason == "no_season"


def test_trial_runs_before_a_season_are_none_of_it() -> None:
    value = heat()
    value[at(2025, 11, 1) : at(2025, 11, 15)] = 0.3
    assert judged(value) == []


@pytest.mark.parametrize(("winters", "end"), [(WINTERS, at(2025, 11, 1)), (WINTERS[:1], at(2025, 8, 12))])
def test_heat_that_goes_on_until_nobody_can_tell_is_not_said_to_be_over(
    winters: tuple[Season, ...], end: int
) -> None:
    value = heat()
    value[OVER : at(2025, 12, 1)] += 0.2
    (finding,) = judged(value, school=replace(HEATED, heating=winters))
    assert finding.end == from_ms(MS[end])
    zh, en = (DETECTOR.message(finding, lang) for lang in ("zh", "en"))
    assert "回到平时" not in zh and "不再判断" in zh and "back to usual" not in en and "no longer judged" in en


def test_too_little_of_a_season_is_not_judged() -> None:
    value = heat()
    value[: at(2025, 3, 10)] = np.nan
    verdict = judge(hours(MS[: at(2025, 5, 1)], value[: at(2025, 5, 1)]), context(around=Around()))
    assert isinstance(verdict, NotJudged) and verdict.reason == "too_little_history"


@settings(max_examples=examples(12), deadline=None)
@given(st.integers(OVER, at(2025, 6, 1)), st.integers(1, 4))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    value = left_on(seed=seed)
    about = context(seed)
    earlier, whole = found(as_told(judge, value, about, count)), found(judge(hours(MS, value), about))
    assert [f.start for f in earlier] == [f.start for f in whole][: len(earlier)]


@settings(max_examples=examples(12), deadline=None)
@given(st.floats(0.05, 1.0), st.floats(1.0, 3.0))
def test_a_bigger_excess_is_never_found_less(share: float, more: float) -> None:
    small, big = judged(left_on(share=share)), judged(left_on(share=share * more))
    assert bool(big) >= bool(small)
    if small:
        assert big[0].to_date >= small[0].to_date - 1e-9 and big[0].start <= small[0].start
