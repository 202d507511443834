"""What of a school a quota looks at: special systems, what reckons by itself, ways of heating, and the areas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from campus.registry import Building, Meter, Registry
from campus.said import Said
from campus.schema import SCHOOL_SUBJECT, building_subject, meter_subject

GAS = ("gas", "gas_energy")
# Sub-item codes (分项) that are special systems: 01D, but for pools and gyms, which count in full unless they take
# money and are metered apart (DB37/T 2671-2019, 3.4 and 5.1.3). Which of D2 and D3 is kitchen and which laundry
# differs between systems; both are special.
_SPECIAL, _ORDINARY = "01D", ("01D4", "01D5")
_COOLING, _HEATING_PUMPS = "01B", "01B1E"
DATA_CENTRE, IT_EQUIPMENT = "01D1", "01D1A"

Place = tuple[str, str]  # a figure's subject and quantity


@dataclass(frozen=True, slots=True)
class Boundary:
    """A school's parts at one instant, as the quotas tell them apart, each by the series that measure it.

    `heating` are those of each way of heating there is; of one that nothing measures there are none. `area_m2` is
    what the energy within the quota is divided by, `whole_m2` the same with special areas, `heated_m2` the heated
    area of each way of heating; None where a needed area is not known. `remarks` say what could not be set apart.
    """

    special: tuple[Place, ...]
    independent: tuple[Place, ...]
    heating: dict[str, tuple[Place, ...]]
    heat_bought: bool
    area_m2: float | None
    whole_m2: float | None
    heated_m2: dict[str, float | None]
    remarks: tuple[Said, ...]


def boundary(registry: Registry, time: datetime) -> Boundary:
    """Return what of the school a quota looks at, at an instant."""
    remarks: list[Said] = []
    special = {b.key: _special_of(registry, b, time) for b in registry.buildings.values() if b.special_area_m2}
    apart = {b.key: _all_of(registry, b, time) for b in registry.buildings.values() if b.independent}
    for key, places in (special | apart).items():
        if not places:
            remarks.append(_not_metered(registry.buildings[key], key in apart))
    bought = heat_bought(registry, time)
    ways = _ways(registry)
    return Boundary(
        special=tuple(place for key, places in special.items() if key not in apart for place in places),
        independent=tuple(place for places in apart.values() for place in places if bought or place[1] != "heat"),
        heating={way: tuple(_heating_of(registry, way, time)) for way in ways},
        heat_bought=bought,
        area_m2=_area(registry, {k for k, v in special.items() if v}, {k for k, v in apart.items() if v}),
        whole_m2=_area(registry, set(), {k for k, v in apart.items() if v}),
        heated_m2={way: _heated(registry, way, {k for k, v in apart.items() if v}) for way in ways},
        remarks=tuple(remarks),
    )


def heat_bought(registry: Registry, time: datetime) -> bool:
    """Whether the school's heat is billed by a supplier; else it is made of fuel that counts already."""
    return any(meter.account in registry.accounts for meter in registry.leaves(SCHOOL_SUBJECT, "heat", time))


def of_item(registry: Registry, item: str, time: datetime) -> list[Meter]:
    """Return the electricity meters of a sub-item, none below another of them."""
    return _topmost(registry, [m for m in _electric(registry, time) if m.item.startswith(item)], time)


def _electric(registry: Registry, time: datetime) -> list[Meter]:
    return [m for m in registry.at(time).values() if m.register("electricity") is not None]


def _topmost(registry: Registry, meters: list[Meter], time: datetime) -> list[Meter]:
    keys, now = {meter.key for meter in meters}, registry.at(time)

    def above(meter: Meter) -> Iterator[str]:
        seen = {meter.key}
        while (parent := now.get(meter.parent)) is not None and parent.key not in seen:
            seen.add(parent.key)
            yield parent.key
            meter = parent

    return [meter for meter in meters if keys.isdisjoint(above(meter))]


def _special_of(registry: Registry, building: Building, time: datetime) -> tuple[Place, ...]:
    """Return what measures a building's special systems: sub-items of electricity, and a canteen's gas."""
    meters = [
        m
        for m in _electric(registry, time)
        if m.building == building.key and m.item.startswith(_SPECIAL) and not m.item.startswith(_ORDINARY)
    ]
    found: list[Place] = [(meter_subject(m.key), "electricity") for m in _topmost(registry, meters, time)]
    if building.kind == "canteen":
        found += _measured(registry, building, GAS, time)
    return tuple(found)


def _all_of(registry: Registry, building: Building, time: datetime) -> tuple[Place, ...]:
    """Return what measures a building that reckons by itself; nothing where its electricity is not metered apart."""
    found = _measured(registry, building, ("electricity", *GAS, "heat", "water"), time)
    return tuple(found) if any(quantity == "electricity" for _, quantity in found) else ()


def _measured(registry: Registry, building: Building, quantities: tuple[str, ...], time: datetime) -> list[Place]:
    subject = building_subject(building.key)
    return [(subject, quantity) for quantity in quantities if registry.leaves(subject, quantity, time)]


def _ways(registry: Registry) -> tuple[str, ...]:
    """Return the ways the school heats, the school's own first; a heated building may have its own."""
    own = registry.school.heating_type
    rest = {b.heating_type for b in registry.buildings.values() if b.heating_type} - {own}
    return tuple(way for way in (own, *sorted(rest)) if way)


def _heating_of(registry: Registry, way: str, time: datetime) -> Iterator[Place]:
    """Yield what measures a way of heating; own coal is weighed, not metered.

    Heating pumps (B1E) are no heating energy (DB37/T 2671-2019, 3.4): not among what air conditioning uses.
    """
    if way == "gas":
        for building in registry.buildings.values():
            if building.kind == "boiler_room":
                yield from _measured(registry, building, GAS, time)
    elif way in ("district", "district_area") and heat_bought(registry, time):
        yield SCHOOL_SUBJECT, "heat"
    elif way == "air_conditioning":
        meters = [m for m in _electric(registry, time) if m.item.startswith(_COOLING)]
        ours = [m for m in meters if not m.item.startswith(_HEATING_PUMPS)]
        yield from ((meter_subject(m.key), "electricity") for m in _topmost(registry, ours, time))


def _area(registry: Registry, special: set[str], apart: set[str]) -> float | None:
    """Return M [m²]: the floor area less garages (5.2.3), special areas (5.4) and what reckons by itself (5.1.3)."""
    school, buildings = registry.school, registry.buildings
    whole = _sum(b.floor_area_m2 for b in buildings.values())
    area = school.floor_area_m2 if school.floor_area_m2 is not None else whole
    gone = _sum(buildings[key].floor_area_m2 for key in apart)
    if area is None or gone is None:
        return None
    inside = [b for b in buildings.values() if b.key not in apart]
    garages = school.garage_area_m2 or sum(b.garage_area_m2 for b in inside)
    return area - gone - garages - sum(b.special_area_m2 for b in inside if b.key in special)


def _heated(registry: Registry, way: str, apart: set[str]) -> float | None:
    """Return the area a way heats [m²]: the school's own number where it has one way, else by its buildings."""
    school, ways = registry.school, _ways(registry)
    inside = [b for b in registry.buildings.values() if b.key not in apart]
    if len(ways) == 1 and school.heated_area_m2 is not None:
        gone = _sum(registry.buildings[key].heated_area_m2 for key in apart)
        return None if gone is None else school.heated_area_m2 - gone
    areas = [b.heated_area_m2 for b in inside if (b.heating_type or school.heating_type) == way]
    known = [area for area in areas if area is not None]
    return sum(known) if known else None


def _sum(areas: Iterator[float | None]) -> float | None:
    listed = list(areas)
    return None if None in listed else float(sum(area for area in listed if area is not None))


def _not_metered(building: Building, independent: bool) -> Said:
    name, name_en = building.name or building.key, building.name_en or building.name
    if independent:
        return Said(
            f"{name}自行核算，但没有分表，未剔除", f"{name_en} reckons by itself but is not metered apart: it counts"
        )
    return Said(
        f"{name}的特殊系统没有分表，能耗与面积都未剔除",
        f"{name_en}: its special systems are not metered apart, so neither their energy nor their area is left out",
    )
