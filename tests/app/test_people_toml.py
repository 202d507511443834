"""People, water plans and areas of a school's file: what is taken, and every mistake at its line."""

import pytest

from app.registry_toml import load_registry
from campus.people import Category, of_year
from campus.quotas import WaterPlan
from tests.app.registry_example import FORMATS, SCHOOL, only

PUPILS = '\n[[people]]\nkey = "p"\ncategory = "pupil"\nheads = 800\ndays = 195\n'
OLDER = '\n[[people]]\nkey = "old"\ncategory = "staff"\nheads = 90\nyear = 2025\n'
NEWER = OLDER.replace('"old"', '"new"').replace("90", "95").replace("2025", "2026")
PLAN = '\n[[water_plan]]\nquarter = "2026-Q3"\nm3 = 9800\ndocument = "节水办"\n'
BLOCK = '\n[[building]]\nkey = "b"\nname = "楼"\nclass = "canteen"\nfloor_area_m2 = 900\n'


def school(text: str):
    registry, issues = load_registry(text, "north.toml", FORMATS)
    assert issues == [] and registry is not None
    return registry.school


def test_people_and_plans_are_taken():
    read = school(SCHOOL + PUPILS + PLAN)
    (pupils,) = read.groups
    assert (pupils.category, pupils.heads, pupils.days, pupils.year) == (Category.PUPIL, 800, 195, None)
    assert read.water_plans == (WaterPlan(2026, 3, 9800, "节水办"),)
    assert read.people == 800  # heads where nobody says another number


def test_a_year_has_its_own_people_else_those_of_the_newest_earlier_year():
    groups = school(SCHOOL + PUPILS + OLDER + NEWER).groups
    taken = {year: of_year(groups, year) for year in (2024, 2025, 2026, 2027)}
    assert {year: (found.heads, found.of) for year, found in taken.items()} == {
        2024: (800, None),
        2025: (90, 2025),
        2026: (95, 2026),
        2027: (95, 2026),
    }
    assert of_year((), 2026).heads is None


@pytest.mark.parametrize(
    ("text", "part", "sentence"),
    [
        (PUPILS.replace('"pupil"', '"pupils"'), 'category = "pupils"', "did you mean 'pupil'?"),
        (PUPILS.replace("195", "400"), "days", "must not be above 366"),
        (PUPILS.replace("heads = 800\n", ""), "[[people]]", "has no 'heads': add it"),
        (PUPILS + PUPILS.replace('"pupil"', '"staff"'), None, "a second people has the key 'p'"),
        (PLAN.replace("2026-Q3", "2026-Q5"), "quarter", 'such as "2026-Q3"'),
        (BLOCK + "special_area_m2 = 950\n", "special_area_m2", "950 m² of a floor area of 900 m²"),
        (BLOCK.replace("floor_area_m2 = 900", "garage_area_m2 = 9"), "garage_area_m2", "add floor_area_m2"),
        (BLOCK + 'heating_type = "gass"\n', "heating_type", "did you mean 'gas'?"),
    ],
)
def test_a_mistake_is_shown_at_its_line(text, part, sentence):
    where = (part, 1) if part else ('key = "p"', 2)
    assert sentence in only(SCHOOL + text, *where)


def test_a_quarter_has_one_plan():
    assert "a second plan of 2026-Q3" in only(SCHOOL + PLAN + PLAN, "quarter", 2)


def test_boarders_need_a_school_that_boards():
    day = SCHOOL.replace("secondary_boarding", "primary").replace("boarding = true", "boarding = false")
    assert "boarding = true" in only(day + PUPILS.replace('"pupil"', '"boarder"'), "category")


def test_garages_are_a_part_of_the_school():
    assert "whole floor area" in only(SCHOOL + "floor_area_m2 = 900\ngarage_area_m2 = 900\n", "garage_area_m2")
