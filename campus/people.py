"""Who is at a school: heads by category and the days they are there, as quotas count them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from campus.said import Said


class Category(StrEnum):
    """What somebody is to the school (users.md, section 6, sheet 3)."""

    STAFF = "staff"
    TEMPORARY = "temporary"
    PUPIL = "pupil"
    BOARDER = "boarder"
    FOREIGN = "foreign"
    TRAINEE = "trainee"
    CONTRACTOR = "contractor"


NAMES: dict[str, Said] = {
    Category.STAFF: Said("在编教职工", "Staff"),
    Category.TEMPORARY: Said("编外人员", "Non-established staff"),
    Category.PUPIL: Said("走读生", "Day pupils"),
    Category.BOARDER: Said("住宿生", "Boarders"),
    Category.FOREIGN: Said("留学生", "Foreign students"),
    Category.TRAINEE: Said("培训学员", "Trainees"),
    Category.CONTRACTOR: Said("物业等外包人员", "Contractors' people"),
}
# Whom DB37/T 2671-2019, 6.7, names: staff, workers who are not, registered students, trainees. People of a
# contractor are the contractor's staff: counting them would make every school look better than the clause has it.
USERS = frozenset(set(Category) - {Category.CONTRACTOR})


@dataclass(frozen=True, slots=True)
class People:
    """How many people of a category there are on average, and the days of the year they are there (None: unknown).

    `year` is the calendar year it is of, None for any; `basis` the paper it stands in.
    """

    category: str
    heads: float
    days: float | None = None
    year: int | None = None
    basis: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """The people taken for a year; `of` is the year the rows are of, None where they are of no year in particular."""

    people: tuple[People, ...]
    of: int | None

    @property
    def heads(self) -> float | None:
        """How many heads a clause counts, whatever the days they are there; None without a row."""
        counted = [group.heads for group in self.people if group.category in USERS]
        return sum(counted) if counted else None


def of_year(people: tuple[People, ...], year: int) -> Counted:
    """Return the rows of a year; else those of the newest earlier year, else those of no year in particular."""
    years = {group.year for group in people if group.year is not None and group.year <= year}
    of = max(years, default=None)
    return Counted(tuple(group for group in people if group.year == of), of)
