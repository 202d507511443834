"""Electricity after hours: what must be found, what must not, and what cannot be judged."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import POWER_PRICE, SCHOOL, context, cut, day_use, grid, hours, local_hour

from analytics.detector import NotJudged
from analytics.detectors.out_of_hours import DETECTOR, LEAST_KWH_UNPRICED, judge
from analytics.hours import Hours
from campus.registry import Term
from campus.results import Finding
from campus.schema import from_ms

MS = grid(56)
TEACHING = context("electricity", price=POWER_PRICE)
NIGHT = (local_hour(MS) >= 22) | (local_hour(MS) < 6)
# Local day of the ten weeks at which the extra load begins, a Monday at 22:00.
AT = 28 * 24 + 22
WORKING = np.repeat([d % 7 < 5 and d != 35 for d in range(56)], 24)


def teaching(extra: float = 0.0, at: int = AT, until: int | None = None, seed: int = 1) -> Hours:
    """Return a building with 60 kW on working days, 12 kW otherwise, and so much more at night from `at` on."""
    value = np.where(WORKING, day_use(MS, 60.0, 12.0, seed), day_use(MS, 12.0, 12.0, seed))
    value[at:until] += extra * NIGHT[at:until]
    return hours(MS, value)


def found(verdict: list[Finding] | NotJudged) -> list[Finding]:
    assert isinstance(verdict, list)
    return verdict


def test_a_healthy_school_has_no_finding() -> None:
    for seed in range(10):
        assert found(judge(teaching(seed=seed), TEACHING)) == []


@pytest.mark.parametrize("seed", [8, 30, 48, 212, 308, 367])
def test_a_load_that_wanders_is_told_with_numbers_or_not_at_all(seed: int) -> None:
    """What is above the level of last week may be none above that of the days just before it."""
    start_ms = grid(120)
    walk = np.abs(20 + np.cumsum(np.random.default_rng(seed).normal(0, 3, 120)))
    wandering = hours(start_ms, day_use(start_ms, 60.0, 0.0, seed) + walk.repeat(24))
    for finding in found(judge(wandering, context("electricity", "laboratory", price=POWER_PRICE))):
        assert np.isfinite([finding.size, finding.usual, finding.per_day, finding.to_date]).all() and finding.size > 0


@pytest.mark.parametrize("extra", [8.0, 26.0, 40.0])
def test_night_load_is_one_finding_with_its_evening_size_and_cost(extra: float) -> None:
    (finding,) = found(judge(teaching(extra), TEACHING))
    assert finding.start == from_ms(MS[AT]) and finding.end is None
    assert finding.size == pytest.approx(extra, rel=0.1) and finding.size_unit == "kW"
    assert finding.usual == pytest.approx(12, rel=0.1)
    assert finding.per_day == pytest.approx(8 * extra, rel=0.1) and finding.unit == "kWh"
    assert finding.yuan_per_day == pytest.approx(0.555 * finding.per_day)
    assert finding.to_date == pytest.approx(8 * extra * 28, rel=0.1)
    assert (finding.subject, finding.rule) == ("meter/m", DETECTOR.name)


def test_it_is_found_after_three_nights_with_fourteen_good_days_before() -> None:
    at = 15 * 24 + 22
    (finding,) = found(judge(cut(teaching(10, at), 18 * 24 + 8), TEACHING))
    assert finding.start == from_ms(MS[at])
    assert judge(cut(teaching(10, at), 17 * 24 + 8), TEACHING) == []


def test_a_load_switched_off_again_is_ended_by_the_meter() -> None:
    (finding,) = found(judge(teaching(20, until=42 * 24 + 12), TEACHING))
    assert finding.end == from_ms(MS[42 * 24 + 6])


def test_a_load_on_free_days_is_found_by_day() -> None:
    series = teaching()
    free = ~WORKING & (local_hour(MS) >= 8) & (local_hour(MS) < 20)
    series.value[30 * 24 :] += 30 * free[30 * 24 :]
    (finding,) = found(judge(series, TEACHING))
    assert finding.facts["when"] == "day"
    assert "放假时" in DETECTOR.message(finding, "zh") and "on free days" in DETECTOR.message(finding, "en")


def test_a_load_of_ordinary_weekends_is_one_finding_and_costs_what_it_does_on_an_average_day() -> None:
    whole = grid(112)
    free = np.repeat([d % 7 >= 5 for d in range(112)], 24)
    value = np.where(free, day_use(whole, 12.0, 12.0), day_use(whole, 60.0, 12.0))
    by_day = free & (local_hour(whole) >= 8) & (local_hour(whole) < 18)
    value[70 * 24 :] += 30 * by_day[70 * 24 :]
    ordinary = replace(TEACHING, school=replace(SCHOOL, calendar="none"))
    (finding,) = found(judge(hours(whole, value), ordinary))
    assert finding.start == from_ms(whole[75 * 24 + 8]) and finding.end is None
    assert finding.size == pytest.approx(30, rel=0.15) and finding.per_day == pytest.approx(300 * 2 / 7, rel=0.15)
    value[98 * 24 :] -= 30 * by_day[98 * 24 :]
    (over,) = found(judge(hours(whole, value), ordinary))
    assert over.end == from_ms(whole[103 * 24 + 6])


def test_a_load_of_all_nights_and_free_days_is_one_finding() -> None:
    series = teaching(20.0)
    series.value[AT:] += 20 * (~WORKING & ~NIGHT)[AT:]
    assert len(found(judge(series, TEACHING))) == 1


def test_a_building_with_a_few_sub_meters_is_judged_itself() -> None:
    assert len(found(judge(teaching(20.0), replace(TEACHING, submetered=True)))) == 1


def test_a_make_up_day_is_no_free_day() -> None:
    days = [date(2026, 4, 4), date(2026, 4, 5), date(2026, 4, 6)]
    made_up = tuple(Term(day, day, "makeup") for day in days)
    series = teaching()
    worked = np.repeat([d in {(day - date(2026, 3, 2)).days for day in days} for d in range(56)], 24)
    series.value[worked] = day_use(MS, 60.0, 12.0)[worked]
    assert found(judge(series, TEACHING))
    assert found(judge(series, replace(TEACHING, school=replace(SCHOOL, terms=made_up)))) == []


def test_boarders_may_study_the_evening_before_class() -> None:
    series = teaching()
    evening = np.repeat([d % 7 == 6 for d in range(56)], 24) & (local_hour(MS) >= 18) & (local_hour(MS) < 22)
    series.value[28 * 24 :] += 40 * evening[28 * 24 :]
    assert found(judge(series, replace(TEACHING, school=replace(SCHOOL, boarding=True)))) == []


@settings(max_examples=15, deadline=None)
@given(st.floats(1, 30), st.floats(1.0, 4.0), st.integers(20 * 24, 50 * 24), st.integers(0, 1000))
def test_a_bigger_load_is_never_found_less(extra: float, more: float, at: int, seed: int) -> None:
    small = found(judge(teaching(extra, at, seed=seed), TEACHING))
    big = found(judge(teaching(extra * more, at, seed=seed), TEACHING))
    if any(f.end is None for f in small):
        assert any(f.end is None for f in big)
        assert big[-1].to_date >= small[-1].to_date - 1e-6


@settings(max_examples=15, deadline=None)
@given(st.integers(20 * 24, 55 * 24), st.integers(0, 100))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    series = teaching(20, 24 * 24 + 22, 40 * 24, seed)
    earlier, whole = found(judge(cut(series, count), TEACHING)), found(judge(series, TEACHING))
    assert [f.start for f in earlier] == [f.start for f in whole][: len(earlier)]


def test_an_excess_worth_less_than_ten_yuan_is_left_alone() -> None:
    small = teaching(4.0)
    assert found(judge(small, TEACHING))  # 32 kWh at 0.555 yuan
    cheap = replace(TEACHING, price=replace(POWER_PRICE, yuan=0.3))
    assert found(judge(small, cheap)) == []


def test_without_a_price_an_amount_stands_in_and_no_yuan_is_named() -> None:
    unpriced = replace(TEACHING, price=None)
    assert found(judge(teaching(0.8 * LEAST_KWH_UNPRICED / 8), unpriced)) == []
    (finding,) = found(judge(teaching(20.0), unpriced))
    assert finding.yuan_per_day is None
    for lang, currency in (("zh", "元"), ("en", "¥")):
        assert currency not in DETECTOR.message(finding, lang)
    assert "没有登记价格" in DETECTOR.message(finding, "zh") and "no price set" in DETECTOR.message(finding, "en")


def test_coming_back_to_last_months_level_is_no_new_fault() -> None:
    series = teaching()
    series.value[21 * 24 : 42 * 24] *= 0.6
    assert found(judge(series, TEACHING)) == []


def test_unknown_nights_are_not_taken_for_quiet_ones() -> None:
    series = teaching(20)
    series.value[33 * 24 : 45 * 24] = np.nan
    (finding,) = found(judge(series, TEACHING))
    assert finding.end is None and finding.start == from_ms(MS[AT])


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        (context("electricity", interval=timedelta(days=1)), "daily_meter"),
        (context("electricity", "boiler_room"), "by_weather"),
        (context("electricity", submetered=True, building=None), "submetered"),
    ],
)
def test_what_cannot_be_judged_says_why(about, reason: str) -> None:
    verdict = judge(teaching(30), about)
    assert isinstance(verdict, NotJudged) and verdict.reason == reason
    assert verdict.zh and verdict.en


@pytest.mark.parametrize("count", [0, 1, 13 * 24])
def test_less_than_two_weeks_is_too_little(count: int) -> None:
    verdict = judge(cut(teaching(30, 0), count), TEACHING)
    assert isinstance(verdict, NotJudged) and verdict.reason == "too_little_history"


def test_the_message_says_where_how_much_instead_of_what_since_when_and_what_to_do() -> None:
    (finding,) = found(judge(teaching(26.0), TEACHING))
    fixed = replace(finding, size=26.0, usual=12.0, per_day=208.0, yuan_per_day=115.0)
    assert DETECTOR.message(fixed, "zh") == (
        "3号楼晚上10点后还有38千瓦，平时12千瓦，3月30日22点起，每天多花约115元。先查空调和开水器。"
    )
    assert DETECTOR.message(fixed, "en") == (
        "Block 3 still draws 38 kW after 22:00 (usually 12) since 22:00 on 30 Mar, about ¥115 a day. "
        "Check air conditioning and water boilers first."
    )
