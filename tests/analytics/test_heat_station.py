"""A boiler room's efficiency: fuel against heat at like load, what cannot be, and what is no fuel at all."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import hours
from made_heat import HEATED, MS, as_told, at, context, heat

from analytics.around import Around, Beside
from analytics.detector import Context, NotJudged
from analytics.detectors.heat_station_efficiency import DETECTOR, judge
from campus.registry import Register
from campus.results import Finding, Price
from campus.schema import from_ms
from campus.units import QUANTITIES
from tests.sizes import examples

ONSET = at(2026, 1, 8, 10)
GAS_PRICE = Price(3.5, "m³", "气价文件")
NCV = 0.038931


def burnt(efficiency: float = 0.9, seed: int = 1, standby: float = 10.0) -> np.ndarray:
    """Return the gas [m³] of a boiler that also keeps itself warm."""
    sent = heat(seed)
    noise = np.random.default_rng(seed).normal(1, 0.02, len(MS) // 24).repeat(24)
    return (sent / efficiency / NCV * noise + standby / 24) * (sent > 0)


# What it is with the gas that keeps it warm, over the winter.
TRUE = heat().sum() / (burnt().sum() * NCV)


def room(seed: int = 1, quantity: str = "gas", sent: np.ndarray | None = None, **more: object) -> Context:
    plain = context(quantity=quantity, kind="boiler_room", **more)
    outlet = replace(plain.meter, key="h", registers=(Register(QUANTITIES["heat"], "GJ"),))
    beside = (Beside(outlet, "heat", hours(MS, heat(seed) if sent is None else sent)),)
    return replace(plain, around=Around(beside=beside))


def falling(share: float = 0.15, begin: int = ONSET, until: int | None = None, seed: int = 1) -> np.ndarray:
    value = burnt(seed=seed)
    value[begin:until] /= 1 - share
    return value


def judged(value: np.ndarray, about: Context | None = None) -> list[Finding]:
    verdict = judge(hours(MS, value), about or room())
    assert isinstance(verdict, list), verdict
    return verdict


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_boiler_in_order_has_no_finding_at_any_load(seed: int) -> None:
    assert judged(burnt(seed=seed), room(seed)) == []


@pytest.mark.parametrize("share", [0.1, 0.2])
def test_a_boiler_that_falls_off_is_one_finding_with_gas_yuan_and_both_efficiencies(share: float) -> None:
    value = falling(share)
    (finding,) = as_told(judge, value, room(price=GAS_PRICE), at(2026, 1, 24))  # type: ignore[misc]
    assert abs((finding.start - from_ms(MS[at(2026, 1, 8)])).days) <= 1 and finding.end is None
    assert finding.per_day == pytest.approx((value - burnt())[ONSET : at(2026, 1, 24)].sum() / 15.6, rel=0.3)
    assert finding.yuan_per_day == pytest.approx(3.5 * finding.per_day)
    usual = float(finding.facts["before"])
    assert usual == pytest.approx(TRUE, abs=0.02)
    assert float(finding.facts["now"]) == pytest.approx(usual * (1 - share), abs=0.02)
    zh = DETECTOR.message(finding, "zh")
    assert "供同样的热多烧了：1月" in zh and "低位热值38.93兆焦/立方米" in zh and "先看排烟温度" in zh
    assert "net calorific value 38.93 MJ/m³" in DETECTOR.message(finding, "en")


def test_it_ends_when_the_boiler_is_cleaned() -> None:
    (finding,) = judged(falling(0.2, until=at(2026, 1, 25)))
    assert abs((finding.end - from_ms(MS[at(2026, 1, 25)])).days) <= 1


def test_a_mild_spell_with_little_load_is_no_fall() -> None:
    value, sent = burnt(standby=30.0), heat()
    span = slice(at(2026, 1, 10), at(2026, 1, 20))
    sent[span] *= 0.35
    value[span] = sent[span] / 0.9 / NCV + 30 / 24
    assert judged(value, room(sent=sent)) == []


@pytest.mark.parametrize(("share", "word"), [(1.4, "不可能"), (0.3, "不可能")])
def test_more_heat_than_the_fuel_holds_or_hardly_any_says_that_a_meter_is_wrong(share: float, word: str) -> None:
    value = burnt()
    value[ONSET:] *= TRUE / share
    (finding,) = judged(value)
    assert finding.per_day is None and finding.facts["cannot_be"] == pytest.approx(share, rel=0.05)
    told = replace(finding, end=None)
    assert word in DETECTOR.message(told, "zh") and "cannot be" in DETECTOR.message(told, "en")
    assert "对得上" in DETECTOR.message(finding, "zh") and len(DETECTOR.message(told, "en")) < 260


def test_without_a_heat_meter_it_is_listed_as_what_cannot_be_judged() -> None:
    verdict = judge(hours(MS, burnt()), context(quantity="gas", kind="boiler_room"))
    assert isinstance(verdict, NotJudged) and verdict.reason == "no_heat_meter" and "热量表" in verdict.zh


def test_pumps_and_kitchens_are_no_fuel() -> None:
    assert judged(0.02 * heat() * 3600, room(quantity="electricity")) == []
    assert judged(falling(), context(quantity="gas", kind="canteen")) == []
    gas = Beside(replace(context().meter, key="g"), "gas", hours(MS, burnt()))
    pumps = room(quantity="electricity")
    beside = replace(pumps, around=Around(beside=(*pumps.around.beside, gas)))
    assert judged(falling() * 10, beside) == []


def test_a_heat_pump_is_judged_by_its_electricity() -> None:
    value = heat() / 3.0 / 0.0036
    value[ONSET:] *= 1.25
    (finding,) = judged(value, room(quantity="electricity"))
    assert finding.unit == "kWh" and float(finding.facts["before"]) == pytest.approx(3.0, rel=0.05)
    assert "热值" not in DETECTOR.message(replace(finding, end=None), "zh")


def test_of_two_boilers_the_first_stands_for_both() -> None:
    about = room()
    other = Beside(replace(about.meter, key="z"), "gas", hours(MS, 0.5 * burnt()))
    both = replace(about, around=Around(beside=(*about.around.beside, other)))
    first, second = 0.5 * falling(0.3), 0.5 * burnt()
    (finding,) = judged(first, both)
    assert float(finding.facts["before"]) == pytest.approx(TRUE, abs=0.03)
    as_second = replace(both, meter=replace(about.meter, key="zz"))
    assert judged(second, as_second) == []


def test_without_a_registered_season_the_heat_itself_tells_the_load() -> None:
    (finding,) = judged(falling(0.2), room(school=replace(HEATED, heating=())))
    assert abs((finding.start - from_ms(MS[at(2026, 1, 8)])).days) <= 1


@settings(max_examples=examples(12), deadline=None)
@given(st.integers(at(2026, 1, 1), at(2026, 3, 30)), st.integers(1, 4))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    value = falling(0.2, until=at(2026, 1, 25), seed=seed)
    earlier = as_told(judge, value, room(seed), count)
    assert isinstance(earlier, list)
    assert [f.start for f in earlier] == [f.start for f in judged(value, room(seed))][: len(earlier)]


@settings(max_examples=examples(12), deadline=None)
@given(st.floats(0.01, 0.2), st.floats(1.0, 2.0), st.integers(at(2025, 12, 20), at(2026, 2, 20)))
def test_a_bigger_fall_is_never_found_less(share: float, more: float, begin: int) -> None:
    small, big = judged(falling(share, begin)), judged(falling(share * more, begin))
    assert bool(big) >= bool(small)
    if small:
        assert big[-1].per_day >= small[-1].per_day - 1e-9
