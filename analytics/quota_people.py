"""How many people a quota counts: P of the energy quota and N of the water quota."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from campus.people import USERS, Category, People
from campus.quotas import UNIVERSITIES

# Weights of the water quota by category (DB37/T 4452-2021, 标准人数): a university counts its staff half, a school
# its boarders double. Trainees and a contractor's people are not named there.
_SCHOOL = {
    Category.PUPIL: 1.0,
    Category.FOREIGN: 1.0,
    Category.BOARDER: 2.0,
    Category.STAFF: 1.0,
    Category.TEMPORARY: 1.0,
}
_UNIVERSITY = _SCHOOL | {Category.BOARDER: 1.0, Category.STAFF: 0.5, Category.TEMPORARY: 0.5}


def days_of_year(year: int) -> int:
    """Return how many days a calendar year has."""
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def energy_users(people: Iterable[People], year: int) -> float | None:
    """Return P [persons], each head weighted by the share of the year's days present (DB37/T 2671-2019, 6.7).

    None without people, or where the days of some are not known.
    """
    users = [group for group in people if group.category in USERS]
    if not users or any(group.days is None for group in users):
        return None
    return sum(group.heads * (group.days or 0.0) for group in users) / days_of_year(year)


def standard_people(people: Iterable[People], school_type: str) -> float | None:
    """Return the standard persons N of the water quota, None without people.

    University: full-time + foreign students + half the staff; school: day pupils + 2 × boarders + staff.
    """
    of = weights(school_type)
    listed = [group for group in people if group.category in of]
    return sum(group.heads * of[Category(group.category)] for group in listed) if listed else None


def weights(school_type: str) -> dict[Category, float]:
    """Return how often each category counts in N."""
    return _UNIVERSITY if school_type in UNIVERSITIES else _SCHOOL
