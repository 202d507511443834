"""PV below what the sun promises: clear days alone count, snow and orders are no fault."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import context, cut, hours
from made_heat import MS, at
from made_pv import made, roof, sun, until

from analytics.around import Around, Beside
from analytics.detector import Context, NotJudged
from analytics.detectors.pv_low import DETECTOR, judge
from campus.results import Finding, Price
from campus.schema import from_ms, to_ms
from campus.trades import Trade
from tests.sizes import examples

ONSET = at(2025, 9, 10)
PRICE = Price(0.39, "kWh", "购售电合同")


def low(share: float = 0.3, begin: int = ONSET, end: int | None = None, seed: int = 1) -> np.ndarray:
    value = made(seed).copy()
    value[begin:end] *= 1 - share
    return value


def judged(value: np.ndarray, about: Context | None = None) -> list[Finding]:
    verdict = judge(hours(MS, value), about or roof())
    assert isinstance(verdict, list), verdict
    return verdict


def as_told(value: np.ndarray, about: Context, count: int) -> list[Finding]:
    verdict = judge(cut(hours(MS, value), count), until(about, count))
    assert isinstance(verdict, list), verdict
    return verdict


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_roof_in_order_has_no_finding_through_the_seasons(seed: int) -> None:
    assert judged(made(seed), roof(seed)) == []


@pytest.mark.parametrize("error", [0.08, 0.12])
def test_sun_that_is_told_only_roughly_makes_no_finding(error: float) -> None:
    for seed in range(1, 4):
        about = roof(seed)
        assert judged(made(seed), replace(about, around=replace(about.around, irradiance=sun(seed, error)))) == []


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_a_roof_that_gives_less_is_one_finding_with_kwh_yuan_and_the_share(share: float) -> None:
    value = low(share)
    (finding,) = as_told(value, roof(price=PRICE), at(2025, 10, 20))
    late = finding.start - from_ms(MS[ONSET])
    assert timedelta(0) <= late < timedelta(days=8) and finding.end is None
    true = (made() - value)[ONSET : at(2025, 10, 20)]
    assert finding.to_date == pytest.approx(true.sum(), rel=0.25)
    assert finding.per_day == pytest.approx(true[-14 * 24 :].sum() / 14, rel=0.15)
    assert finding.yuan_per_day == pytest.approx(0.39 * finding.per_day)
    assert float(finding.facts["share"]) == pytest.approx(1 - share, abs=0.06)
    zh, en = (DETECTOR.message(finding, lang) for lang in ("zh", "en"))
    assert "3号楼的光伏9月" in zh and "先看逆变器报警" in zh and "元）" in zh
    assert "Block 3" in en and "inverter's alarms" in en and DETECTOR.trade is Trade.PV_OPERATOR


def test_it_is_told_after_five_clear_days_and_ends_after_three() -> None:
    value = low(0.4, end=at(2025, 10, 10))
    (finding,) = judged(value)
    assert abs(finding.end - from_ms(MS[at(2025, 10, 10)])) < timedelta(days=8)
    assert "又正常了" in DETECTOR.message(finding, "zh") and "gives what it should" in DETECTOR.message(finding, "en")
    told = [day for day in range(40) if as_told(value, roof(), ONSET + 24 * day)]
    clear = sun().value[ONSET : ONSET + 24 * told[0]].reshape(-1, 24).sum(axis=1)
    assert (clear >= 0.75 * clear.max()).sum() >= 5


def test_snow_on_the_roof_is_no_fault() -> None:
    value, begin = made().copy(), at(2026, 1, 8)
    value[begin : begin + 25 * 24] *= 0.05
    cold = roof()
    temperature = cold.around.temperature.value.copy()  # type: ignore[union-attr]
    temperature[begin - 24 : begin + 25 * 24] -= 12.0
    snowed = replace(cold, around=replace(cold.around, temperature=hours(MS, temperature)))
    assert judged(value, snowed) == []
    warm = replace(cold, around=replace(cold.around, temperature=hours(MS, np.full(len(MS), 12.0))))
    assert judged(value, warm)


def test_snow_within_a_fault_is_not_counted_as_its_loss() -> None:
    share, begin, end = 0.4, at(2025, 12, 1), at(2026, 1, 20)
    value, snowed = low(share, begin, end), slice(at(2026, 1, 1), at(2026, 1, 11))
    (without,) = as_told(value, roof(), end)
    lost = (made() - value)[to_ms(without.start) <= MS][: end - begin].sum()
    value[snowed] = 0.0
    cold = roof()
    temperature = cold.around.temperature.value.copy()  # type: ignore[union-attr]
    temperature[snowed.start - 24 : snowed.stop] -= 15.0
    snow = replace(cold, around=replace(cold.around, temperature=hours(MS, temperature)))
    (finding,) = as_told(value, snow, end)
    assert finding.start == without.start and finding.to_date == pytest.approx(without.to_date, rel=0.05)
    assert finding.to_date == pytest.approx(lost, rel=0.15)
    assert finding.per_day == pytest.approx(without.per_day, rel=0.1)


def test_a_day_held_down_within_a_fault_is_not_counted_as_its_loss() -> None:
    value, ordered = low(0.3), slice(at(2025, 10, 5), at(2025, 10, 15))
    (without,) = as_told(value, roof(), at(2025, 10, 20))
    value[ordered] = np.minimum(value[ordered], 15.0)
    (finding,) = as_told(value, roof(), at(2025, 10, 20))
    assert finding.start == without.start and finding.to_date == pytest.approx(without.to_date, rel=0.05)


def test_power_held_down_by_order_is_no_fault() -> None:
    value = made().copy()
    value[ONSET : ONSET + 40 * 24] = np.minimum(value[ONSET : ONSET + 40 * 24], 45.0)
    assert judged(value) == []


def test_dull_days_alone_tell_nothing() -> None:
    by_day = sun().value.reshape(-1, 24).sum(axis=1)
    dull = np.repeat(by_day < 0.5 * np.median(by_day), 24)
    value = np.where(dull, 0.3 * made(), made())
    assert judged(value) == []


def test_without_weather_a_roof_beside_tells_what_the_sun_promised() -> None:
    plain = roof(around=Around())
    assert isinstance(verdict := judge(hours(MS, made()), plain), NotJudged) and verdict.reason == "no_weather"
    other = Beside(replace(plain.meter, key="z"), "generation", hours(MS, 0.4 * made()))
    beside = replace(plain, around=Around(beside=(other,)))
    like = replace(plain, around=Around(like={"z": other.hours}))
    assert judged(made(), beside) == [] and judged(made(), like) == []
    (finding,) = judged(low(0.3, end=at(2025, 11, 20)), beside)
    assert abs(finding.start - from_ms(MS[ONSET])) < timedelta(days=8)
    total = replace(other, meter=replace(other.meter, key="p"))
    own = replace(beside, meter=replace(plain.meter, parent="p"), around=Around(beside=(total,)))
    assert isinstance(judge(hours(MS, made()), own), NotJudged)


def test_what_cannot_be_judged_says_why() -> None:
    daily = judge(hours(MS, made()), roof(interval=timedelta(days=1)))
    assert isinstance(daily, NotJudged) and daily.reason == "daily_meter"
    count = 24 * 12
    new = judge(cut(hours(MS, made()), count), until(roof(), count))
    assert isinstance(new, NotJudged) and new.reason == "too_little_history" and "10天" in new.zh
    assert context("generation").kind == "teaching"


def test_a_gap_at_noon_is_not_taken_for_a_low_day() -> None:
    value = made().reshape(-1, 24).copy()
    value[at(2025, 9, 10) // 24 : at(2025, 10, 10) // 24, 11:15] = np.nan
    assert judged(value.reshape(-1)) == []


@settings(max_examples=examples(8), deadline=None)
@given(st.integers(at(2025, 9, 1), at(2025, 12, 20)), st.integers(1, 3))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    value = low(0.35, end=at(2025, 10, 25), seed=seed)
    earlier = as_told(value, roof(seed), count)
    assert [f.start for f in earlier] == [f.start for f in judged(value, roof(seed))][: len(earlier)]


@settings(max_examples=examples(8), deadline=None)
@given(st.floats(0.05, 0.5), st.floats(1.0, 2.0), st.integers(at(2025, 6, 20), at(2025, 10, 20)))
def test_a_bigger_fault_is_never_found_less(share: float, more: float, begin: int) -> None:
    small, big = judged(low(share, begin)), judged(low(share * more, begin))
    assert bool(big) >= bool(small)
    if small:
        assert big[-1].per_day >= small[-1].per_day - 1e-9 and big[0].start <= small[0].start
