"""Where a stretch of days will end: exact where all is known, honest about the rest, silent where nothing tells."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import student
from analytics.ahead import Past, apart, expected, kinds, past
from analytics.outlook import NEVER_USED, NO_YEAR, TOO_LITTLE, Outlook, outlook
from analytics.scatter import Scatter, scatter
from campus.registry import School

SCHOOL = School("s", "", "", "primary", ZoneInfo("Asia/Shanghai"), "CN-SD", "CN")
FIRST = date(2023, 1, 2)  # a Monday
AHEAD = 400


def days(value: np.ndarray) -> Past:
    return past(FIRST, value, kinds(FIRST, len(value) + AHEAD, SCHOOL))


def seasons(count: int, noise: float = 0.0) -> np.ndarray:
    """Return days of a school that uses more in winter and less at weekends."""
    row = np.arange(count)
    shape = 100 * (1.3 + np.cos(2 * np.pi * row / 364)) * np.where(row % 7 >= 5, 0.4, 1.0)
    return shape * np.exp(np.random.default_rng(7).normal(0, noise, count))


def row(day: date) -> int:
    return (day - FIRST).days


@pytest.mark.parametrize(
    ("share", "freedom", "printed"), [(0.9, 3, 1.638), (0.9, 10, 1.372), (0.95, 5, 2.015), (0.95, 1000, 1.646)]
)
def test_students_t_is_that_of_the_tables(share, freedom, printed) -> None:
    assert student.quantile(share, freedom) == pytest.approx(printed, rel=0.02)
    assert student.below(printed, freedom) == pytest.approx(share, abs=0.01)


@given(st.floats(-8, 8), st.floats(3, 500))
def test_quantile_and_share_are_each_others_inverse(value, freedom) -> None:
    share = student.below(value, freedom)
    if 1e-6 < share < 1 - 1e-6:
        assert student.quantile(share, freedom) == pytest.approx(value, abs=1e-6)


def test_days_to_come_are_like_last_years_at_todays_level() -> None:
    value = seasons(364 * 2 + 60)
    value[364 * 2 - 60 :] *= 1.2  # a school that grew
    rows = np.arange(len(value) + 60, len(value) + 90)
    told = expected(days(value), rows)
    plain = seasons(len(value) + 90)[rows]
    workdays = days(value).kind[rows] == days(value).kind[row(date(2023, 3, 1))]
    assert told[workdays] == pytest.approx(1.2 * plain[workdays], rel=0.12)


def test_what_is_known_is_exact_and_the_rest_has_its_bounds() -> None:
    value = seasons(row(date(2025, 12, 1)), 0.1)
    year = row(date(2025, 1, 1)), row(date(2026, 1, 1))
    told = outlook(days(value), year, "electricity")
    assert isinstance(told, Outlook) and told.days == 31
    assert told.known == pytest.approx(value[year[0] :].sum())
    low, high = told.bounds()
    assert told.known < low < told.value < high
    assert told.bounds(0.5)[0] > low
    over = outlook(days(seasons(year[1])), year, "electricity")
    assert isinstance(over, Outlook) and over.bounds() == (over.value, over.value)


def test_the_chance_falls_with_the_line_and_is_certain_only_of_what_happened() -> None:
    told = Outlook(80.0, 20.0, 30, Scatter(0.1, 8.0))
    chances = [told.chance_above(line) for line in (70.0, 80.0, 95.0, 100.0, 105.0, 500.0)]
    assert chances[0] == 1.0 and chances[-1] == 0.01
    assert chances == sorted(chances, reverse=True)
    assert told.chance_above(100.0) == pytest.approx(0.5)
    ended = Outlook(100.0, 0.0, 0, Scatter(0.0, 1.0))
    assert (ended.chance_above(99.0), ended.chance_above(101.0)) == (1.0, 0.0)


def test_a_restless_meter_has_wider_bounds_than_a_steady_one() -> None:
    calm, wild = (scatter(days(seasons(1000, noise)), 30, "water") for noise in (0.02, 0.8))
    assert calm.sigma < wild.sigma


def test_without_a_year_nothing_is_told_beyond_the_next_weeks() -> None:
    value = seasons(200)
    assert outlook(days(value), (150, 260), "electricity") == NO_YEAR
    month = outlook(days(value), (190, 220), "electricity")
    assert isinstance(month, Outlook) and month.days == 20


def test_too_many_gaps_are_not_filled() -> None:
    value = seasons(900)
    value[760:850] = np.nan
    assert outlook(days(value), (row(date(2025, 1, 1)), 910), "electricity") == TOO_LITTLE
    assert outlook(days(np.zeros(900)), (880, 910), "water") == NEVER_USED
    # A quarter that was over before the first reading.
    assert outlook(days(value), (-200, -110), "water") == TOO_LITTLE


def test_a_few_gaps_are_expected_like_days_to_come() -> None:
    value = seasons(900)
    year = row(date(2025, 1, 1)), 900
    holes = value.copy()
    holes[860:865] = np.nan
    told = outlook(days(holes), year, "electricity")
    assert isinstance(told, Outlook) and told.days == 5
    assert told.value == pytest.approx(value[year[0] :].sum(), rel=0.02)


def test_a_stretch_that_began_before_the_meter_cannot_be_told() -> None:
    known = days(seasons(300))
    assert outlook(known, (-90, 2), "water") == outlook(known, (-300, -208), "water") == TOO_LITTLE


def test_a_gap_is_like_the_days_around_it_and_not_like_the_present() -> None:
    value = seasons(900)
    value[500:510] = np.nan
    value[880:] *= 3
    told = expected(days(value), np.arange(500, 510))
    assert told == pytest.approx(seasons(900)[500:510], rel=0.15)


def test_a_days_kind_keeps_heated_days_apart() -> None:
    heated = np.zeros(60, bool)
    heated[30:] = True
    found = apart(kinds(FIRST, 60, SCHOOL), heated)
    assert not set(found[:30]) & set(found[30:])
