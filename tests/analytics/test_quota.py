"""Quotas: every cell of the standards as printed, bands on and beside their lines, people by the clauses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.quota import NO_QUOTA, standing
from analytics.quota_people import energy_users, standard_people
from campus.people import USERS, Category, People
from campus.quotas import quota, shipped

ROWS = shipped()


@pytest.mark.parametrize(
    ("indicator", "kind", "more", "values"),
    [
        ("non_heating", "university", {}, (16.5, 10.0, 7.5)),
        ("non_heating", "vocational", {}, (11.5, 7.0, 4.0)),
        ("heating", "primary", {"heating": "gas"}, (4.5, 3.0, 2.2)),
        ("heating", "special", {"heating": "district"}, (11.5, 9.3, 6.5)),
        ("per_person", "college", {}, (419.3, 210.2, 125.2)),
        ("conventional_electricity", "secondary_day", {}, (24.6, 13.6, 7.3)),
        ("data_centre", "university", {}, (2.2, 1.6, 1.3)),
        ("water", "primary", {"boarding": True}, (11.0, 8.0)),
        ("water", "primary", {"boarding": False}, (10.8, 6.8)),
        ("water", "university", {"boarding": True}, (50.0, 33.0)),
    ],
)
def test_a_cell_holds_what_the_standard_prints(indicator, kind, more, values) -> None:
    found = quota(ROWS, indicator, kind, **more)
    assert found is not None and found.values == values


@pytest.mark.parametrize(
    ("indicator", "kind", "more"),
    [
        ("heating", "kindergarten", {"heating": "gas"}),
        ("heating", "vocational", {"heating": "gas"}),
        ("heating", "university", {"heating": ""}),
        ("water", "secondary_day", {}),
        ("water", "vocational", {"boarding": True}),
        ("water", "kindergarten", {"boarding": True}),
        ("non_heating", "other", {}),
    ],
)
def test_a_cell_without_a_quota_says_so_and_borrows_none(indicator, kind, more) -> None:
    found = quota(ROWS, indicator, kind, **more)
    assert found is None
    assert standing(1.0, found).band is None and standing(1.0, found).words == NO_QUOTA


def test_every_row_is_complete_and_stands_once() -> None:
    places = [(row.indicator, row.type, row.heating, row.boarding) for row in ROWS]
    assert len(ROWS) > 50 and len(set(places)) == len(places)
    for row in ROWS:
        assert len(row.values) == len(row.standard.words) and row.clause
        assert list(row.values) == sorted(row.values, reverse=True)


@pytest.mark.parametrize(
    ("value", "band", "to_next"),
    [(16.6, "over", 0.1), (16.5, "limit", 6.5), (10.0, "base", 2.5), (7.51, "base", 0.01), (7.5, "guide", None)],
)
def test_a_value_on_a_line_has_reached_it(value, band, to_next) -> None:
    found = standing(value, quota(ROWS, "non_heating", "university"))
    assert found.band == band
    assert found.to_next == (None if to_next is None else pytest.approx(to_next))
    assert found.words is not None and found.words.zh and found.words.en


def test_the_words_of_one_standard_are_not_used_for_the_other() -> None:
    water = quota(ROWS, "water", "university")
    assert standing(60, water).words != standing(60, quota(ROWS, "non_heating", "university")).words
    assert [standing(v, water).band for v in (60, 50, 33)] == ["over", "general", "advanced"]


def test_what_is_missing_gives_no_band() -> None:
    assert standing(None, quota(ROWS, "water", "university")).band is None
    assert energy_users([People(Category.PUPIL, 100)], 2025) is None and energy_users([], 2025) is None
    assert standard_people([], "primary") is None


def test_people_are_counted_by_the_clauses() -> None:
    people = [
        People(Category.PUPIL, 1000, 195),
        People(Category.BOARDER, 200, 195),
        People(Category.STAFF, 100, 250),
        People(Category.FOREIGN, 10, 300),
        People(Category.CONTRACTOR, 40),
    ]
    assert energy_users(people, 2025) == pytest.approx((1200 * 195 + 100 * 250 + 10 * 300) / 365)
    assert energy_users(people, 2024) == pytest.approx((1200 * 195 + 100 * 250 + 10 * 300) / 366)
    assert standard_people(people, "secondary_boarding") == 1000 + 2 * 200 + 100 + 10
    assert standard_people(people, "university") == 1000 + 200 + 50 + 10


USERS_PRESENT = st.builds(People, st.sampled_from(sorted(USERS)), st.floats(0, 1e4), st.floats(0, 365))


@given(st.lists(USERS_PRESENT, min_size=1))
def test_no_one_is_present_more_than_all_year(people: list[People]) -> None:
    users = energy_users(people, 2025)
    assert users is not None and users <= sum(group.heads for group in people) * (1 + 1e-9)
