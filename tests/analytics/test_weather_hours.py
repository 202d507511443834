"""Observations at any times become means by the hour, and nothing is known that nobody observed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.degree_days import LEAST_SHARE, monthly
from analytics.weather_hours import HOUR_MS, Label, hourly
from tests.sizes import examples

MINUTE_MS = 60_000


def test_instants_an_hour_apart_are_joined_by_straight_lines():
    found = hourly(HOUR_MS * np.arange(4), np.array([10.0, 12.0, 8.0, 9.0]), Label.INSTANT)
    assert found.start_ms.tolist() == [0, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS]
    assert found.value[:3].tolist() == [11.0, 10.0, 8.5] and np.isnan(found.value[3])
    assert found.coverage.tolist() == [1.0, 1.0, 1.0, 0.0] and not found.estimated.any()


@pytest.mark.parametrize(("label", "first"), [(Label.END, -HOUR_MS), (Label.START, 0)])
def test_a_mean_belongs_to_the_hour_before_or_after_its_time(label, first):
    found = hourly(HOUR_MS * np.arange(3), np.array([1.0, 2.0, 3.0]), label)
    known = np.isfinite(found.value)
    assert (found.start_ms[known] - first).tolist() == [0, HOUR_MS, 2 * HOUR_MS]
    assert found.value[known].tolist() == [1.0, 2.0, 3.0]


def test_ten_minute_values_make_the_mean_of_their_hour_and_lack_what_is_missing():
    times, values = 10 * MINUTE_MS * np.arange(12), np.arange(12.0)
    whole = hourly(times, values, Label.START)
    assert whole.value.tolist()[:2] == [2.5, 8.5] and whole.coverage.tolist()[:2] == [1.0, 1.0]
    lacking = hourly(times[np.arange(12) != 3], values[np.arange(12) != 3], Label.START)
    assert lacking.coverage[0] == pytest.approx(5 / 6) and lacking.value[0] == pytest.approx(12 / 5)


def test_three_hours_between_observations_are_bridged_and_said_to_be_estimated():
    found = hourly(3 * HOUR_MS * np.arange(3), np.array([0.0, 6.0, 0.0]), Label.INSTANT)
    assert found.value[:6] == pytest.approx([1.0, 3.0, 5.0, 5.0, 3.0, 1.0])
    assert found.estimated[:6].tolist() == [1.0] * 6


def test_more_than_three_hours_are_unknown():
    found = hourly(HOUR_MS * np.array([0, 1, 6, 7]), np.array([1.0, 1.0, 1.0, 1.0]), Label.INSTANT)
    assert np.flatnonzero(np.isfinite(found.value)).tolist() == [0, 6]


def test_nothing_makes_nothing():
    for times in ([], [0]):
        found = hourly(np.array(times, np.int64), np.full(len(times), np.nan), Label.INSTANT)
        assert len(found.start_ms) == 0


@given(st.lists(st.floats(-40, 40), min_size=2, max_size=60), st.sampled_from([10, 15, 20, 30, 60]), st.randoms())
@settings(max_examples=examples(80), deadline=None)
def test_any_order_of_rows_gives_the_same_hours_and_the_mean_is_kept(values, minutes, random):
    times = minutes * MINUTE_MS * np.arange(len(values), dtype=np.int64)
    order = list(range(len(values)))
    random.shuffle(order)
    plain = hourly(times, np.array(values), Label.START)
    shuffled = hourly(times[order], np.array(values)[order], Label.START)
    for name in ("start_ms", "value", "coverage", "estimated"):
        assert np.array_equal(getattr(plain, name), getattr(shuffled, name), equal_nan=True)
    known = np.isfinite(plain.value)
    mean = np.average(plain.value[known], weights=plain.coverage[known])
    assert mean == pytest.approx(np.mean(values), abs=1e-9)


def test_a_months_degree_days_stand_on_nearly_all_of_its_days():
    days = np.arange(736_330, 736_330 + 31)  # January 2017
    daily = np.full(31, 10.0)
    daily[:3] = np.nan
    ((_, (total, share)),) = monthly(days, daily).items()
    assert total == pytest.approx(310.0) and share == pytest.approx(28 / 31) and share >= LEAST_SHARE
    daily[:4] = np.nan
    ((_, (total, _)),) = monthly(days, daily).items()
    assert np.isnan(total)
