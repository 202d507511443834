"""Gas in a kitchen when nobody cooks: what is told, in which words, and what are the kitchen's own hours."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import START, context, cut, grid, hours, local_hour

from analytics.detector import Context, NotJudged
from analytics.detectors.gas_at_night import DETECTOR, judge
from campus.plans import Keep, Plan, PlanKind
from campus.results import Finding, Price
from campus.schema import from_ms
from tests.sizes import examples

DAYS = 56
MS = grid(DAYS)
HOUR = local_hour(MS)
PRICE = Price(3.5, "m³", "气价文件")
KITCHEN = context("gas", "canteen", pulse=0.01, price=PRICE)
NIGHT = 28 * 24  # the midnight that begins 30 March, a Monday


def cooking(seed: int = 1, first: int = 4, last: int = 19) -> np.ndarray:
    """Return a canteen's gas by the hour [m³]: cooking from `first` to `last` o'clock, every day."""
    some = np.random.default_rng(seed).uniform(1, 12, len(MS)).round(2)
    return np.where((first <= HOUR) & (last > HOUR), some, 0.0)


def with_night(begin: int, length: int, rate: float, seed: int = 1) -> np.ndarray:
    value = cooking(seed)
    value[begin : begin + length] += rate
    return value


def ticks(value: np.ndarray, pulse: float) -> np.ndarray:
    """Return what a meter with a coarse pulse shows of it."""
    return np.diff(np.floor(np.concatenate([[0.0], np.cumsum(value)]) / pulse + 1e-9)) * pulse


def judged(value: np.ndarray, about: Context = KITCHEN) -> list[Finding]:
    verdict = judge(hours(MS, value), about)
    assert isinstance(verdict, list), verdict
    return verdict


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_canteen_that_cooks_by_day_has_no_finding(seed: int) -> None:
    assert judged(cooking(seed)) == []
    assert judged(ticks(cooking(seed), 1.0), replace(KITCHEN, meter=replace(KITCHEN.meter, pulse=1.0))) == []
    assert judged(ticks(cooking(seed), 1.0), replace(KITCHEN, meter=replace(KITCHEN.meter, pulse=None))) == []


def test_gas_of_one_night_is_told_at_once_with_its_hours_and_amount() -> None:
    value = with_night(NIGHT + 1, 2, 0.8)
    (now,) = judge(cut(hours(MS, value), NIGHT + 2), KITCHEN)  # type: ignore[misc]
    assert now.start == from_ms(MS[NIGHT + 1]) and now.end is None and now.per_day == pytest.approx(0.8)
    (finding,) = judged(value)
    assert (finding.start, finding.end) == (from_ms(MS[NIGHT + 1]), from_ms(MS[NIGHT + 3]))
    assert finding.to_date == pytest.approx(1.6) and finding.yuan_per_day == pytest.approx(5.6)
    assert finding.size == pytest.approx(0.8) and finding.size_unit == "m³/h" and finding.usual == 0
    day = slice(NIGHT, NIGHT + 24)
    assert finding.facts["whole_day"] == pytest.approx(value[day].sum())


def test_it_asks_to_go_and_look_people_first_and_never_says_safe_or_leak() -> None:
    (finding,) = judged(with_night(NIGHT + 1, 2, 0.8))
    zh, en = (DETECTOR.message(replace(finding, end=None), lang) for lang in ("zh", "en"))
    whole = f"{float(finding.facts['whole_day']):.0f}"
    assert zh == (
        f"3号楼3月30日1点到3点有人用气？走了约1.6立方米（当天一共{whole}）。"
        "闻到气味先撤人、打燃气公司电话；没有气味请值班员去看灶具阀门。本提醒不能代替报警器。"
    )
    assert "01:00 to 03:00 on 30 Mar" in en and en.index("leave") < en.index("guard")
    for text in (zh, en, *(DETECTOR.message(finding, lang) for lang in ("zh", "en"))):
        assert not any(word in text.lower() for word in ("安全", "泄漏", "漏气", "safe", "leak"))
        assert ("报警器" in text or "detector" in text) and len(text) < 230


def test_gas_night_after_night_is_one_finding_until_two_nights_are_quiet() -> None:
    value = cooking()
    for night in range(6):
        value[NIGHT + 24 * night : NIGHT + 24 * night + 3] += 0.5
    (finding,) = judged(value)
    assert finding.end == from_ms(MS[NIGHT + 5 * 24 + 3]) and finding.facts["nights"] == 6
    assert "第6夜" in DETECTOR.message(replace(finding, end=None), "zh")


def test_a_day_costs_what_its_nights_cost_on_average_quiet_ones_included() -> None:
    value = cooking()
    for night in range(0, 10, 2):
        value[NIGHT + 24 * night + 1 : NIGHT + 24 * night + 3] += 0.8
    (finding,) = judged(value)
    assert finding.to_date == pytest.approx(5 * 1.6)
    # Of the last seven nights four had gas.
    assert finding.per_day == pytest.approx(4 * 1.6 / 7) and finding.yuan_per_day == pytest.approx(3.5 * 4 * 1.6 / 7)


def test_gas_all_night_long_is_nobodys_hours_however_long_it_lasts() -> None:
    (finding,) = judged(with_night(20 * 24, len(MS) - 20 * 24, 0.3))
    assert finding.end is None and finding.facts["nights"] > 30


@pytest.mark.parametrize(
    ("pulse", "rate", "hours_long", "count"), [(1.0, 0.3, 3, 0), (1.0, 1.2, 3, 1), (0.01, 0.03, 2, 0)]
)
def test_one_lone_tick_and_a_pilot_flame_mean_nothing(pulse: float, rate: float, hours_long: int, count: int) -> None:
    value = ticks(with_night(NIGHT, hours_long, rate), pulse)
    assert len(judged(value, replace(KITCHEN, meter=replace(KITCHEN.meter, pulse=pulse)))) == count


def test_two_ticks_hours_apart_tell_what_flowed_between_them() -> None:
    coarse = replace(KITCHEN, meter=replace(KITCHEN.meter, pulse=1.0))
    value = ticks(cooking(), 1.0)
    value[[NIGHT - 1, NIGHT + 2]] = 1.0
    (finding,) = judged(value, coarse)
    assert finding.start == from_ms(MS[NIGHT - 1])


def test_soup_that_boils_every_morning_belongs_to_the_kitchens_hours() -> None:
    assert judged(cooking(first=2)) == []
    later = np.where(np.arange(len(MS)) < NIGHT, cooking(), cooking(first=2))
    (finding,) = judged(later)
    assert finding.start == from_ms(MS[NIGHT + 2]) and finding.end is not None


def test_a_reading_shortly_after_the_hour_moves_nothing_into_the_night() -> None:
    spread = 0.9 * cooking(first=5, last=22) + 0.1 * np.roll(cooking(first=5, last=22), 1)
    assert judged(spread) == []


def test_a_canteen_closed_by_a_plan_uses_nothing_by_day_either() -> None:
    value = with_night(NIGHT + 10, 1, 0.0)
    closed = Plan("p", PlanKind.CLOSED, START + timedelta(days=28), START + timedelta(days=35))
    assert judged(value) == []
    (finding,) = judged(value, replace(KITCHEN, plans=(closed,)))
    assert finding.start == from_ms(MS[NIGHT + 4])
    kept = replace(closed, keep=(Keep("热水", "gas", 12.0),))
    assert judged(value, replace(KITCHEN, plans=(kept,))) == []


def test_unknown_hours_are_no_quiet_night() -> None:
    value = with_night(NIGHT + 1, 2, 0.8)
    value[NIGHT + 24 :] = np.nan
    assert judged(value)[0].end is None


@settings(max_examples=examples(20), deadline=None)
@given(st.integers(NIGHT - 48, len(MS)), st.integers(1, 5), st.integers(0, 5))
def test_what_was_told_earlier_is_told_later(count: int, seed: int, begin: int) -> None:
    value = with_night(NIGHT + begin, 30, 0.5, seed)
    earlier = judge(cut(hours(MS, value), count), KITCHEN)
    assert isinstance(earlier, list)
    assert [f.start for f in earlier] == [f.start for f in judged(value)][: len(earlier)]


@settings(max_examples=examples(20), deadline=None)
@given(st.floats(0.01, 2.0), st.floats(1.0, 5.0), st.sampled_from([0.01, 0.1, 1.0]), st.integers(0, 5))
def test_more_gas_is_never_found_less(rate: float, more: float, pulse: float, begin: int) -> None:
    about = replace(KITCHEN, meter=replace(KITCHEN.meter, pulse=pulse))
    small, big = (judged(with_night(NIGHT + begin - 2, 4, r), about) for r in (rate, rate * more))
    assert len(big) >= len(small)
    if small:
        assert big[0].to_date >= small[0].to_date - 1e-9


def test_nothing_is_said_of_a_boilers_gas_and_of_days_without_hours_why_not() -> None:
    assert judged(with_night(NIGHT, 24, 3.0), context("gas", "boiler_room")) == []
    verdict = judge(hours(MS, cooking()), context("gas", "canteen", interval=timedelta(days=1)))
    assert isinstance(verdict, NotJudged) and verdict.reason == "daily_meter"


def test_a_week_is_needed_to_know_the_hours() -> None:
    verdict = judge(cut(hours(MS, cooking()), 6 * 24), KITCHEN)
    assert isinstance(verdict, NotJudged) and verdict.reason == "too_little_history"
