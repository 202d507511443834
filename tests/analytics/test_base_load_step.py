"""A base load that rises and stays: what must be found, what must not, and what cannot be judged."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import HOUR, POWER_PRICE, context, cut, day_use, grid, hours, local_hour

from analytics.around import Around
from analytics.detector import NotJudged
from analytics.detectors.base_load_step import DETECTOR, judge
from analytics.hours import Hours
from campus.registry import Register
from campus.results import Finding
from campus.schema import from_ms
from campus.units import QUANTITIES
from tests.sizes import examples

MS = grid(84)
LABORATORY = context("electricity", "laboratory", price=POWER_PRICE)
AT = 35 * 24 + 14  # a Monday, 14:00 local


def laboratory(extra: float = 0.0, at: int = AT, until: int | None = None, seed: int = 1) -> Hours:
    """Return a laboratory with 60 kW by day and 20 kW otherwise, and so much more day and night from `at` on."""
    value = day_use(MS, 60.0, 20.0, seed)
    value[at:until] += extra
    return hours(MS, value)


def found(series: Hours, about=LABORATORY) -> list[Finding]:
    verdict = judge(series, about)
    assert isinstance(verdict, list), verdict
    return verdict


def test_a_healthy_laboratory_has_no_finding() -> None:
    for seed in range(10):
        assert found(laboratory(seed=seed)) == []


@pytest.mark.parametrize("extra", [5.0, 10.0, 20.0])
def test_a_step_is_one_finding_with_its_hour_size_and_cost(extra: float) -> None:
    (finding,) = found(laboratory(extra))
    assert abs(finding.start - from_ms(MS[AT])) <= 6 * HOUR and finding.end is None
    assert finding.size == pytest.approx(extra, rel=0.15) and finding.size_unit == "kW"
    assert finding.per_day == pytest.approx(24 * finding.size)
    assert finding.yuan_per_day == pytest.approx(0.555 * finding.per_day)
    assert finding.to_date == pytest.approx(24 * extra * 48, rel=0.15)


def test_a_load_switched_off_again_ends_by_itself() -> None:
    (finding,) = found(laboratory(10.0, until=63 * 24))
    assert finding.end == from_ms(MS[63 * 24])


@pytest.mark.parametrize("seed", [234, 289, 474, 693])
def test_a_step_that_few_days_as_warm_were_before_is_told_with_numbers_or_not_at_all(seed: int) -> None:
    """Heating ends and a week later more runs: few days are left that tell what is usual, and as many of the step."""
    day = np.arange(84)
    value = day_use(MS, 60.0, 20.0, seed) + np.where(day >= 40, 10.3, 0.0).repeat(24)
    outside = hours(MS, np.where(day < 32, 5.0, 18.0).repeat(24))
    for finding in found(hours(MS, value), replace(LABORATORY, around=Around(temperature=outside))):
        assert finding.size > 0 and np.isfinite([finding.usual, finding.to_date]).all()


@pytest.mark.parametrize("seed", range(4))
def test_what_it_came_to_does_not_change_once_it_is_over(seed: int) -> None:
    series = laboratory(10.0, until=63 * 24, seed=seed)
    series.value[:] += np.random.default_rng(seed).normal(0, 0.5, 84).repeat(24)
    (over,) = found(series)
    (lasting,) = found(cut(series, 63 * 24))
    assert (over.start, over.usual, over.to_date) == (lasting.start, lasting.usual, lasting.to_date)


def test_a_load_of_the_nights_alone_is_none_of_the_base() -> None:
    series = laboratory()
    night = (local_hour(MS) >= 22) | (local_hour(MS) < 6)
    series.value[AT:] += 20 * night[AT:]
    assert found(series) == []


def test_a_load_of_a_few_days_does_not_stay() -> None:
    assert found(laboratory(20.0, until=AT + 4 * 24)) == []


def test_a_base_load_that_falls_costs_nothing() -> None:
    assert found(laboratory(-10.0)) == []


def test_a_level_of_the_year_before_that_comes_back_is_not_new() -> None:
    start_ms = grid(400)
    value = day_use(start_ms, 60.0, 20.0)
    value[: 150 * 24] += 10
    value[350 * 24 :] += 10
    assert found(hours(start_ms, value)) == []


def test_days_hotter_than_any_before_are_not_judged() -> None:
    series = laboratory(15.0)
    outside = np.where(np.arange(len(MS)) < AT, 18.0, 32.0)
    hot = replace(LABORATORY, around=Around(temperature=hours(MS, outside)))
    mild = replace(LABORATORY, around=Around(temperature=hours(MS, np.full(len(MS), 18.0))))
    assert found(series, hot) == []
    assert len(found(series, mild)) == 1


@settings(max_examples=examples(60), deadline=None)
@given(st.floats(2, 30), st.floats(1.0, 4.0), st.integers(30 * 24, 70 * 24), st.integers(0, 1000))
def test_a_bigger_step_is_never_found_less(extra: float, more: float, at: int, seed: int) -> None:
    small, big = found(laboratory(extra, at, seed=seed)), found(laboratory(extra * more, at, seed=seed))
    if any(f.end is None for f in small):
        assert any(f.end is None for f in big)
        assert big[-1].to_date >= small[-1].to_date - 1e-6


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(30 * 24, 84 * 24), st.integers(0, 100))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    series = laboratory(10, until=60 * 24, seed=seed)
    earlier, whole = found(cut(series, count)), found(series)
    assert [f.start for f in earlier] == [f.start for f in whole][: len(earlier)]


def test_a_rise_worth_less_than_ten_yuan_a_day_is_left_alone() -> None:
    value = day_use(MS, 6.0, 2.0)
    value[AT:] += 0.5
    assert found(hours(MS, value)) == []
    dear = replace(LABORATORY, price=replace(POWER_PRICE, yuan=1.2))
    assert len(found(hours(MS, value), dear)) == 1


def test_what_cannot_be_judged_says_why() -> None:
    fed = replace(LABORATORY.meter, registers=(Register(QUANTITIES["electricity_export"], "kWh"),))
    cases = {
        "daily_meter": (laboratory(), context("electricity", interval=timedelta(days=1))),
        "by_weather": (laboratory(), context("electricity", "boiler_room")),
        "fed_from_the_roof": (laboratory(), replace(LABORATORY, meter=fed)),
        "too_little_history": (cut(laboratory(), 14 * 24), LABORATORY),
    }
    for reason, (series, about) in cases.items():
        verdict = judge(series, about)
        assert isinstance(verdict, NotJudged) and verdict.reason == reason


def test_the_sentences_say_where_how_much_since_when_and_what_to_do() -> None:
    (finding,) = found(laboratory(10.0))
    fixed = replace(finding, start=from_ms(MS[AT]), size=10.0, usual=20.0, per_day=240.0, yuan_per_day=133.0)
    assert DETECTOR.message(fixed, "zh") == (
        "3号楼从4月6日14点起昼夜都多用10千瓦（最低时30千瓦，平时20千瓦），每天多花约133元。先查新接的、一直开着的设备。"
    )
    assert DETECTOR.message(fixed, "en") == (
        "Block 3 draws 10 kW more day and night since 14:00 on 6 Apr (at least 30 kW, usually 20), about ¥133 a day. "
        "Look for newly connected equipment that is never switched off first."
    )
