"""A year against the one before: like days alone are held against each other, and what cannot be is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.compare import LEAST_DAYS, REACH_DAYS, Daily, by_festival, by_kind, year_to
from campus.calendar import WORKING, DayKind, day_kind
from campus.registry import Term
from campus.said import Said
from tests.analytics.made import SCHOOL
from tests.sizes import examples

TERMS = tuple(
    Term(date(year + a[0], *a[1:]), date(year + b[0], *b[1:]), kind)
    for year in range(2023, 2027)
    for kind, a, b in (
        ("term", (0, 2, 24), (0, 7, 10)),
        ("vacation", (0, 7, 11), (0, 8, 31)),
        ("term", (0, 9, 1), (1, 1, 22)),
        ("vacation", (1, 1, 23), (1, 2, 23)),
    )
)
TAUGHT = replace(SCHOOL, terms=TERMS)
FIRST = date(2024, 1, 1)
DAYS = 731  # 2024 and 2025
KIND = {DayKind.CLASS: 900.0, DayKind.MAKEUP: 900.0, DayKind.WEEKEND: 300.0, DayKind.HOLIDAY: 200.0}


def used(factor: float = 1.0, unknown: tuple[date, ...] = ()) -> Daily:
    """Return a use that is the same on days of a kind, times `factor` from 2025 on."""
    every = [FIRST + timedelta(days=n) for n in range(DAYS)]
    value = np.array([KIND.get(day_kind(day, TAUGHT), 150.0) * (factor if day.year > 2024 else 1.0) for day in every])
    value[[day in unknown for day in every]] = np.nan
    ordinal = np.array([day.toordinal() for day in every], np.int64)
    return Daily(ordinal, value, np.ones(DAYS))


YEARS = (date(2025, 1, 1), date(2025, 12, 31)), (date(2024, 1, 1), date(2024, 12, 31))


def test_a_school_that_uses_the_same_on_like_days_differs_by_its_calendar_alone():
    found = by_kind(used(), TAUGHT, YEARS)
    assert [row.kind.en for row in found.rows] == ["school day", "weekend", "holiday", "vacation"]
    assert all(row.change == pytest.approx(0.0) for row in found.rows)
    year = np.array([date.fromordinal(ordinal).year for ordinal in used().ordinal])
    totals = [used().value[year == which].sum() for which in (2025, 2024)]
    assert found.by_use == pytest.approx(0.0, abs=1e-6)
    assert found.by_days == pytest.approx(totals[0] - totals[1])


def test_the_days_counted_on_each_side_are_those_of_the_calendar():
    school_day = by_kind(used(), TAUGHT, YEARS).rows[0]
    counted = sum(day_kind(FIRST + timedelta(days=n), TAUGHT) in WORKING for n in range(366))
    assert school_day.before.days == school_day.before.known == counted
    assert school_day.before.mean == 900.0


@pytest.mark.parametrize("factor", [0.9, 1.2])
def test_what_every_day_uses_more_or_less_is_told_per_day_and_in_all(factor):
    found = by_kind(used(factor), TAUGHT, YEARS)
    assert all(row.change == pytest.approx(factor - 1) for row in found.rows)
    same = by_kind(used(), TAUGHT, YEARS)
    assert found.by_days == pytest.approx(same.by_days)
    now = sum(row.now.days * row.now.mean for row in found.rows)
    before = sum(row.before.days * row.before.mean for row in found.rows)
    assert found.by_days + found.by_use == pytest.approx(now - before)


def test_unknown_days_are_counted_and_too_few_known_ones_are_not_compared():
    holidays = tuple(day for n in range(366) if day_kind(day := FIRST + timedelta(days=n), TAUGHT) is DayKind.HOLIDAY)
    found = by_kind(used(unknown=holidays[LEAST_DAYS - 1 :]), TAUGHT, YEARS)
    row = next(row for row in found.rows if row.kind.en == "holiday")
    assert row.change is None and row.before.known == LEAST_DAYS - 1 and row.before.days == len(holidays)
    assert str(LEAST_DAYS - 1) in row.reason.zh
    assert found.by_days is None and found.by_use is None


def test_a_day_that_was_measured_in_part_is_not_known():
    daily = used()
    poor = replace(daily, coverage=np.where(np.arange(DAYS) % 7 == 0, 0.5, 1.0))
    row = by_kind(poor, TAUGHT, YEARS).rows[0]
    assert row.now.known < row.now.days


def test_a_year_that_goes_on_is_held_against_the_same_days_of_the_year_before():
    assert year_to(date(2025, 3, 5)) == ((date(2025, 1, 1), date(2025, 3, 5)), (date(2024, 1, 1), date(2024, 3, 5)))
    assert year_to(date(2024, 2, 29))[1] == (date(2023, 1, 1), date(2023, 2, 28))


def test_around_spring_festival_the_same_distance_is_held_against_the_same_distance():
    daily = used()
    # What is used for ten days from the festival on, and on no day else.
    feast = {date(2024, 2, 10) + timedelta(days=n) for n in range(10)} | {
        date(2025, 1, 29) + timedelta(days=n) for n in range(10)
    }
    value = np.array([float(date.fromordinal(o) in feast) for o in daily.ordinal])
    found = by_festival(replace(daily, value=value), TAUGHT, 2025)
    assert (found.festival, found.festival_before) == (date(2025, 1, 29), date(2024, 2, 10))
    assert (found.now, found.before, found.change) == (10.0, 10.0, 0.0)
    # Forty days before 10 February 2024 lies 1 January: all of 2025's pairs from there on exist.
    assert found.days == 2 * REACH_DAYS + 1 and found.pairs == 2 * REACH_DAYS + 1
    assert found.unlike > 0


def test_days_that_are_lacking_and_festivals_nobody_knows_are_said():
    lacking = used(unknown=tuple(date(2024, 1, 1) + timedelta(days=n) for n in range(70)))
    found = by_festival(lacking, TAUGHT, 2025)
    assert isinstance(found, Said) and "81" in found.zh
    far = Daily(np.array([date(2031, 1, 1).toordinal()]), np.ones(1), np.ones(1))
    assert "2031" in by_festival(far, TAUGHT, 2031).en


@given(st.floats(0.2, 5.0), st.integers(0, 300))
@settings(max_examples=examples(30), deadline=None)
def test_the_change_of_a_day_follows_its_use_and_ignores_which_days_are_unknown(factor, skipped):
    unknown = tuple(FIRST + timedelta(days=(7 * n) % DAYS) for n in range(skipped // 3))
    found = by_kind(used(factor, unknown), TAUGHT, YEARS)
    for row in found.rows:
        assert row.change is None or row.change == pytest.approx(factor - 1)
