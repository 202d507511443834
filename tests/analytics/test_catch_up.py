"""What was booked in one interval after a silence: its sum or the whole register, and no burst, no ordinary day."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.catch_up import catch_ups

DAY_MS = 86_400_000
DAYS, AT, MISSING = 120, 80, 10
USE = np.random.default_rng(3).normal(5.0, 0.5, DAYS)
TIMES = DAY_MS * np.arange(DAYS, dtype=np.int64)


def booked(value: float, missing: int = MISSING) -> np.ndarray:
    series = USE.copy()
    series[AT - missing : AT] = np.nan
    series[AT] = value
    return series


def test_the_sum_of_a_silence_is_found_with_how_many_days_it_holds() -> None:
    (found,) = catch_ups(TIMES, booked(5.0 * (MISSING + 1)))
    assert (found.time_ms, found.missing, found.whole) == (TIMES[AT], MISSING, False)
    assert found.times == pytest.approx(MISSING + 1, rel=0.1)


def test_the_whole_register_booked_as_one_day_is_told_apart() -> None:
    (found,) = catch_ups(TIMES, booked(float(np.nansum(USE[: AT - 1])), missing=1))
    assert found.whole and found.missing == 1


@pytest.mark.parametrize("value", [5.0, 9.0, 5.0 * (MISSING + 1) * 4, 0.0])
def test_an_ordinary_day_and_a_burst_after_a_silence_are_none(value: float) -> None:
    assert catch_ups(TIMES, booked(value)) == []


def test_a_large_day_without_a_silence_is_none() -> None:
    series = USE.copy()
    series[AT] = 55.0
    assert catch_ups(TIMES, series) == []


def test_too_little_around_it_and_nothing_used_are_not_judged() -> None:
    assert catch_ups(TIMES[AT - 14 : AT + 2], booked(55.0)[AT - 14 : AT + 2]) == []
    nothing = np.where(np.isnan(booked(55.0)), np.nan, 0.0)
    nothing[AT] = 55.0
    assert catch_ups(TIMES, nothing) == []
