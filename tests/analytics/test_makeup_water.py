"""Make-up water of a heating network: leaks found against its own weeks, fillings and topping by hand told apart."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import WATER_PRICE, hours, local_hour
from made_heat import DAYS, HEATED, MS, as_told, at, context, season

from analytics.detector import Context, NotJudged
from analytics.detectors.makeup_water import DETECTOR, judge
from campus.results import Finding
from campus.schema import from_ms
from tests.sizes import examples

ONSET = at(2026, 1, 8, 10)
ROOM = context(quantity="water", kind="boiler_room", price=WATER_PRICE)


def topped(seed: int = 1, every: int = 1) -> np.ndarray:
    """Return what a stoker adds after lunch every so many days of the season [m³]."""
    day = np.arange(len(MS)) // 24
    some = np.random.default_rng(seed).normal(0.3 * every, 0.04 * every, DAYS).clip(0.0).repeat(24)
    return np.where((local_hour(MS) == 14) & season() & (day % every == 0), some, 0.0)


def leaking(rate: float = 0.15, begin: int = ONSET, until: int | None = None, seed: int = 1) -> np.ndarray:
    value = topped(seed)
    value[begin:until] += rate * season()[begin:until]
    return value


def judged(value: np.ndarray, about: Context = ROOM) -> list[Finding]:
    verdict = judge(hours(MS, value), about)
    assert isinstance(verdict, list), verdict
    return verdict


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("every", [1, 2, 4])
def test_topping_up_by_hand_is_no_leak(seed: int, every: int) -> None:
    assert judged(topped(seed, every)) == []


def test_a_leak_is_told_within_three_days_with_what_it_takes_and_costs() -> None:
    (finding,) = as_told(judge, leaking(), ROOM, at(2026, 1, 12))  # type: ignore[misc]
    assert finding.start == from_ms(MS[at(2026, 1, 8)]) and finding.end is None
    assert finding.per_day == pytest.approx(3.6, rel=0.1) and finding.yuan_per_day == pytest.approx(15.1, rel=0.1)
    zh = DETECTOR.message(finding, "zh")
    assert zh.startswith("3号楼供热管网补水变多：1月8日起每天多补约3.6吨（约15元），平时每天0.3吨。漏的是烧热的水")
    assert "heated water" in DETECTOR.message(finding, "en")


def test_a_repaired_leak_is_ended_by_the_meter_and_a_lasting_one_by_the_season() -> None:
    (finding,) = judged(leaking(until=at(2026, 1, 20)))
    assert finding.end == from_ms(MS[at(2026, 1, 20)])
    (finding,) = judged(leaking())
    assert finding.end == from_ms(MS[at(2026, 3, 15)])


def test_a_loop_drained_and_filled_again_is_no_leak() -> None:
    value = topped()
    value[ONSET : ONSET + 3] += 5.0
    assert judged(value) == []


def test_the_filling_of_the_network_is_none_of_the_usual() -> None:
    value = topped()
    for winter in (at(2024, 11, 15), at(2025, 11, 15)):
        value[winter - 5 * 24 : winter + 5 * 24] += 0.5
    assert judged(value) == []
    assert len(judged(value + leaking() - topped())) == 1


def test_a_meter_read_once_a_day_is_judged_and_one_named_makeup_elsewhere_too() -> None:
    daily = leaking().reshape(-1, 24).mean(axis=1).repeat(24)
    about = context(quantity="water", kind="other")
    about = replace(about, meter=replace(about.meter, item="makeup", interval=timedelta(days=1)))
    assert len(judged(daily, about)) == 1
    assert judged(leaking(1.0), context(quantity="water", kind="teaching")) == []


@settings(max_examples=examples(12), deadline=None)
@given(st.integers(at(2025, 12, 25), at(2026, 3, 30)), st.integers(1, 4))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    value = leaking(seed=seed)
    earlier = as_told(judge, value, ROOM, count)
    assert isinstance(earlier, list)
    assert [f.start for f in earlier] == [f.start for f in judged(value)][: len(earlier)]


@settings(max_examples=examples(12), deadline=None)
@given(st.floats(0.01, 0.3), st.floats(1.0, 5.0), st.integers(at(2025, 12, 5), at(2026, 3, 1)))
def test_a_bigger_leak_is_never_found_less(rate: float, more: float, begin: int) -> None:
    small, big = judged(leaking(rate, begin)), judged(leaking(rate * more, begin))
    assert bool(big) >= bool(small)
    if small:
        assert big[-1].per_day >= small[-1].per_day - 1e-9


@pytest.mark.parametrize(("more", "reason"), [({"school": replace(HEATED, heating=())}, "no_season")])
def test_what_cannot_be_judged_says_why(more: dict[str, object], reason: str) -> None:
    verdict = judge(hours(MS, leaking()), replace(ROOM, **more))  # type: ignore[arg-type]
    assert isinstance(verdict, NotJudged) and verdict.reason == reason


def test_too_little_of_a_season_is_not_judged() -> None:
    verdict = as_told(judge, leaking(), ROOM, at(2024, 12, 5))
    assert isinstance(verdict, NotJudged) and verdict.reason == "too_little_history"
