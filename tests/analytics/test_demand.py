"""Demand: the highest quarter hour, and a contract passed or about to be, told while it can still be helped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.around import Around, Quarters
from analytics.demand import maxima, of_levels
from analytics.demand_days import days_of
from analytics.detector import NotJudged
from analytics.detectors.demand import DETECTOR
from campus.calendar import WORKING, day_kind, local_hours
from campus.results import Finding
from campus.schema import to_ms
from campus.tariff import Part, Prices, Tariff
from tests.analytics.made import SCHOOL, SHANGHAI, context, hours
from tests.words import BANNED

# Monday 3 August 2026, local midnight; no holiday before 25 September.
START = datetime(2026, 8, 2, 16, tzinfo=UTC)
SEPTEMBER, OCTOBER = 29, 59
CONTRACT = 400.0
TWO_PART = Tariff(
    "kWh", (Prices(date(2026, 1, 1), "价格表", (Part("", 0.6),), yuan_per_kw=35.0),), by_demand=CONTRACT
)


def quarters(days: int, top_kw: float, seed: int = 1) -> Quarters:
    """Return days of work that reach about `top_kw` at 14:00, and free ones that reach half of it."""
    start_ms = to_ms(START) + 900_000 * np.arange(96 * days, dtype=np.int64)
    day, hour = local_hours(start_ms, SHANGHAI)
    works = {int(d): day_kind(date.fromordinal(int(d)), SCHOOL) in WORKING for d in np.unique(day)}
    shape = np.where(hour == 14, 1.0, np.where((hour >= 8) & (hour < 18), 0.7, 0.2))
    noise = np.random.default_rng(seed).normal(1, 0.02, days)[(day - day[0])]
    busy = np.array([works[int(d)] for d in day])
    return Quarters(start_ms, shape * noise * np.where(busy, top_kw, top_kw / 2) / 4)


def raised(made: Quarters, first_day: int, to_kw: float, from_kw: float) -> Quarters:
    value = made.value.copy()
    value[96 * first_day :] *= to_kw / from_kw
    return Quarters(made.start_ms, value)


def until(made: Quarters, days: int) -> Quarters:
    return Quarters(made.start_ms[: 96 * days], made.value[: 96 * days])


def judge(made: Quarters | None, tariff: Tariff | None = TWO_PART, **more: object) -> list[Finding]:
    known = context("electricity", tariff=tariff, around=Around(quarters=made), **more)
    verdict = DETECTOR.judge(hours(np.empty(0, np.int64), np.empty(0)), known)
    assert isinstance(verdict, list), verdict
    return verdict


def test_a_month_within_its_contract_is_no_finding() -> None:
    assert judge(quarters(60, 380)) == []


@pytest.mark.parametrize("tariff", [None, replace(TWO_PART, by_demand=None, by_capacity=630.0)])
def test_an_account_that_does_not_pay_for_demand_is_left_alone(tariff: Tariff | None) -> None:
    assert judge(quarters(60, 900), tariff) == [] and judge(None, tariff) == []


def test_a_contract_that_is_passed_is_told_with_the_quarter_and_the_yuan() -> None:
    made = raised(quarters(34, 380), 31, 470, 380)
    (found,) = judge(made)
    best = np.nanmax(made.value[96 * SEPTEMBER :]) * 4
    assert found.start == START + timedelta(days=31, hours=14) and found.end is None
    assert found.facts["so_far"] == pytest.approx(best) and found.facts["hour"] == 14
    assert found.yuan_to_date == pytest.approx(2 * (best - 420) * 35)
    assert found.yuan_per_day is not None and found.yuan_per_day >= found.yuan_to_date / 30 - 1e-9
    assert found.price is not None and "未核对原文" in found.price.document and found.price.unit == "kW"


@pytest.mark.parametrize("seed", range(6))
def test_a_contract_about_to_be_passed_is_told_in_time(seed: int) -> None:
    """Days that reach 98 % of the limit and scatter by 2 % pass it on one of twenty days of work."""
    made = quarters(OCTOBER, 412, seed)
    top = made.value.reshape(-1, 96).max(axis=1) * 4
    top[: SEPTEMBER + 1] = np.minimum(top[: SEPTEMBER + 1], 418)  # passed by none of them so far
    value = made.value * (top / made.value.reshape(-1, 96).max(axis=1) / 4).repeat(96)
    days = next(n for n in range(SEPTEMBER, OCTOBER) if judge(until(Quarters(made.start_ms, value), n + 1)))
    passed = next((n for n in range(SEPTEMBER, OCTOBER) if top[n] > 420), OCTOBER)
    assert days <= passed


def test_what_was_told_at_a_moment_is_told_the_same_later() -> None:
    whole = raised(quarters(80, 380), 30, 450, 380)
    now, later = judge(until(whole, 40)), judge(whole)
    assert now[0].start == later[0].start


def test_an_event_ends_when_a_month_is_likely_to_stay_within() -> None:
    made = raised(raised(quarters(80, 380), 35, 450, 380), 43, 300, 450)
    (found,) = judge(made)
    assert found.end is not None
    assert START + timedelta(days=OCTOBER) <= found.end <= START + timedelta(days=OCTOBER + 5)
    assert found.facts["month"] == 9 and found.yuan_to_date is not None and found.yuan_to_date > 0


def test_without_a_price_per_kw_there_is_no_yuan() -> None:
    bare = replace(TWO_PART, prices=())
    (found,) = judge(quarters(40, 470), bare)
    assert found.yuan_per_day is None and found.yuan_to_date is None and found.price is None
    for lang in ("zh", "en"):
        text = DETECTOR.message(found, lang)
        assert "元" not in text and "¥" not in text


@pytest.mark.parametrize("made", [quarters(40, 470), raised(quarters(75, 470), 35, 300, 470), quarters(14, 410)])
def test_messages_are_short_and_say_what_to_do(made: Quarters) -> None:
    for found in judge(made):
        for lang in ("zh", "en"):
            text = DETECTOR.message(found, lang)
            assert len(text) < 230 and not any(word in text.lower() for word in BANNED)
            assert "None" not in text and "nan" not in text and "400" in text
            assert found.end is not None or ("14" in text and "105" in text)


def test_a_main_meter_read_too_rarely_is_named_and_one_below_is_not() -> None:
    known = context("electricity", tariff=TWO_PART)
    verdict = DETECTOR.judge(hours(np.empty(0, np.int64), np.empty(0)), known)
    assert isinstance(verdict, NotJudged) and verdict.reason == "no_quarters"
    below = replace(known, meter=replace(known.meter, parent="main"))
    assert DETECTOR.judge(hours(np.empty(0, np.int64), np.empty(0)), below) == []


def test_a_few_days_are_too_few() -> None:
    known = context("electricity", tariff=TWO_PART, around=Around(quarters=quarters(3, 380)))
    verdict = DETECTOR.judge(hours(np.empty(0, np.int64), np.empty(0)), known)
    assert isinstance(verdict, NotJudged) and verdict.reason == "too_little_history"


def test_an_unknown_quarter_is_never_a_maximum() -> None:
    made = quarters(40, 380)
    value = made.value.copy()
    value[96 * 20 : 96 * 25] = np.nan
    assert judge(Quarters(made.start_ms, value)) == []


def test_a_meter_that_falls_silent_is_told_by_what_is_known_of_it() -> None:
    """The month it fell silent in is the last one anything is known of, and nothing is foreseen of silent days."""
    made = quarters(OCTOBER + 20, 470)
    silent = made.value.copy()
    silent[96 * (OCTOBER - 4) : 96 * (OCTOBER + 5)] = np.nan
    for days in (OCTOBER - 1, OCTOBER + 1, OCTOBER + 4):
        (found,) = judge(until(Quarters(made.start_ms, silent), days))
        assert found.end is None and found.facts["month"] == 9 and found.facts["so_far"] > 420
    # Days that are only feared are feared when they are known.
    near = quarters(OCTOBER + 20, 430, seed=3)
    near.value[: 96 * OCTOBER] = np.minimum(near.value[: 96 * OCTOBER], 418 / 4)
    near.value[96 * OCTOBER :] = np.nan
    before, after = (judge(until(near, days)) for days in (OCTOBER, OCTOBER + 3))
    assert [found.start for found in before] == [found.start for found in after]


def test_maxima_are_kw_with_their_time_and_what_is_known_of_the_window() -> None:
    start_ms = 900_000 * np.arange(8, dtype=np.int64)
    value = np.array([1.0, 5.0, np.nan, 2.0, np.nan, np.nan, np.nan, np.nan])
    found = maxima(Quarters(start_ms, value), np.array([0, 3_600_000, 7_200_000]))
    assert found.kw[0] == 20.0 and found.at_ms[0] == 900_000 and found.coverage[0] == 0.75
    assert np.isnan(found.kw[1]) and found.coverage[1] == 0


def test_levels_make_a_quarter_only_where_there_are_enough_of_them() -> None:
    edges = 900_000 * np.arange(3, dtype=np.int64)
    time = np.array([0, 300_000, 600_000, 900_000, 1_500_000], np.int64)
    found = of_levels(time, np.array([10.0, 20.0, 30.0, 50.0, 50.0]), edges)
    assert found.value[0] == pytest.approx(20.0 / 4) and np.isnan(found.value[1])


@given(st.lists(st.floats(10, 1000), min_size=40, max_size=40), st.floats(0.1, 10))
def test_what_is_foreseen_scales_with_the_load_and_is_never_below_what_was(tops: list[float], times: float) -> None:
    start_ms = to_ms(START) + 900_000 * np.arange(96 * len(tops), dtype=np.int64)
    value = np.repeat(tops, 96) / 4
    one, other = (days_of(Quarters(start_ms, kwh), SCHOOL) for kwh in (value, value * times))
    assert other.foreseen == pytest.approx(one.foreseen * times, nan_ok=True)
    known = np.isfinite(one.foreseen)
    assert known.any() and (one.foreseen[known] >= one.so_far[known] - 1e-9).all()
