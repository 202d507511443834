"""From the tables [[people]] and [[water_plan]] of a school's TOML to who is there and what water it may take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.check_rows import Source
from app.toml_fields import LATEST, Table
from app.toml_lines import Place
from campus.errors import Issue
from campus.people import Category, People, of_year
from campus.quotas import BOARDING_TYPES, UNIVERSITIES, WaterPlan
from campus.registry import Registry

Rows = Iterable[tuple[Table, Place]]


def people(rows: Rows) -> tuple[People, ...]:
    """Return the groups of people whose tables are complete."""
    return tuple(People(**table.values) for table, _ in rows if table.complete)


def heads(groups: tuple[People, ...]) -> int | None:
    """Return how many people the newest rows come to, None without a row."""
    counted = of_year(groups, LATEST).heads
    return None if not counted else round(counted)


def plans(rows: Rows) -> tuple[tuple[WaterPlan, ...], list[Issue]]:
    """Return the water plans, one a quarter, and a problem for every second one of a quarter."""
    found: dict[tuple[int, int], WaterPlan] = {}
    issues = []
    for table, place in rows:
        if not table.complete:
            continue
        year, number = table.values["quarter"]
        if (year, number) in found:
            issues.append(place.at("quarter").issue(f"a second plan of {year}-Q{number}: a quarter has one"))
        found[year, number] = WaterPlan(year, number, table.values["m3"], table.values.get("document", ""))
    return tuple(found.values()), issues


def issues(registry: Registry, source: Source) -> Iterator[Issue]:
    """Yield what does not fit together of people and areas."""
    school = registry.school
    boards = school.boarding or school.type in (BOARDING_TYPES | UNIVERSITIES)
    for group in school.groups:
        if group.category == Category.BOARDER and group.heads and not boards:
            place = source.place("people", group.key).at("category")
            yield place.issue("boarders, but [school] does not say boarding = true: quotas differ by it")
    area = school.floor_area_m2
    if area is not None and school.garage_area_m2 >= area:
        yield source.root.at("school", "garage_area_m2").issue(f"garages fill the whole floor area of {area:g} m²")
    yield from _buildings(registry, source)


def _buildings(registry: Registry, source: Source) -> Iterator[Issue]:
    for building in registry.buildings.values():
        apart: Mapping[str, Any] = {
            "garage_area_m2": building.garage_area_m2,
            "special_area_m2": building.special_area_m2,
        }
        named = [key for key, area in apart.items() if area]
        if not named:
            continue
        place = source.place("building", building.key).at(named[-1])
        if building.floor_area_m2 is None:
            yield place.issue(f"{building.key}: a part of a floor area that is not there: add floor_area_m2")
        elif sum(apart.values()) > building.floor_area_m2:
            parts = " + ".join(f"{apart[key]:g}" for key in named)
            yield place.issue(f"{building.key}: {parts} m² of a floor area of {building.floor_area_m2:g} m²")
