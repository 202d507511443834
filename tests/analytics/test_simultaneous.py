"""Heating and cooling at once: what cancels in a building, and what is no waste."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import hours
from made_heat import HEAT_PRICE, HEATED, MS, as_told, at, context, heat

from analytics.around import Around, Beside
from analytics.detector import Context, NotJudged
from analytics.detectors.heat_weather import DETECTOR as HEAT_WEATHER
from analytics.detectors.simultaneous import DETECTOR, judge
from analytics.nearest import TOLD_FIRST
from campus.registry import Register
from campus.results import Finding
from campus.schema import from_ms
from campus.units import QUANTITIES
from tests.sizes import examples

ONSET, NOW = at(2026, 1, 8), at(2026, 1, 30)
KWH_PER_GJ = 1 / 0.0036
COP = 4.0


def cooled(share: float = 0.4, begin: int = ONSET, end: int | None = None, seed: int = 1) -> np.ndarray:
    """Return the cold [GJ] that carries off a share of the heat."""
    found = np.zeros(len(MS))
    found[begin:end] = share * heat(seed)[begin:end]
    return found


def beside(key: str, quantity: str, value: np.ndarray, item: str = "") -> Beside:
    meter = replace(context().meter, key=key, item=item, registers=(Register(QUANTITIES[quantity], ""),))
    return Beside(meter, quantity, hours(MS, value))


def laboratory(cold: np.ndarray, *more: Beside, **further: object) -> Context:
    plain = context(**further)
    power = beside("e", "electricity", cold * KWH_PER_GJ / COP, "01B1A")
    around = Around(beside=(beside("c", "cold", cold), power, *more))
    return replace(plain, meter=replace(plain.meter, key="h"), around=around)


def judged(about: Context, value: np.ndarray | None = None) -> list[Finding]:
    verdict = judge(hours(MS, heat() if value is None else value), about)
    assert isinstance(verdict, list), verdict
    return verdict


@pytest.mark.parametrize("share", [0.15, 0.5])
def test_cold_that_carries_off_heat_is_one_finding_with_gj_yuan_and_kwh(share: float) -> None:
    (finding,) = as_told(judge, heat(), laboratory(cooled(share), price=HEAT_PRICE), NOW)  # type: ignore[misc]
    assert finding.start == from_ms(MS[ONSET]) and finding.end is None and finding.unit == "GJ"
    true = cooled(share)[ONSET:NOW].reshape(-1, 24).sum(axis=1)
    assert finding.per_day == pytest.approx(np.median(true[-7:]), rel=0.01)
    assert finding.to_date == pytest.approx(true.sum(), rel=0.01)
    assert finding.yuan_per_day == pytest.approx(90 * finding.per_day)
    assert float(finding.facts["share"]) == pytest.approx(share, abs=0.01)
    assert float(finding.facts["kwh"]) == pytest.approx(finding.per_day * KWH_PER_GJ / COP, rel=0.05)
    zh, en = (DETECTOR.message(finding, lang) for lang in ("zh", "en"))
    assert "1月8日起一边供热一边制冷" in zh and "先停冷机" in zh and "度电" in zh
    assert "at once since 8 Jan" in en and "kWh a day" in en and len(en) < 280


def test_it_ends_when_one_of_them_is_off_and_with_the_season_at_the_latest() -> None:
    (finding,) = judged(laboratory(cooled(end=at(2026, 1, 25))))
    assert finding.end == from_ms(MS[at(2026, 1, 25)]) and "回到平时" in DETECTOR.message(finding, "zh")
    (lasting,) = judged(laboratory(cooled()))
    assert lasting.end == from_ms(MS[at(2026, 3, 15)]) and "供暖期结束" in DETECTOR.message(lasting, "zh")


def test_heat_by_night_and_cold_by_day_do_not_cancel() -> None:
    night = np.arange(len(MS)) % 24 < 10
    assert judged(laboratory(np.where(night, 0.0, 0.3)), np.where(night, heat(), 0.0)) == []


def test_a_server_room_that_must_be_cooled_and_a_summers_reheating_are_no_waste() -> None:
    assert judged(laboratory(0.05 * heat())) == []
    summer = heat() + np.where(heat() == 0, 0.05, 0.0)
    assert judged(laboratory(np.where(heat() == 0, 0.3, 0.0)), summer) == []


def test_chillers_without_a_cold_meter_tell_it_too() -> None:
    plain = laboratory(cooled(0.5))
    power = [one for one in plain.around.beside if one.quantity == "electricity"]
    (finding,) = judged(replace(plain, around=Around(beside=tuple(power))))
    assert abs(finding.start - from_ms(MS[ONSET])) <= timedelta(days=1)
    assert float(finding.facts["share"]) == pytest.approx(0.5 * 3.0 / COP, abs=0.05)
    pumps = beside("e", "electricity", np.full(len(MS), 20.0), "01B1E")
    verdict = judge(hours(MS, heat()), replace(plain, around=Around(beside=(pumps,))))
    assert isinstance(verdict, NotJudged) and verdict.reason == "no_cold_meter" and "冷量表" in verdict.zh


def test_of_two_heat_meters_the_first_stands_for_both_and_of_a_station_nothing_is_said() -> None:
    other = beside("z", "heat", 0.5 * heat())
    assert len(judged(laboratory(cooled(), other), 0.5 * heat())) == 1
    second = laboratory(cooled(), beside("a", "heat", 0.5 * heat()))
    assert judged(second, 0.5 * heat()) == []
    assert judged(laboratory(cooled(), kind="boiler_room")) == []


def test_without_a_season_or_a_known_day_it_says_why() -> None:
    bare = judge(hours(MS, heat()), laboratory(cooled(), school=replace(HEATED, heating=())))
    assert isinstance(bare, NotJudged) and bare.reason == "no_season"
    later = replace(HEATED, heating=(replace(HEATED.heating[0], first=date(2027, 11, 15), last=date(2028, 3, 15)),))
    unknown = judge(hours(MS, heat()), laboratory(cooled(), school=later))
    assert isinstance(unknown, NotJudged) and unknown.reason == "too_little_history"


def test_who_pays_by_area_is_told_that_no_heat_is_saved_and_the_same_heat_is_told_once() -> None:
    (finding,) = as_told(judge, heat(), laboratory(cooled(), by_area=True), NOW)  # type: ignore[misc]
    assert "不减费" in DETECTOR.message(finding, "zh")
    assert DETECTOR.name in TOLD_FIRST[HEAT_WEATHER.name] and DETECTOR.name in TOLD_FIRST["heat_free_days"]


@settings(max_examples=examples(8), deadline=None)
@given(st.integers(at(2026, 1, 1), at(2026, 3, 30)), st.integers(1, 3))
def test_what_was_told_earlier_is_told_later(count: int, seed: int) -> None:
    about = laboratory(cooled(0.4, end=at(2026, 1, 25), seed=seed))
    earlier = as_told(judge, heat(seed), about, count)
    assert isinstance(earlier, list)
    assert [f.start for f in earlier] == [f.start for f in judged(about, heat(seed))][: len(earlier)]


@settings(max_examples=examples(8), deadline=None)
@given(st.floats(0.02, 0.5), st.floats(1.0, 2.0), st.integers(at(2025, 12, 1), at(2026, 2, 20)))
def test_more_of_it_is_never_found_less(share: float, more: float, begin: int) -> None:
    small, big = judged(laboratory(cooled(share, begin))), judged(laboratory(cooled(share * more, begin)))
    assert bool(big) >= bool(small)
    if small:
        assert big[-1].per_day >= small[-1].per_day - 1e-9
