"""Baselines of daily meters and of bills, and degree days."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from made import hours
from made_years import ABOUT, FIRST, SCHOOL, SETTING, WEATHER, fitted, year

from analytics.baseline import Refused, from_json, to_json
from analytics.baseline_bills import Bill, expected_bills, fit_bills
from analytics.baseline_daily import DayUse, expected_days, fit_days
from analytics.baseline_days import day_temperatures
from analytics.degree_days import cooling_degree_days, daily_means, heating_degree_days


def days(number: int) -> DayUse:
    """Return a year's use per day."""
    return DayUse(FIRST + timedelta(days=365 * number), year(number).value.reshape(-1, 24).sum(axis=1))


TRAIN, TEST = days(0), days(1)


def bills(of: DayUse) -> list[Bill]:
    """Return the monthly bills of a year."""
    months = np.array([(of.first + timedelta(days=i)).month for i in range(len(of.value))])
    found, first = [], of.first
    for month in range(1, 13):
        count = int((months == month).sum())
        found.append(Bill(first, first + timedelta(days=count), float(of.value[months == month].sum())))
        first += timedelta(days=count)
    return found


def test_a_daily_meter_is_expected_a_year_later_and_nine_days_in_ten_lie_in_the_band() -> None:
    baseline = fitted(fit_days(TRAIN, SETTING, ABOUT))
    got = expected_days(baseline, TEST.first, len(TEST.value), SETTING)
    miss = (TEST.value - got.value) / TEST.value.mean()
    assert np.sqrt(np.nanmean(miss**2)) < 0.06 and abs(np.nanmean(miss)) < 0.01
    inside = (TEST.value >= got.low) & (TEST.value <= got.high)
    assert 0.87 <= inside.mean() <= 1.0
    assert baseline.names["marks"] == ("holiday", "vacation", "makeup")


def test_a_daily_baseline_is_the_same_from_json_and_in_any_window() -> None:
    baseline = fitted(fit_days(TRAIN, SETTING, ABOUT))
    whole = expected_days(baseline, TEST.first, 365, SETTING)
    part = expected_days(from_json(to_json(baseline)), TEST.first + timedelta(days=50), 60, SETTING)
    np.testing.assert_array_equal(part.value, whole.value[50:110])
    np.testing.assert_array_equal(part.high, whole.high[50:110])


@pytest.mark.parametrize("factor", [0.001, 277.8])
def test_scaling_a_daily_meter_scales_what_is_expected(factor: float) -> None:
    one, other = (fitted(fit_days(DayUse(TRAIN.first, TRAIN.value * k), SETTING, ABOUT)) for k in (1.0, factor))
    plain, scaled = (expected_days(found, TEST.first, 365, SETTING) for found in (one, other))
    np.testing.assert_allclose(scaled.value, plain.value * factor, rtol=1e-6)
    np.testing.assert_allclose(scaled.low, plain.low * factor, rtol=1e-6)
    assert other.fit.cv_rmse == pytest.approx(one.fit.cv_rmse)


def test_days_worked_otherwise_are_told_by_their_mode() -> None:
    camp = frozenset(TRAIN.first + timedelta(days=i) for i in range(95, 115))
    busy = TRAIN.value + 400 * np.array([TRAIN.first + timedelta(days=i) in camp for i in range(365)])
    plain = fitted(fit_days(DayUse(TRAIN.first, busy), SETTING, ABOUT))
    told = fitted(fit_days(DayUse(TRAIN.first, busy), replace(SETTING, modes={"camp": camp}), ABOUT))
    assert told.fit.cv_rmse < 0.7 * plain.fit.cv_rmse
    assert "camp" in told.names["marks"]
    other = replace(SETTING, modes={"fair": frozenset({TEST.first})})
    assert np.isnan(expected_days(told, TEST.first, 2, other).value).tolist() == [True, False]


def test_a_vacation_it_never_saw_is_not_expected() -> None:
    without = replace(SETTING, school=replace(SCHOOL, terms=()))
    got = expected_days(fitted(fit_days(TRAIN, without, ABOUT)), date(2024, 7, 15), 1, SETTING)
    assert np.isnan(got.value).all()


def test_too_few_days_and_too_few_bills_are_refused() -> None:
    found = fit_days(DayUse(TRAIN.first, TRAIN.value[:100]), SETTING, ABOUT)
    assert isinstance(found, Refused) and {r.word for r in found.reasons} >= {"short", "months"}
    few = fit_bills(bills(TRAIN)[:5], SETTING, ABOUT)
    assert isinstance(few, Refused) and [r.word for r in few.reasons] == ["bills"]


def test_bills_tell_the_next_year() -> None:
    baseline = fitted(fit_bills(bills(TRAIN), SETTING, ABOUT))
    after = bills(TEST)
    got = expected_bills(from_json(to_json(baseline)), after, SETTING)
    used = np.array([bill.amount for bill in after])
    assert abs(got.value.sum() / used.sum() - 1) < 0.03
    assert ((used >= got.low) & (used <= got.high)).mean() > 0.75


@pytest.mark.parametrize(
    ("heating", "cooling", "form"), [(30.0, 40.0, "5P"), (30.0, 0.0, "3PH"), (0.0, 40.0, "3PC"), (0.0, 0.0, "mean")]
)
def test_the_form_is_the_simplest_that_tells_the_bills(heating: float, cooling: float, form: str) -> None:
    outside = day_temperatures(TRAIN.first, 365, SETTING)
    assert outside is not None
    use = 500 + heating * np.maximum(15 - outside, 0) + cooling * np.maximum(outside - 22, 0)
    noisy = use * np.random.default_rng(3).normal(1, 0.05, 365)
    baseline = fitted(fit_bills(bills(DayUse(TRAIN.first, noisy)), SETTING, ABOUT))
    assert baseline.names["form"] == (form,)
    base, found_heating, found_cooling = baseline.numbers["coefficients"]
    assert base == pytest.approx(500, rel=0.05)
    assert found_heating == pytest.approx(heating, rel=0.15) and found_cooling == pytest.approx(cooling, rel=0.15)


def test_a_meter_that_uses_less_in_the_cold_is_not_said_to_heat() -> None:
    outside = day_temperatures(TRAIN.first, 365, SETTING)
    assert outside is not None
    less = DayUse(TRAIN.first, 900 - 20 * np.maximum(15 - outside, 0))
    assert fitted(fit_bills(bills(less), SETTING, ABOUT)).names["form"] not in (("3PH",), ("5P",))


def test_bills_without_weather_are_expected_as_their_mean() -> None:
    still = replace(SETTING, temperature=None)
    got = expected_bills(fitted(fit_bills(bills(TRAIN), still, ABOUT)), bills(TEST), still)
    np.testing.assert_allclose(got.value / np.array([b.days for b in bills(TEST)]), TRAIN.value.mean(), rtol=1e-6)


def test_degree_days_count_below_18_and_above_26() -> None:
    mean = np.array([-2.0, 18.0, 20.0, 26.0, 30.5, np.nan])
    np.testing.assert_array_equal(heating_degree_days(mean), [20, 0, 0, 0, 0, np.nan])
    np.testing.assert_array_equal(cooling_degree_days(mean), [0, 0, 0, 0, 4.5, np.nan])


def test_a_day_without_enough_hours_has_no_mean() -> None:
    value = WEATHER.value[: 24 * 10].copy()
    value[24 * 3 : 24 * 3 + 8] = np.nan
    ordinals, means = daily_means(hours(WEATHER.start_ms[: 24 * 10], value), SCHOOL)
    assert len(ordinals) == 10 and np.isnan(means).sum() == 1
    assert means[0] == pytest.approx(value[:24].mean())
