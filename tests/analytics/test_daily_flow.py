"""Water meters read once a day: a week without a quiet day is a finding, the start of term is none."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import SCHOOL, WATER_PRICE, context, cut, grid, hours

from analytics.detector import Context, NotJudged
from analytics.detectors.daily_flow import DETECTOR, judge
from analytics.hours import Hours
from campus.registry import Building, Term
from campus.results import Finding
from campus.schema import from_ms

DAYS, ONSET = 140, 100
MS = grid(DAYS)
DAILY = context("water", price=WATER_PRICE, pulse=0.01, interval=timedelta(days=1))
HOME = replace(
    context("water", "dormitory", pulse=0.01, interval=timedelta(days=1)), sleepers=500,
    building=Building("d", "宿舍楼", "Dormitory", "dormitory", people=500),
)  # fmt: skip


def spread(use: np.ndarray) -> Hours:
    """Return the hours that a meter with `use` (days,) [m³/day] gives, which is read at midnight."""
    return hours(MS, np.repeat(use / 24, 24))


def school(leak: float = 0.0, at: int = ONSET, until: int | None = None, seed: int = 1) -> np.ndarray:
    """Return a day school's use: about 4 m³ on school days, 0.3 on weekends (day 0 is a Monday)."""
    random = np.random.default_rng(seed)
    free = np.arange(DAYS) % 7 >= 5
    use = np.where(free, 0.3, 4.0) * random.normal(1, 0.2, DAYS).clip(0.3, 1.7)
    use[at:until] += leak
    return use


def found(use: np.ndarray, about: Context = DAILY) -> list[Finding]:
    verdict = judge(spread(use), about)
    assert not isinstance(verdict, NotJudged)
    return verdict


def test_a_healthy_school_has_no_finding() -> None:
    assert all(found(school(seed=seed)) == [] for seed in range(10))


@pytest.mark.parametrize("at", range(ONSET, ONSET + 7))
def test_half_of_the_mean_use_is_found_within_a_week_whatever_day_it_begins(at: int) -> None:
    use = school(1.5, at)
    use[at + 7 :] = np.nan
    (finding,) = found(use)
    assert finding.end is None and finding.size == pytest.approx(1.5 / 24, rel=0.2)
    assert abs(finding.start - from_ms(MS[24 * at])) <= timedelta(days=2)


def test_what_runs_is_told_with_its_day_amount_and_cost() -> None:
    (finding,) = found(school(2.4))
    assert finding.per_day == pytest.approx(2.4, rel=0.1) and finding.unit == "m³"
    assert finding.to_date == pytest.approx(2.4 * (DAYS - ONSET), rel=0.15)
    assert finding.yuan_per_day == pytest.approx(finding.per_day * 4.2)


def test_it_ends_on_the_first_quiet_day() -> None:
    (finding,) = found(school(2.0, until=ONSET + 20))
    assert finding.end is not None
    assert from_ms(MS[24 * (ONSET + 20)]) <= finding.end <= from_ms(MS[24 * (ONSET + 27)])


def test_a_leak_that_grows_slowly_is_found_before_the_usual_creeps_up() -> None:
    use = school()
    use[40:] += np.linspace(0, 4, DAYS - 40)
    (finding,) = found(use)
    assert finding.end is None and finding.per_day > 2


def test_a_leak_on_top_of_another_is_told_as_growth() -> None:
    use = school(2.0, 45)
    use[120:] += 3.0
    (finding,) = found(use)
    assert date(2026, 6, 30) <= date.fromisoformat(str(finding.facts["grown_on"])) <= date(2026, 7, 8)
    assert "又大了" in DETECTOR.message(finding, "zh") and "grew by" in DETECTOR.message(finding, "en")


def test_the_start_of_term_is_no_leak() -> None:
    use = school()
    use[60:100] *= 0.05
    assert found(use) == []


def test_boarders_who_come_back_are_no_leak() -> None:
    first = from_ms(MS[0]).date() + timedelta(days=1)
    days = [first + timedelta(days=n) for n in range(DAYS)]
    terms = (Term(days[0], days[39], "term"), Term(days[40], days[89], "vacation"), Term(days[90], days[-1], "term"))
    about = replace(HOME, school=replace(SCHOOL, boarding=True, terms=terms))
    use = np.random.default_rng(2).normal(40, 3, DAYS)
    use[40:90] = 3.0
    assert found(use, about) == []
    use[ONSET + 10 :] += 30.0
    (finding,) = found(use, about)
    assert finding.per_day == pytest.approx(30, rel=0.3)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.3, 3.0), st.floats(1.0, 4.0), st.integers(60, 125), st.integers(0, 1000))
def test_a_bigger_leak_is_never_found_less(leak: float, more: float, at: int, seed: int) -> None:
    small, big = found(school(leak, at, seed=seed)), found(school(leak * more, at, seed=seed))
    if any(one.end is None for one in small):
        assert any(one.end is None for one in big)
        assert big[-1].size >= small[-1].size - 1e-9  # type: ignore[operator]


@settings(max_examples=20, deadline=None)
@given(st.integers(60, DAYS), st.integers(0, 100))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    series = spread(school(2.0, 80, 110, seed))
    earlier, whole = judge(cut(series, 24 * count), DAILY), judge(series, DAILY)
    assert isinstance(earlier, list) and isinstance(whole, list)
    assert [one.start for one in earlier] == [one.start for one in whole][: len(earlier)]


def test_unknown_days_are_not_taken_for_quiet_ones() -> None:
    use = school(2.0)
    use[110:118] = np.nan
    (finding,) = found(use)
    assert finding.end is None


def test_a_meter_read_more_often_is_left_to_its_nights() -> None:
    assert judge(spread(school(2.0)), context("water")) == []


@pytest.mark.parametrize(("pulse", "days", "reason"), [(1.0, DAYS, "coarse_pulse"), (0.01, 15, "too_little_history")])
def test_what_cannot_be_judged_says_why(pulse: float, days: int, reason: str) -> None:
    about = context("water", pulse=pulse, interval=timedelta(days=1))
    verdict = judge(cut(spread(school()), 24 * days), about)
    assert isinstance(verdict, NotJudged) and verdict.reason == reason and verdict.zh


def test_the_message_says_what_a_quiet_day_was_and_is_and_what_to_do() -> None:
    (finding,) = found(school(2.4))
    text = DETECTOR.message(finding, "zh")
    assert text.startswith("3号楼从6月10日起没有一天少于2.") and "先趁没人用水时看表还走不走" in text
    assert "每天约10元" in text
    assert "no day used less than 2." in DETECTOR.message(finding, "en")
