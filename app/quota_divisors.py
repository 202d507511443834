"""What a school's indicators are divided by in a year, and the quota each is held against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analytics.boundary import Boundary
from analytics.indicator_terms import CONVENTIONAL, DATA, HEATING, NON_HEATING, PER_PERSON, WATER
from analytics.indicators import Divisor
from analytics.quota_people import energy_users, standard_people
from campus import quotas
from campus.people import Counted
from campus.quotas import BOARDING_TYPES, HEATING_COLUMN, Quota
from campus.registry import School
from campus.said import Said

AREA = Said("建筑面积（不含车库与特殊区域）", "floor area without garages and special areas")
WHOLE_AREA = Said("建筑面积（不含车库）", "floor area without garages")
HEATED = Said("采暖面积", "heated area")
USERS = Said("用能人数 P（按在校天数 φ，6.7）", "persons P (by days present φ, 6.7)")
STANDARD = Said("标准人数 N", "standard persons N")
HEADS = Said("人头数", "heads")
IT_KWH = Said("IT 设备用电", "electricity of the IT equipment")
_NO_AREA = Said("缺建筑面积（floor_area_m2）", "no floor area (floor_area_m2)")
_NO_HEATED = Said("缺采暖面积（heated_area_m2）", "no heated area (heated_area_m2)")
_NO_DAYS = Said("缺各类人员的在校天数（[[people]] 的 days）", "days present are lacking ([[people]], days)")
_NO_PEOPLE = Said("缺人员分类（[[people]]）", "no people by category ([[people]])")
_NO_IT = Said("IT 设备用电未知", "the electricity of the IT equipment is unknown")


@dataclass(frozen=True, slots=True)
class Counting:
    """Who and what is divided by in a year: the school's boundary, its people, and the IT equipment's use [kWh]."""

    year: int
    within: Boundary
    people: Counted
    it_kwh: float | None


def divisors(school: School, of: Counting) -> Iterator[tuple[str, Divisor]]:
    """Yield every indicator with what it is divided by; heating once for each way there is."""
    area = Divisor(of.within.area_m2, "m²", AREA, _NO_AREA)
    yield NON_HEATING, area
    for way, heated_m2 in of.within.heated_m2.items():
        yield f"{HEATING}/{way}", Divisor(heated_m2, "m²", HEATED, _NO_HEATED)
    lacking = _NO_DAYS if of.people.people else _NO_PEOPLE
    yield PER_PERSON, Divisor(energy_users(of.people.people, of.year), "人", USERS, lacking)
    yield CONVENTIONAL, area
    yield DATA, Divisor(of.it_kwh, "kWh", IT_KWH, _NO_IT)
    yield WATER, Divisor(standard_people(of.people.people, school.type), "人", STANDARD, _NO_PEOPLE)


def whole_area(within: Boundary) -> Divisor:
    """Return the floor area with special areas, for energy that holds them."""
    return Divisor(within.whole_m2, "m²", WHOLE_AREA, _NO_AREA)


def heads(school: School, of: Counted) -> Divisor:
    """Return the heads, which stand beside the official P."""
    return Divisor(of.heads or school.people, "人", HEADS, _NO_PEOPLE)


def quota_of(school: School, key: str) -> Quota | None:
    """Return the quota of an indicator for a school, None where the standards have none."""
    kind, _, way = key.partition("/")
    boarding = school.boarding or school.type in BOARDING_TYPES
    column = HEATING_COLUMN.get(way, "")
    return quotas.quota(quotas.shipped(), kind, school.type, boarding=boarding, heating=column)
