"""Like schools, and like buildings, side by side by their stored yearly figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from analytics.boundary import GAS
from analytics.metering_level import Level, level
from analytics.ranking import Entry, Peers, ranked
from app import quota_names, workbook_words
from campus import calendar
from campus.ports import Store
from campus.registry import Building, Registry
from campus.said import Said
from campus.schema import FIGURE, SCHOOL_SUBJECT, YEAR, SeriesId, building_subject


@dataclass(frozen=True, slots=True)
class By:
    """What is ranked by: the stored figure, its unit and its name; `quantity` is empty for all energy."""

    figure: str
    unit: str
    name: Said
    quantity: str = ""


SCHOOLS_BY: Mapping[str, By] = {
    "area": By("intensity/per_area", "kgce/m²", Said("单位面积综合能耗", "energy per area")),
    "person": By("intensity/per_person", "kgce/人", Said("人均综合能耗（P，按在校天数）", "energy per person P")),
    "head": By("intensity/per_head", "kgce/人", Said("人均综合能耗（按人头）", "energy per head")),
    "water": By("intensity/water", "m³/人", Said("标准人均用水", "water per standard person"), "water"),
}
BUILDINGS_BY: Mapping[str, By] = {
    "electricity": By(
        "intensity/electricity_area", "kWh/m²", Said("单位面积用电", "electricity per area"), "electricity"
    ),
    "heat": By("intensity/heat_area", "GJ/m²", Said("单位面积用热", "heat per area"), "heat"),
    "water": By("intensity/water_head", "m³/人", Said("人均用水", "water per head"), "water"),
}
_CLASSES = {word.key: Said(word.zh, word.en) for word in workbook_words.CLASSES}


@dataclass(frozen=True, slots=True)
class Home:
    """A school with its store."""

    registry: Registry
    store: Store


def schools(homes: Mapping[str, Home], by: By, year: int) -> list[Peers]:
    """Return the schools by type and way of heating, each group in the order of its values."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for home in homes.values():
        school = home.registry.school
        value, coverage = _figure(home, SCHOOL_SUBJECT, by, year)
        name = Said(school.name, school.name_en or school.name)
        entry = Entry(school.key, name, value, coverage, _level(home.registry, SCHOOL_SUBJECT, by, year))
        # Water knows no heating.
        way = "" if by.quantity == "water" else school.heating_type
        groups.setdefault((school.type, way), []).append(entry)
    return [ranked(_kind(*group), entries) for group, entries in sorted(groups.items())]


def buildings(homes: Mapping[str, Home], by: By, year: int) -> list[Peers]:
    """Return the buildings with a meter of their own by class, each class in the order of its values."""
    groups: dict[str, list[Entry]] = {}
    for home in homes.values():
        for building in home.registry.buildings.values():
            subject = building_subject(building.key)
            metered = _level(home.registry, subject, by, year)
            if metered is None:
                continue
            value, coverage = _figure(home, subject, by, year)
            key = f"{home.registry.school.key}/{building.key}"
            entry = Entry(key, _called(home.registry, building, len(homes)), value, coverage, metered)
            groups.setdefault(building.kind, []).append(entry)
    return [ranked(_CLASSES.get(kind, Said(kind, kind)), entries) for kind, entries in sorted(groups.items())]


def _called(registry: Registry, building: Building, schools: int) -> Said:
    name = Said(building.name or building.key, building.name_en or building.name or building.key)
    if schools == 1:
        return name
    school = registry.school
    return Said(f"{school.name} {name.zh}", f"{school.name_en or school.name}, {name.en}")


def _kind(school_type: str, way: str) -> Said:
    kind = quota_names.TYPES[school_type]
    heated = quota_names.WAYS.get(way)
    return kind if heated is None else Said(f"{kind.zh}·{heated.zh}", f"{kind.en}, {heated.en}")


def _figure(home: Home, subject: str, by: By, year: int) -> tuple[float | None, float]:
    zone = home.registry.school.timezone
    window = calendar.midnight(date(year, 1, 1), zone), calendar.midnight(date(year + 1, 1, 1), zone)
    series = SeriesId(FIGURE, subject, by.figure, YEAR)
    rows = home.store.series([series], *window)[series]
    return (float(rows.value[0]), float(rows.fields["coverage"][0])) if len(rows) else (None, 0.0)


def _level(registry: Registry, subject: str, by: By, year: int) -> Level | None:
    """Return how finely it was metered when the year ended; of all energy the coarsest of its meters."""
    end = calendar.midnight(date(year, 12, 31), registry.school.timezone)
    quantities = (by.quantity,) if by.quantity else ("electricity", *GAS, "heat")
    found = [level(registry, subject, quantity, end) for quantity in quantities]
    return min((one for one in found if one is not None), default=None)
