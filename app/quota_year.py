"""A school's year against the quotas, from its stored days and what its registry says of people and areas."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from analytics import heating_season
from analytics.indicator_days import over
from analytics.indicator_terms import CONVENTIONAL, DATA, HEATING, IT, PER_PERSON, WATER, Sum
from analytics.indicators import NOT_OVER, Indicator, Made, indicator
from analytics.series import nothing
from app import quota_table
from app.quota_divisors import Counting, divisors, heads, quota_of, whole_area
from app.quota_table import Days
from campus import people
from campus.ports import Store
from campus.registry import Registry, School, Season
from campus.said import Said

# Years read beside the one asked for: two to look ahead by, and what a forecast of them rested on.
YEARS_BEFORE = 3
# Days read after its end: the season that begins in it.
DAYS_AFTER = 182


@dataclass(frozen=True, slots=True)
class YearQuota:
    """A school's year against the quotas.

    `per_head` is energy per person by heads, beside the official one, `per_area` all energy over all the area.
    `heating_year` and `heating_season` [kgce] are the two figures of heat: of the calendar year (for non-heating
    energy) and of `season` (for table 2), each with the reasons where it is not known. `days` is what it was all
    made from.
    """

    school: School
    year: int
    over: bool
    indicators: tuple[Indicator, ...]
    per_head: Indicator
    per_area: Indicator
    heating_year: Made
    heating_season: Made
    season: Season | None
    people: people.Counted
    remarks: tuple[Said, ...]
    days: Days

    def of(self, key: str) -> Indicator | None:
        """Return an indicator by its key."""
        return next((found for found in self.indicators if found.key == key), None)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which year is asked about, and the local day before which everything is known (as far as it ever was)."""

    year: int
    until: date
    season: Season | None

    @property
    def over(self) -> bool:
        """Whether the year has passed."""
        return self.until > date(self.year, 12, 31)

    @property
    def last(self) -> date:
        """The last day of the year that has passed; the first one where none has."""
        return min(date(self.year, 12, 31), max(self.until - timedelta(days=1), date(self.year, 1, 1)))


def read(store: Store, registry: Registry, year: int) -> Days:
    """Read the days a year's indicators and outlooks are made from."""
    end = date(year + 1, 1, 1) + timedelta(days=DAYS_AFTER)
    return quota_table.read(store, registry, date(year - YEARS_BEFORE, 1, 1), end)


def reckon(days: Days, year: int, until: date) -> YearQuota:
    """Return a school's year as its days tell it before the local day `until`."""
    school = days.school
    asked = Asked(year, until, heating_season.season_of(school, year))
    within = days.at(days.row(asked.last)).within
    counted = people.of_year(school.groups, year)
    of = Counting(year, within, counted, _amount(made(days, IT, asked)))
    found = tuple(
        indicator(key, made(days, key, asked), divisor, quota_of(school, key))
        for key, divisor in divisors(school, of)
    )
    return YearQuota(
        school=school,
        year=year,
        over=asked.over,
        indicators=found,
        per_head=indicator(
            PER_PERSON, made(days, PER_PERSON, asked), heads(school, counted), quota_of(school, PER_PERSON)
        ),
        per_area=indicator("per_area", made(days, PER_PERSON, asked), whole_area(within), None),
        heating_year=_made(days, HEATING, asked, rows_of_year(days, year)),
        heating_season=made(days, HEATING, asked),
        season=asked.season,
        people=counted,
        remarks=within.remarks,
        days=days,
    )


def made(days: Days, key: str, asked: Asked) -> Made:
    """Return what an indicator sums over its year, or, for heating, over its season."""
    if not key.startswith(HEATING):
        return _made(days, key, asked, rows_of_year(days, asked.year))
    if asked.season is None:
        said = Said(
            f"没有登记 {asked.year} 年对应的采暖期（[[heating]]）", f"no heating season of {asked.year} ([[heating]])"
        )
        return Made(nothing(1), unit_of(key), (), (said,))
    return _made(days, key, asked, rows_of_season(days, asked.season))


def _made(days: Days, key: str, asked: Asked, rows: tuple[int, int]) -> Made:
    newest = days.at(days.row(asked.last)).of.get(key)
    if newest is None:
        return Made(nothing(1), unit_of(key), ())
    winters = () if rows == _season_rows(days, asked) else _winters(days.school, newest, asked.year)
    lacking = [*newest.lacking, *winters]
    if lacking:
        return Made(nothing(1), unit_of(key), newest.terms, tuple(lacking))
    ended = days.row(asked.until) >= rows[1]
    use = over(days.daily(key), days.table, rows)
    return Made(use, unit_of(key), newest.terms, () if ended else (NOT_OVER,))


def _winters(school: School, of: Sum, year: int) -> Iterator[Said]:
    """Yield what is lacking of a year's winters for what tells heated days from others."""
    if any(term.heated for term in of.terms) and not heating_season.told(school, year):
        yield Said(
            f"{year} 年头尾的两个采暖期没有都登记（[[heating]]）",
            f"the two heating seasons {year} touches are not both entered ([[heating]])",
        )


def _season_rows(days: Days, asked: Asked) -> tuple[int, int] | None:
    return None if asked.season is None else rows_of_season(days, asked.season)


def rows_of_year(days: Days, year: int) -> tuple[int, int]:
    """Return the rows [first, end) of a calendar year."""
    return days.row(date(year, 1, 1)), days.row(date(year + 1, 1, 1))


def rows_of_season(days: Days, season: Season) -> tuple[int, int]:
    """Return the rows [first, end) of a heating season, its last day included."""
    return days.row(season.first), days.row(season.last + timedelta(days=1))


def unit_of(key: str) -> str:
    """Return the unit of what an indicator sums."""
    return "m³" if key == WATER else "kWh" if key in (CONVENTIONAL, DATA, IT) else "kgce"


def _amount(of: Made) -> float | None:
    value = float(of.use.value[0])
    return None if of.lacking or math.isnan(value) else value
