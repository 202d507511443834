"""A chiller plant's efficiency: power against cold at like load and weather, and what is no fault of it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import hours, local_hour
from made_heat import MS, as_told, at, context, free, weather

from analytics.around import Around, Beside
from analytics.chillers import PAUSE_DAYS
from analytics.detector import Context, NotJudged
from analytics.detectors.chiller_efficiency import DETECTOR, judge
from campus.registry import Register
from campus.results import Finding, Price
from campus.schema import from_ms
from campus.units import QUANTITIES
from tests.sizes import examples

ONSET, NOW = at(2025, 7, 8), at(2025, 8, 1)
PRICE = Price(0.6, "kWh", "电价文件")
KWH_PER_GJ = 1 / 0.0036


def cold(seed: int = 1, warmer: np.ndarray | float = 0.0) -> np.ndarray:
    """Return the cold [GJ] of a building that is open by day, by how warm it is; days scatter."""
    outdoor = weather(seed).value + warmer
    hour = local_hour(MS)
    open_ = np.where((hour >= 8) & (hour < 18) & ~free(), 1.0, 0.3)
    days = np.random.default_rng(seed).normal(1, 0.1, len(MS) // 24).clip(0.6, 1.4).repeat(24)
    return 1.5 * np.clip((outdoor - 22.0) / 13.0, 0.0, 1.5) * open_ * days


def power(seed: int = 1, warmer: np.ndarray | float = 0.0, standby_kw: float = 1.0) -> np.ndarray:
    """Return the power [kWh] of chillers in good order: less of them comes out the warmer it is."""
    outdoor = weather(seed).value + warmer
    cop = np.clip(4.6 - 0.08 * (outdoor - 30.0), 3.0, 6.5)
    noise = np.random.default_rng(seed + 50).normal(1, 0.02, len(MS) // 24).repeat(24)
    made = cold(seed, warmer)
    return (made * KWH_PER_GJ / cop * noise + standby_kw) * (weather(seed).value > 10)


def plant(seed: int = 1, made: np.ndarray | None = None, item: str = "01B1A", **more: object) -> Context:
    plain = context(seed, quantity="electricity", **more)
    meter = replace(plain.meter, key="e", item=item)
    outlet = replace(plain.meter, key="c", registers=(Register(QUANTITIES["cold"], "GJ"),))
    beside = (Beside(outlet, "cold", hours(MS, cold(seed) if made is None else made)),)
    return replace(plain, meter=meter, around=replace(plain.around, beside=beside))


def worse(share: float = 0.25, begin: int = ONSET, end: int | None = None, seed: int = 1) -> np.ndarray:
    value = power(seed)
    value[begin:end] /= 1 - share
    return value


def judged(value: np.ndarray, about: Context | None = None) -> list[Finding]:
    verdict = judge(hours(MS, value), about or plant())
    assert isinstance(verdict, list), verdict
    return verdict


@pytest.mark.parametrize("seed", range(1, 7))
def test_chillers_in_order_have_no_finding_from_the_first_warm_day_to_the_last(seed: int) -> None:
    assert judged(power(seed), plant(seed)) == []


@pytest.mark.parametrize("share", [0.2, 0.4])
def test_chillers_that_fall_off_are_one_finding_with_kwh_yuan_and_what_comes_out(share: float) -> None:
    value = worse(share)
    (finding,) = as_told(judge, value, plant(price=PRICE), NOW)  # type: ignore[misc]
    assert abs(finding.start - from_ms(MS[ONSET])) <= timedelta(days=3) and finding.end is None
    true = (value - power())[ONSET:NOW].reshape(-1, 24).sum(axis=1)
    assert finding.per_day == pytest.approx(np.median(true[true > 80.0][-7:]), rel=0.35)
    assert finding.yuan_per_day == pytest.approx(0.6 * finding.per_day)
    now, before = float(finding.facts["now"]), float(finding.facts["before"])
    assert now / before == pytest.approx(1 - share, abs=0.05) and 3.5 < before < 5.5
    zh, en = (DETECTOR.message(finding, lang) for lang in ("zh", "en"))
    assert "供同样的冷每天多用约" in zh and "先看冷却水温和冷却塔" in zh and "元）" in zh
    assert "for the same cold" in en and len(en) < 280


def test_it_ends_when_the_condenser_is_cleaned() -> None:
    (finding,) = judged(worse(0.3, end=at(2025, 7, 28)))
    assert finding.end is not None and abs(finding.end - from_ms(MS[at(2025, 7, 28)])) <= timedelta(days=4)
    assert "回到平时" in DETECTOR.message(finding, "zh") and "back to usual" in DETECTOR.message(finding, "en")


def test_it_ends_when_the_chillers_have_been_off_for_a_month() -> None:
    (finding,) = judged(worse(0.3, end=at(2025, 12, 1)))
    last = int(np.flatnonzero(cold().reshape(-1, 24).sum(axis=1) > 1.0)[-1]) * 24
    assert finding.end is not None and finding.facts["by_season"] == 1.0
    assert finding.end - from_ms(MS[last]) <= timedelta(days=PAUSE_DAYS + 15)
    assert "冷机停用" in DETECTOR.message(finding, "zh") and "off for a month" in DETECTOR.message(finding, "en")


def test_a_heat_wave_hotter_than_any_day_before_is_no_fault_of_the_chillers() -> None:
    wave = np.zeros(len(MS))
    wave[at(2025, 6, 20) : at(2025, 7, 4)] = 7.0
    about = plant(made=cold(warmer=wave))
    temperature = hours(MS, weather().value + wave)
    hot = replace(about, around=replace(about.around, temperature=temperature))
    assert judged(power(warmer=wave), hot) == []


def test_a_winter_of_cooling_is_not_held_against_the_summer() -> None:
    made, value, winter = cold(), power(), slice(at(2025, 12, 1), at(2026, 2, 1))
    made[winter], value[winter] = 0.1, 0.1 * KWH_PER_GJ / 4.5
    assert judged(value, plant(made=made)) == []


@pytest.mark.parametrize("share", [15.0, 0.4])
def test_what_cannot_come_out_says_that_a_meter_is_wrong(share: float) -> None:
    value = power()
    value[ONSET:] = cold()[ONSET:] * KWH_PER_GJ / share
    found = as_told(judge, value, plant(), NOW)
    (finding,) = [one for one in found if "cannot_be" in one.facts]  # type: ignore[union-attr, attr-defined]
    assert finding.per_day is None and float(finding.facts["cannot_be"]) == pytest.approx(share, rel=0.05)
    ended = replace(finding, end=finding.seen_until)
    assert "不可能" in DETECTOR.message(finding, "zh") and "cannot be" in DETECTOR.message(finding, "en")
    assert "对得上" in DETECTOR.message(ended, "zh") and "agree again" in DETECTOR.message(ended, "en")


def test_without_a_cold_meter_or_weather_it_is_listed_as_what_cannot_be_judged() -> None:
    about = plant()
    bare = replace(about, around=replace(about.around, beside=()))
    blind = replace(about, around=Around(beside=about.around.beside))
    for context_, reason in ((bare, "no_cold_meter"), (blind, "no_weather")):
        verdict = judge(hours(MS, power()), context_)
        assert isinstance(verdict, NotJudged) and verdict.reason == reason


@pytest.mark.parametrize("item", ["", "01A10", "01B1C", "01B1E"])
def test_of_pumps_lamps_and_unnamed_meters_nothing_is_said(item: str) -> None:
    assert judged(worse(0.4), plant(item=item)) == []


def test_of_two_chillers_the_first_stands_for_both_and_the_plant_above_for_its_parts() -> None:
    about = plant()
    other = Beside(replace(about.meter, key="z"), "electricity", hours(MS, 0.5 * power()))
    both = replace(about, around=replace(about.around, beside=(*about.around.beside, other)))
    (finding,) = judged(worse(0.4, end=at(2025, 8, 1)) - 0.5 * power(), both)
    assert float(finding.facts["before"]) == pytest.approx(4.6, abs=0.8)
    assert judged(0.5 * worse(0.4), replace(both, meter=replace(about.meter, key="zz"))) == []
    above = replace(other, meter=replace(other.meter, item="01B10"))
    part = replace(both, meter=replace(about.meter, parent="z"))
    of_part = replace(part, around=replace(part.around, beside=(*about.around.beside, above)))
    assert judged(worse(0.4), of_part) == []


@settings(max_examples=examples(8), deadline=None)
@given(st.integers(at(2025, 7, 1), at(2025, 11, 1)), st.integers(1, 3))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    value = worse(0.3, end=at(2025, 8, 1), seed=seed)
    earlier = as_told(judge, value, plant(seed), count)
    assert isinstance(earlier, list)
    assert [f.start for f in earlier] == [f.start for f in judged(value, plant(seed))][: len(earlier)]


@settings(max_examples=examples(8), deadline=None)
@given(st.floats(0.02, 0.3), st.floats(1.0, 1.8), st.integers(at(2025, 6, 25), at(2025, 8, 10)))
def test_a_bigger_fall_is_never_found_less(share: float, more: float, begin: int) -> None:
    small, big = judged(worse(share, begin)), judged(worse(share * more, begin))
    assert bool(big) >= bool(small)
    if small:
        assert big[-1].per_day >= small[-1].per_day - 1e-9
