"""Local time and kinds of day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus import calendar
from campus.calendar import DayKind, day_kind, local_hours, provisional
from campus.registry import School, Term
from campus.schema import to_ms

SHANGHAI, LONDON = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/London")
CN = School("s", "学校", "School", "secondary_boarding", SHANGHAI, "CN-SD", "CN")
UK = replace(CN, timezone=LONDON, region="GB", calendar="none")
TERMS = (
    Term(date(2026, 2, 25), date(2026, 7, 10), "term"),
    Term(date(2026, 9, 1), date(2027, 1, 22), "term"),
    Term(date(2026, 4, 11), date(2026, 4, 11), "makeup"),
    Term(date(2026, 4, 20), date(2026, 4, 21), "holiday"),
    Term(date(2026, 7, 11), date(2026, 8, 31), "vacation"),
)
WITH_TERMS = replace(CN, terms=TERMS)


@pytest.mark.parametrize("day", ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"])
def test_each_public_make_up_day_of_2026_is_worked(day: str) -> None:
    assert day_kind(date.fromisoformat(day), CN) is DayKind.MAKEUP


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-10-01", DayKind.HOLIDAY),
        ("2026-10-04", DayKind.HOLIDAY),
        ("2026-10-11", DayKind.WEEKEND),
        ("2026-11-20", DayKind.CLASS),
    ],
)
def test_the_public_calendar_decides_without_rows(day: str, kind: DayKind) -> None:
    assert day_kind(date.fromisoformat(day), CN) is kind
    assert not provisional(date.fromisoformat(day), CN)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-04-11", DayKind.MAKEUP),
        ("2026-04-20", DayKind.HOLIDAY),
        ("2026-07-15", DayKind.VACATION),
        ("2026-07-18", DayKind.VACATION),
        ("2026-05-01", DayKind.HOLIDAY),
        ("2026-06-24", DayKind.CLASS),
    ],
)
def test_the_schools_own_rows_come_before_the_public_calendar(day: str, kind: DayKind) -> None:
    assert day_kind(date.fromisoformat(day), WITH_TERMS) is kind


def test_a_day_between_two_terms_is_vacation_even_without_a_row() -> None:
    only_terms = replace(CN, terms=TERMS[:2])
    assert day_kind(date(2026, 8, 3), only_terms) is DayKind.VACATION


def test_a_public_make_up_day_in_a_vacation_is_not_worked() -> None:
    school = replace(CN, terms=(Term(date(2026, 1, 24), date(2026, 3, 1), "vacation"),))
    assert day_kind(date(2026, 2, 14), school) is DayKind.VACATION
    assert day_kind(date(2026, 2, 17), school) is DayKind.HOLIDAY


def test_a_year_the_public_calendar_does_not_know_is_provisional() -> None:
    assert provisional(date(2031, 3, 3), CN)
    assert provisional(date(2027, 1, 4), WITH_TERMS)
    assert not provisional(date(2031, 3, 3), UK)


def test_a_row_of_the_school_settles_an_unknown_year() -> None:
    school = replace(CN, terms=(Term(date(2031, 3, 3), date(2031, 3, 5), "vacation"),))
    assert not provisional(date(2031, 3, 4), school)


def test_a_day_beyond_the_registered_terms_is_provisional() -> None:
    assert provisional(date(2026, 1, 20), WITH_TERMS)
    assert not provisional(date(2026, 9, 2), WITH_TERMS)


def test_without_a_public_calendar_the_week_decides() -> None:
    assert day_kind(date(2026, 10, 1), UK) is DayKind.CLASS
    assert day_kind(date(2026, 10, 3), UK) is DayKind.WEEKEND


@given(
    st.integers(0, 40_000), st.sampled_from([SHANGHAI, LONDON, ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/Athens")])
)
def test_local_hours_agree_with_the_standard_library(hours: int, zone: ZoneInfo) -> None:
    start = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    times = [start + timedelta(hours=h) for h in range(50)]
    day, hour = local_hours(np.array([to_ms(t) for t in times]), zone)
    local = [t.astimezone(zone) for t in times]
    assert day.tolist() == [t.date().toordinal() for t in local]
    assert hour.tolist() == [t.hour for t in local]


def test_local_hours_of_nothing_are_nothing() -> None:
    day, hour = local_hours(np.empty(0, np.int64), SHANGHAI)
    assert len(day) == len(hour) == 0


def test_a_local_day_has_23_24_or_25_hours() -> None:
    window = calendar.days(datetime(2023, 3, 25, 12, tzinfo=UTC), datetime(2023, 3, 27, tzinfo=UTC), LONDON)
    assert [(end - start) // timedelta(hours=1) for start, end in window] == [24, 23, 24]
