"""Water at night: what must be found, what must not, and what cannot be judged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import SCHOOL, WATER_PRICE, context, cut, day_use, grid, hours, local_hour

from analytics.detector import NotJudged
from analytics.detectors.night_flow import DETECTOR, judge
from analytics.hours import Hours
from campus.registry import Building, Term
from campus.results import Finding
from campus.schema import from_ms

MS = grid(56)
TEACHING = context("water", price=WATER_PRICE, pulse=0.01)
DORMITORY = replace(
    context("water", "dormitory", pulse=0.01), school=replace(SCHOOL, boarding=True), sleepers=500,
    building=Building("d", "宿舍楼", "Dormitory", "dormitory", people=500),
)  # fmt: skip


def teaching(leak: float = 0.0, at: int = 28 * 24 + 10, until: int | None = None, seed: int = 1) -> Hours:
    value = day_use(MS, 2.0, 0.0, seed)
    value[at:until] += leak
    return hours(MS, value)


def dormitory(leak: float = 0.0, at: int = 28 * 24 + 10, seed: int = 1) -> Hours:
    value = day_use(MS, 4.0, 0.2, seed)
    value[at:] += leak
    return hours(MS, value)


def found(verdict: list[Finding] | NotJudged) -> list[Finding]:
    assert isinstance(verdict, list)
    return verdict


def test_a_healthy_school_has_no_finding() -> None:
    for seed in range(10):
        assert found(judge(teaching(seed=seed), TEACHING)) == []
        assert found(judge(dormitory(seed=seed), DORMITORY)) == []


@pytest.mark.parametrize("leak", [0.1, 0.4, 1.5])
def test_a_leak_is_one_finding_with_its_hour_size_volume_and_cost(leak: float) -> None:
    (finding,) = found(judge(teaching(leak), TEACHING))
    # A small leak cannot be told to the hour from a use by day that varies as much.
    assert abs(finding.start - from_ms(MS[28 * 24 + 10])) <= timedelta(hours=2 if leak < 1 else 0)
    assert finding.end is None
    assert finding.seen_until == from_ms(MS[-1]) + timedelta(hours=1)
    assert finding.size == pytest.approx(leak) and finding.size_unit == "m³/h"
    assert finding.per_day == pytest.approx(24 * leak)
    assert finding.to_date == pytest.approx(leak * (28 * 24 - 10), rel=0.02)
    assert finding.yuan_per_day == pytest.approx(24 * leak * 4.2)
    assert finding.subject == "meter/m" and finding.rule == DETECTOR.name == "night_flow"


@pytest.mark.parametrize("nights", [2, 3])
def test_it_is_found_after_at_most_three_nights_with_fourteen_good_days_before(nights: int) -> None:
    start = 14 * 24 + 10
    for series, about in ((teaching(0.2, start), TEACHING), (dormitory(0.2, start), DORMITORY)):
        (finding,) = found(judge(cut(series, (14 + nights) * 24 + 12), about))
        assert abs(finding.start - from_ms(MS[start])) <= timedelta(hours=14)


def test_a_repaired_leak_is_ended_by_the_meter() -> None:
    (finding,) = found(judge(teaching(0.5, until=35 * 24), TEACHING))
    assert finding.end == from_ms(MS[35 * 24 - 1])  # the night from 23:00 on was dry
    assert finding.to_date == pytest.approx(0.5 * (7 * 24 - 10), rel=0.02)


def test_one_week_of_quiet_does_not_make_two_events() -> None:
    series = teaching(0.5, until=35 * 24)
    series.value[42 * 24 :] += 0.5
    (finding,) = found(judge(series, TEACHING))
    assert finding.end is None


def test_a_leak_that_grows_slowly_is_found_before_the_usual_creeps_up() -> None:
    value = day_use(MS, 4.0, 0.2)
    value[28 * 24 :] += np.linspace(0, 0.3, 28 * 24)
    (finding,) = found(judge(hours(MS, value), DORMITORY))
    assert finding.end is None and finding.size > 0.2


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 0.6), st.floats(1.0, 4.0), st.integers(20 * 24, 50 * 24), st.integers(0, 1000))
def test_a_bigger_leak_is_never_found_less(leak: float, more: float, at: int, seed: int) -> None:
    small = found(judge(dormitory(leak, at, seed), DORMITORY))
    big = found(judge(dormitory(leak * more, at, seed), DORMITORY))
    if any(f.end is None for f in small):
        assert any(f.end is None for f in big)
        assert big[-1].size >= small[-1].size - 1e-9


@settings(max_examples=15, deadline=None)
@given(st.integers(20 * 24, 55 * 24), st.integers(0, 100))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    series = teaching(0.3, 24 * 24, 40 * 24, seed)
    earlier, whole = found(judge(cut(series, count), TEACHING)), found(judge(series, TEACHING))
    assert [f.start for f in earlier] == [f.start for f in whole][: len(earlier)]


def test_scaling_the_meter_scales_the_finding() -> None:
    (one,) = found(judge(dormitory(0.4), DORMITORY))
    series = dormitory(0.4)
    ten = replace(DORMITORY, sleepers=5000)
    (big,) = found(judge(replace(series, value=series.value * 10), ten))
    assert big.size == pytest.approx(10 * one.size) and big.start == one.start


def test_registered_night_use_is_subtracted() -> None:
    about = context("water", night_use_m3_h=0.3)
    assert found(judge(teaching(0.3, 0), about)) == []
    (finding,) = found(judge(teaching(0.5, 0), about))
    assert finding.size == pytest.approx(0.2)


def test_before_two_weeks_are_known_any_flow_through_two_nights_counts_where_nobody_sleeps() -> None:
    (finding,) = found(judge(cut(teaching(0.2, 0), 3 * 24), TEACHING))
    assert finding.usual == 0.0 and finding.size == pytest.approx(0.2)


def test_before_two_weeks_are_known_sleepers_may_use_two_litres_each() -> None:
    assert found(judge(cut(dormitory(0.5, 0), 10 * 24), DORMITORY)) == []
    (finding,) = found(judge(cut(dormitory(1.5, 0), 10 * 24), DORMITORY))
    assert finding.usual == pytest.approx(1.0)


def test_where_nobody_wrote_down_who_sleeps_two_weeks_are_waited_for() -> None:
    verdict = judge(cut(dormitory(1.5, 0), 10 * 24), replace(DORMITORY, sleepers=None))
    assert isinstance(verdict, NotJudged) and verdict.reason == "too_little_history"


def test_the_start_of_term_is_no_leak_in_a_dormitory() -> None:
    term = Term(datetime(2026, 3, 30).date(), datetime(2026, 7, 10).date(), "term")
    vacation = Term(datetime(2026, 1, 20).date(), datetime(2026, 3, 29).date(), "vacation")
    about = replace(DORMITORY, school=replace(DORMITORY.school, terms=(vacation, term)))
    value = day_use(MS, 4.0, 0.2)
    value[: 28 * 24] *= 0.05
    assert found(judge(hours(MS, value), about)) == []


def test_an_evenly_filled_silence_is_no_leak() -> None:
    value = day_use(MS, 2.0, 0.0)
    value[30 * 24 : 36 * 24 + 5] = 0.4
    assert found(judge(hours(MS, value), TEACHING)) == []


def test_unknown_nights_are_not_taken_for_quiet_ones() -> None:
    series = teaching(0.4)
    series.value[36 * 24 : 48 * 24] = np.nan
    (finding,) = found(judge(series, TEACHING))
    assert finding.end is None
    assert finding.to_date == pytest.approx(0.4 * (16 * 24 - 10), rel=0.05)


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"interval": timedelta(days=1)}, "daily_meter"), ({"pulse": 1.0}, "coarse_pulse")],
)
def test_what_cannot_be_judged_says_why(more: dict[str, object], reason: str) -> None:
    verdict = judge(teaching(0.5), context("water", **more))
    assert isinstance(verdict, NotJudged) and verdict.reason == reason
    assert verdict.zh and verdict.en


def test_nothing_known_is_not_judged() -> None:
    empty = hours(MS, np.full(len(MS), np.nan))
    for series in (empty, cut(empty, 0)):
        verdict = judge(series, TEACHING)
        assert isinstance(verdict, NotJudged) and verdict.reason == "too_little_history"


@pytest.mark.parametrize(("kind", "first", "last"), [("canteen", 0, 3), ("dormitory", 2, 4), ("library", 1, 5)])
def test_each_class_of_building_has_its_own_night(kind: str, first: int, last: int) -> None:
    hour = local_hour(MS)
    outside = np.where((hour < first) | (hour >= last), 0.5, 0.0)
    assert found(judge(hours(MS, outside), context("water", kind))) == []
    assert found(judge(hours(MS, np.full(len(MS), 0.5)), context("water", kind)))


def test_the_message_says_where_how_much_since_when_what_it_costs_and_what_to_do() -> None:
    (finding,) = found(judge(teaching(0.8), TEACHING))
    assert DETECTOR.message(finding, "zh") == (
        "3号楼夜里水不停，每小时0.8吨，3月30日10点起，每天约81元。先看水箱浮球，再关楼前阀试。"
    )
    assert DETECTOR.message(finding, "en") == (
        "Block 3: water runs all night, 0.8 m³/h since 10:00 on 30 Mar, about ¥81 a day. "
        "Check cistern floats first, then close the valve and watch the meter."
    )


def test_years_are_named_only_when_they_differ() -> None:
    (finding,) = found(judge(teaching(0.8), TEACHING))
    later = replace(finding, seen_until=datetime(2027, 1, 5, tzinfo=UTC))
    assert "2026年3月30日" in DETECTOR.message(later, "zh")
    assert "30 Mar 2026" in DETECTOR.message(later, "en")
