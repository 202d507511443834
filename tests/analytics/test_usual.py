"""The usual use: causal, by similar days, and absent where too little is known."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import SCHOOL, cut, day_use, grid, hours, local_hour

from analytics.usual import LEAST_DAYS, usual
from campus.registry import Term

MS = grid(63)
HOLIDAY_WEEK = 5 * 7 * 24  # 6 April, the first day of the sixth week, is a holiday


def test_every_day_alike_is_its_own_usual() -> None:
    value = 5.0 + local_hour(MS)
    got = usual(hours(MS, value), SCHOOL)
    known = np.isfinite(got.value)
    assert known[14 * 24 :].all()
    np.testing.assert_allclose(got.value[known], value[known])
    np.testing.assert_allclose(got.low[known], got.high[known])


@settings(max_examples=20)
@given(st.integers(24, 62 * 24), st.floats(0, 1000))
def test_only_earlier_days_count(at: int, jump: float) -> None:
    value = day_use(MS, 10, 2)
    changed = value.copy()
    changed[at:] += jump
    today = at - (at % 24)
    before, after = usual(hours(MS, value), SCHOOL), usual(hours(MS, changed), SCHOOL)
    np.testing.assert_array_equal(before.value[: today + 24], after.value[: today + 24])
    shorter = usual(cut(hours(MS, value), today + 24), SCHOOL)
    np.testing.assert_array_equal(before.high[: today + 24], shorter.high)


def test_too_few_similar_days_give_no_usual() -> None:
    got = usual(hours(MS, day_use(MS, 10, 2)), SCHOOL)
    assert np.isnan(got.value[: LEAST_DAYS * 24]).all()
    assert np.isfinite(got.value[LEAST_DAYS * 24 : 5 * 24]).all()
    assert np.isnan(got.value[5 * 24 : 7 * 24]).all()


def test_unknown_and_estimated_hours_are_no_evidence() -> None:
    whole = hours(MS, day_use(MS, 10, 2))
    spoiled = replace(whole, value=whole.value.copy(), estimated=whole.estimated.copy())
    spoiled.value[: 21 * 24] = 999.0
    spoiled.estimated[: 21 * 24] = 1.0
    assert np.nanmax(usual(spoiled, SCHOOL).value) < 20
    assert np.isnan(usual(spoiled, SCHOOL).value[: 21 * 24]).all()


def test_a_holiday_is_held_against_days_without_classes() -> None:
    ms = grid(63)
    weekday = (np.arange(63) % 7 < 5).repeat(24)
    value = np.where(weekday, 10.0, 2.0)
    got = usual(hours(ms, value), SCHOOL)
    assert (got.value[HOLIDAY_WEEK : HOLIDAY_WEEK + 24] == 2.0).all()
    assert (got.value[HOLIDAY_WEEK + 24 : HOLIDAY_WEEK + 48] == 10.0).all()


def test_a_make_up_day_is_like_a_class_day() -> None:
    saturday = Term(date(2026, 3, 28), date(2026, 3, 28), "makeup")
    value = np.where((np.arange(63) % 7 < 5).repeat(24), 10.0, 2.0)
    got = usual(hours(MS, value), replace(SCHOOL, terms=(saturday,)))
    assert (got.value[26 * 24 : 27 * 24] == 10.0).all()


def test_the_band_holds_most_hours_of_a_steady_meter() -> None:
    value = day_use(MS, 10, 2)
    got = usual(hours(MS, value), SCHOOL)
    known = np.isfinite(got.value)
    inside = (value >= got.low) & (value <= got.high)
    assert inside[known].mean() > 0.8
    assert (got.low[known] >= 0).all()


@pytest.mark.parametrize("count", [0, 1, 24])
def test_short_series_are_no_error(count: int) -> None:
    got = usual(cut(hours(MS, day_use(MS, 10, 2)), count), SCHOOL)
    assert len(got.value) == count and np.isnan(got.value).all()
