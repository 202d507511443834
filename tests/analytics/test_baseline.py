"""The hourly baseline: it scales, forgets nothing, says why it refuses, and its band holds nine hours in ten."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from made_years import ABOUT, SCHOOL, SETTING, WEATHER, fitted, with_value, year

from analytics.baseline import Baseline, Expected, Refused, from_json, to_json
from analytics.baseline_days import Setting
from analytics.baseline_hourly import expected_hours, fit_hours
from analytics.baseline_live import followed
from analytics.hours import Hours
from campus.calendar import local_hours

TRAIN, TEST = year(0), year(1)
DAY = local_hours(TEST.start_ms, SCHOOL.timezone)[0]


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return fitted(fit_hours(TRAIN, SETTING, ABOUT))


@pytest.fixture(scope="module")
def expected(baseline: Baseline) -> Expected:
    return expected_hours(baseline, TEST.start_ms, SETTING)


def inside(band: Expected, use: np.ndarray) -> float:
    here = np.isfinite(use) & np.isfinite(band.value)
    return float(((use >= band.low) & (use <= band.high))[here].mean())


def words(found: Baseline | Refused) -> set[str]:
    assert isinstance(found, Refused), "a baseline was made"
    assert all(reason.said.zh and reason.said.en for reason in found.reasons)
    return {reason.word for reason in found.reasons}


def test_a_year_later_it_misses_little_more_than_the_noise_there_is(baseline: Baseline, expected: Expected) -> None:
    miss = (TEST.value - expected.value) / TEST.value.mean()
    assert np.sqrt(np.nanmean(miss**2)) < 0.15
    assert abs(np.nanmean(miss)) < 0.01
    assert baseline.fit.cv_rmse < baseline.fit.left_out < 0.16
    assert baseline.fit.r2 > 0.9 and abs(baseline.fit.nmbe) < 1e-3 and baseline.fit.count == 365 * 24


def test_its_change_points_are_the_meters_own(baseline: Baseline) -> None:
    heating, cooling = baseline.numbers["change_points_c"]
    assert 12 <= heating <= 16 and 21 <= cooling <= 26


def test_a_colder_winter_and_a_hotter_summer_are_expected_to_cost_what_they_cost_this_meter(
    baseline: Baseline, expected: Expected
) -> None:
    outside = WEATHER.value[np.searchsorted(WEATHER.start_ms, TEST.start_ms)]

    def costs(celsius: np.ndarray) -> np.ndarray:
        return 0.8 * np.maximum(14 - celsius, 0) + np.maximum(celsius - 24, 0)

    for kelvin, hours in ((-4.0, slice(0, 45 * 24)), (4.0, slice(190 * 24, 220 * 24))):
        other = replace(SETTING, temperature=replace(WEATHER, value=WEATHER.value + kelvin))
        more = expected_hours(baseline, TEST.start_ms, other).value - expected.value
        assert more[hours].mean() == pytest.approx((costs(outside + kelvin) - costs(outside))[hours].mean(), rel=0.2)


def test_the_band_holds_nine_hours_in_ten_a_year_later(expected: Expected) -> None:
    assert 0.88 <= inside(expected, TEST.value) <= 0.97


def test_with_the_recent_level_the_band_holds_nine_in_ten_of_a_meter_that_changed(
    baseline: Baseline, expected: Expected
) -> None:
    changed = TEST.value * 1.3
    assert inside(expected, changed) < 0.7
    live = followed(expected, changed, DAY, baseline)
    assert 0.87 <= inside(live, changed) <= 0.93
    assert np.nanmean((live.value - changed)[90 * 24 :]) / changed.mean() == pytest.approx(0, abs=0.02)


def test_the_recent_level_is_learnt_from_earlier_days_only(baseline: Baseline, expected: Expected) -> None:
    later = TEST.value.copy()
    later[200 * 24 :] *= 5
    one, other = (followed(expected, use, DAY, baseline) for use in (TEST.value, later))
    np.testing.assert_array_equal(one.value[: 201 * 24], other.value[: 201 * 24])
    np.testing.assert_array_equal(one.high[: 201 * 24], other.high[: 201 * 24])
    assert not np.array_equal(one.value[202 * 24 :], other.value[202 * 24 :])


@pytest.mark.parametrize("factor", [0.001, 277.8])
def test_scaling_the_meter_scales_what_is_expected(baseline: Baseline, expected: Expected, factor: float) -> None:
    other = fitted(fit_hours(with_value(TRAIN, TRAIN.value * factor), SETTING, ABOUT))
    got = expected_hours(other, TEST.start_ms, SETTING)
    np.testing.assert_allclose(got.value, expected.value * factor, rtol=1e-6)
    np.testing.assert_allclose(got.high, expected.high * factor, rtol=1e-6)
    assert other.fit.cv_rmse == pytest.approx(baseline.fit.cv_rmse)


def test_a_missing_stretch_hardly_moves_what_is_expected_elsewhere(expected: Expected) -> None:
    holed = TRAIN.value.copy()
    holed[100 * 24 : 121 * 24] = np.nan
    got = expected_hours(fitted(fit_hours(with_value(TRAIN, holed), SETTING, ABOUT)), TEST.start_ms, SETTING)
    moved = np.abs(got.value - expected.value) / np.nanmean(expected.value)
    assert np.median(moved) < 0.02
    assert moved.mean() < 0.03


def test_faulty_hours_are_left_out_and_counted(expected: Expected) -> None:
    spoiled = TRAIN.value.copy()
    spoiled[1000:1003] = 1e6
    baseline = fitted(fit_hours(with_value(TRAIN, spoiled), SETTING, ABOUT))
    assert baseline.numbers["gross_hours"] == (3.0,)
    got = expected_hours(baseline, TEST.start_ms, SETTING)
    assert np.nanmax(np.abs(got.value - expected.value)) < 0.3 * expected.value.max()


def test_read_back_from_json_it_gives_the_same_bits(baseline: Baseline, expected: Expected) -> None:
    again = from_json(to_json(baseline))
    assert again == baseline
    got = expected_hours(again, TEST.start_ms, SETTING)
    for field in ("value", "low", "high"):
        np.testing.assert_array_equal(getattr(got, field), getattr(expected, field))


def test_any_window_gives_the_same_bits(baseline: Baseline, expected: Expected) -> None:
    part = slice(777, 2000)
    got = expected_hours(baseline, TEST.start_ms[part], SETTING)
    np.testing.assert_array_equal(got.value, expected.value[part])
    np.testing.assert_array_equal(got.low, expected.low[part])


def test_its_id_is_its_content(baseline: Baseline) -> None:
    assert fitted(fit_hours(TRAIN, SETTING, ABOUT)).id == baseline.id
    assert fitted(fit_hours(with_value(TRAIN, TRAIN.value + 1e-9), SETTING, ABOUT)).inputs != baseline.inputs
    with pytest.raises(ValueError, match="changed after it was frozen"):
        from_json(to_json(replace(baseline, coverage=0.5)))


def test_too_little_is_refused_with_every_reason() -> None:
    first_half = Hours(*(getattr(TRAIN, f)[: 150 * 24] for f in ("start_ms", "value", "coverage", "estimated")))
    assert {"short", "months"} <= words(fit_hours(first_half, SETTING, ABOUT))
    holed = TRAIN.value.copy()
    holed[np.arange(len(holed)) % 24 < 14] = np.nan
    assert "coverage" in words(fit_hours(with_value(TRAIN, holed), SETTING, ABOUT))
    assert words(fit_hours(with_value(TRAIN, np.zeros(len(TRAIN.value))), SETTING, ABOUT)) == {"nothing"}


def test_a_year_whose_cold_days_were_not_read_is_refused() -> None:
    place = np.searchsorted(WEATHER.start_ms, TRAIN.start_ms)
    warm = np.convolve(WEATHER.value[place], np.ones(240) / 240, "same") > 6
    found = fit_hours(with_value(TRAIN, np.where(warm, TRAIN.value, np.nan)), SETTING, ABOUT)
    assert "temperatures" in words(found)


def test_without_weather_nothing_is_expected_and_strange_weather_is_marked(baseline: Baseline) -> None:
    broken = replace(WEATHER, value=WEATHER.value.copy())
    at = int(np.searchsorted(broken.start_ms, TEST.start_ms[0]))
    broken.value[at + 240 : at + 340] = np.nan
    broken.value[at + 1000 : at + 1048] = 60.0
    got = expected_hours(baseline, TEST.start_ms, Setting(SCHOOL, broken))
    assert np.isnan(got.value[250:330]).all() and np.isfinite(got.value[400:900]).all()
    assert got.strange[1000:1048].all() and not got.strange[:900].any()


def test_a_short_gap_in_the_weather_is_bridged(baseline: Baseline, expected: Expected) -> None:
    broken = replace(WEATHER, value=WEATHER.value.copy())
    at = int(np.searchsorted(broken.start_ms, TEST.start_ms[0]))
    broken.value[at + 240 : at + 245] = np.nan
    got = expected_hours(baseline, TEST.start_ms, Setting(SCHOOL, broken))
    np.testing.assert_allclose(got.value, expected.value, rtol=0.2)


def test_of_a_kind_of_day_it_never_saw_it_says_nothing() -> None:
    plain = replace(SETTING, school=replace(SCHOOL, terms=()))
    baseline = fitted(fit_hours(TRAIN, plain, ABOUT))
    got = expected_hours(baseline, TEST.start_ms, SETTING)
    local = np.array([date.fromordinal(int(d)).isoformat() for d in DAY])
    assert np.isnan(got.value[local == "2024-07-15"]).all() and np.isfinite(got.value[local == "2024-04-15"]).all()


def test_a_meter_without_weather_has_a_baseline_too() -> None:
    baseline = fitted(fit_hours(TRAIN, replace(SETTING, temperature=None), ABOUT))
    got = expected_hours(baseline, TEST.start_ms, replace(SETTING, temperature=None))
    assert np.isfinite(got.value).all() and not got.strange.any()


def test_of_days_worked_in_a_mode_it_never_saw_it_says_nothing(baseline: Baseline, expected: Expected) -> None:
    camp = frozenset({date(2024, 4, 15)})
    got = expected_hours(baseline, TEST.start_ms, replace(SETTING, modes={"camp": camp}))
    inside = date(2024, 4, 15).toordinal() == DAY
    assert np.isnan(got.value[inside]).all()
    np.testing.assert_array_equal(got.value[~inside], expected.value[~inside])


def test_a_mode_that_does_not_occur_changes_nothing_and_one_learnt_is_used() -> None:
    camp = frozenset(date.fromordinal(date(2023, 4, 3).toordinal() + i) for i in range(20))
    busy = np.isin(local_hours(TRAIN.start_ms, SCHOOL.timezone)[0], [d.toordinal() for d in camp])
    told = replace(SETTING, modes={"camp": camp})
    baseline = fitted(fit_hours(with_value(TRAIN, TRAIN.value + 30 * busy), told, ABOUT))
    plain = expected_hours(baseline, TEST.start_ms, SETTING)
    again = expected_hours(baseline, TEST.start_ms, replace(SETTING, modes={"camp": frozenset({date(2024, 4, 15)})}))
    here = date(2024, 4, 15).toordinal() == DAY
    assert 10 < (again.value - plain.value)[here].mean() < 35
    np.testing.assert_array_equal(again.value[~here], plain.value[~here])


def test_a_baseline_made_with_weather_asks_for_it(baseline: Baseline) -> None:
    with pytest.raises(ValueError, match="hand them in"):
        expected_hours(baseline, TEST.start_ms, replace(SETTING, temperature=None))


def test_it_never_expects_less_than_nothing_of_a_meter_that_never_ran_backwards() -> None:
    summer_off = np.where(TRAIN.value > np.quantile(TRAIN.value, 0.6), TRAIN.value, 0.0)
    got = expected_hours(fitted(fit_hours(with_value(TRAIN, summer_off), SETTING, ABOUT)), TEST.start_ms, SETTING)
    assert np.nanmin(got.value) >= 0 and np.nanmin(got.low) >= 0
    back = fitted(fit_hours(with_value(TRAIN, TRAIN.value - 25), SETTING, ABOUT))
    assert np.nanmin(expected_hours(back, TEST.start_ms, SETTING).value) < 0


def test_no_hours_expect_nothing(baseline: Baseline) -> None:
    got = expected_hours(baseline, np.empty(0, np.int64), SETTING)
    assert len(got.value) == 0
    assert len(followed(got, np.empty(0), np.empty(0, np.int64), baseline).value) == 0


def test_the_period_is_that_of_its_hours(baseline: Baseline) -> None:
    assert (baseline.first, baseline.until) == (date(2023, 1, 1), date(2024, 1, 1))
    assert datetime.fromtimestamp(TRAIN.start_ms[0] / 1000, UTC).hour == 16
    assert baseline.coverage == pytest.approx(1.0)
