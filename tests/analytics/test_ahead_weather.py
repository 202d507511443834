"""A day whose temperature is known: what heats follows it, its bounds hold it, and without it nothing is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from analytics.ahead import Past, kinds, past
from analytics.ahead_weather import Weathered, day, weathered
from analytics.baseline_days import Setting
from analytics.hours import Hours
from campus.schema import to_ms
from tests.analytics.test_outlook import SCHOOL

FIRST = date(2024, 7, 1)
DAYS = 500
RNG = np.random.default_rng(5)
# A cold spell comes on the last two days.
MEAN_C = 12 - 14 * np.cos(2 * np.pi * (np.arange(DAYS + 4) - 200) / 365) + RNG.normal(0, 2.5, DAYS + 4)
MEAN_C[DAYS - 1 :] = -8.0


def gas(mean_c: np.ndarray) -> np.ndarray:
    return 5 + 8 * np.maximum(16 - mean_c, 0)


def setting(until: int) -> Setting:
    start = to_ms(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) - timedelta(hours=8 + 24))
    value = np.repeat(np.concatenate([MEAN_C[:1], MEAN_C]), 24)
    value[24 * (until + 1) :] = np.nan
    return Setting(SCHOOL, Hours(start + 3_600_000 * np.arange(len(value)), value, np.ones(len(value)), value * 0))


def known() -> Past:
    used = gas(MEAN_C[:DAYS]) * np.exp(RNG.normal(0, 0.05, DAYS))
    return past(FIRST, used, kinds(FIRST, DAYS + 4, SCHOOL))


@pytest.fixture(scope="module")
def series() -> Weathered:
    found = weathered(known(), setting(DAYS + 4), "gas")
    assert found is not None
    return found


def test_a_cold_day_is_told_as_one(series: Weathered) -> None:
    told = day(series, DAYS + 1)
    assert told is not None
    came = gas(MEAN_C[DAYS + 1])
    assert told.value == pytest.approx(came, rel=0.15)
    low, high = told.bounds()
    assert low < came < high


def test_without_the_days_temperature_nothing_is_told() -> None:
    found = weathered(known(), setting(DAYS), "gas")
    assert found is not None and day(found, DAYS + 2) is None


def test_without_a_year_there_is_no_response_to_go_by() -> None:
    short = past(FIRST, gas(MEAN_C[:120]), kinds(FIRST, 124, SCHOOL))
    assert weathered(short, setting(124), "gas") is None
