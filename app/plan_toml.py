"""Plans and heating seasons in a school's TOML: their keys, how they are read, and what is wrong between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from itertools import combinations, pairwise
from typing import Any

from app.check_rows import Source
from app.toml_fields import (
    Field,
    Fields,
    Reader,
    Table,
    Wrong,
    day,
    matching,
    nearest,
    not_negative,
    one_of,
    several,
    text,
)
from app.toml_lines import Place
from campus.errors import Issue
from campus.plans import Keep, Plan, PlanKind
from campus.registry import Registry, Season
from campus.units import QUANTITIES

# No heating season lasts longer [days]: what does has a wrong year in it. Assumed.
LONGEST_SEASON_DAYS = 270
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_COUNTED = [key for key, quantity in QUANTITIES.items() if not quantity.gauge]

HEATING: Fields = {
    "first": Field(day, required=True),
    "last": Field(day, required=True),
    "document": Field(text, required=True),
}
KEEP: Fields = {
    "what": Field(text, required=True),
    "quantity": Field(one_of(_COUNTED, "quantity that is counted"), required=True),
    "rate": Field(not_negative, required=True),
    "building": Field(text),
    "meter": Field(text),
}


def _clock(value: Any) -> time | Wrong:
    if isinstance(value, time):
        return value
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    return (
        time(int(found[1]), int(found[2])) if found else Wrong('must be two local times such as ["23:00", "06:00"]')
    )


def _daily(value: Any) -> tuple[time, time] | Wrong:
    """Read from when to when of each day, over midnight where the second is not later."""
    both = several(_clock)(value)
    if isinstance(both, Wrong):
        return both
    if len(both) != 2 or both[0] == both[1]:
        return Wrong('must be two local times such as ["23:00", "06:00"]')
    return both[0], both[1]


def fields(at: Reader, media: tuple[str, ...]) -> Fields:
    """Return the keys of a [[plan]]; `at` reads an instant of the school."""
    return {
        "key": Field(matching(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "letters, digits and - _ ."), required=True),
        "kind": Field(one_of(PlanKind, "kind of plan"), required=True),
        "name": Field(text),
        "from": Field(at, "start", required=True),
        "to": Field(at, "end", required=True),
        "buildings": Field(several(text)),
        "media": Field(several(one_of(media, "medium"))),
        "meters": Field(several(text)),
        "daily": Field(_daily),
        "setback_c": Field(not_negative),
        "document": Field(text),
    }


def read(table: Table, keeps: list[Table]) -> Plan | None:
    """Return the plan of a table with its keep-on list, None where a part of either cannot be read."""
    if not table.complete or not all(keep.complete for keep in keeps):
        return None
    buildings = table.values.get("buildings", ())
    here = {"building": buildings[0]} if len(buildings) == 1 else {}
    kept = tuple(Keep(**here | keep.values) for keep in keeps)
    return Plan(**{**table.values, "kind": PlanKind(table.values["kind"])}, keep=kept)


def season(table: Table, place: Place) -> tuple[Season | None, list[Issue]]:
    """Return the heating season of a table, and what is wrong with its days."""
    if not table.complete:
        return None, []
    found = Season(**table.values)
    length = (found.last - found.first).days + 1
    if length < 1:
        return found, [place.at("last").issue(f"ends on {found.last}, before it begins on {found.first}")]
    if length > LONGEST_SEASON_DAYS:
        return found, [place.at("last").issue(f"lasts {length} days: one row is one winter")]
    return found, []


def issues(registry: Registry, source: Source) -> Iterator[Issue]:
    """Yield what is wrong with plans and seasons beside each other and beside the places they name."""
    rows = source.rows("heating")
    yield from _overlapping_seasons([(row, source.root.at("heating", n)) for n, row in enumerate(rows)])
    for plan in registry.plans:
        place = source.place("plan", plan.key)
        yield from _itself(plan, place, source)
        yield from _names(plan, source, place)
        for number, keep in enumerate(plan.keep):
            yield from _keep((registry, plan, keep), place.at("keep", number), source)
    yield from _closed_twice(registry, source)


def _closed_twice(registry: Registry, source: Source) -> Iterator[Issue]:
    """Yield plans that close the same place at one time: which of two keep-on lists holds, nobody could tell."""
    closed = [plan for plan in registry.plans if plan.kind is PlanKind.CLOSED]
    for one, two in combinations(closed, 2):
        together = one.start < two.end and two.start < one.end
        if together and _shared(one.buildings, two.buildings) and _shared(one.media, two.media):
            at = source.place("plan", two.key).at("from")
            yield at.issue(f"{two.key}: {one.key} closes the same place at that time: join them in one plan")


def _overlapping_seasons(rows: list[tuple[Mapping[str, Any], Place]]) -> Iterator[Issue]:
    known = [(row["first"], row["last"], place) for row, place in rows if _days(row)]
    for (_, last, _), (first, _, place) in pairwise(sorted(known, key=lambda each: each[0])):
        if first <= last:
            yield place.at("first").issue(f"begins on {first}, inside the season that lasts until {last}")


def _days(row: Mapping[str, Any]) -> bool:
    return all(isinstance(row.get(k), date) and not isinstance(row[k], datetime) for k in ("first", "last"))


def _shared(one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    """Whether two lists speak of the same; an empty one is all."""
    return not one or not two or bool(set(one) & set(two))


def _itself(plan: Plan, place: Place, source: Source) -> Iterator[Issue]:
    if plan.end <= plan.start:
        yield place.at("to").issue(
            f"{plan.key}: ends at {source.stamp(plan.end)}, not after it begins at {source.stamp(plan.start)}"
        )
    if plan.kind is PlanKind.LIGHTS_OUT and plan.daily is None:
        yield place.issue(f'{plan.key}: lights-out without hours: add daily = ["23:00", "06:00"]')
    if plan.kind is PlanKind.CLOSED and plan.daily is not None:
        yield place.at("daily").issue(f"{plan.key}: a closed building is closed all day: leave daily out")
    if plan.kind is not PlanKind.CLOSED and plan.keep:
        yield place.at("keep", 0).issue(
            f'{plan.key}: only a plan of kind "closed" keeps something on, not {plan.kind}'
        )
    if plan.kind is not PlanKind.CLOSED and plan.setback_c is not None:
        yield place.at("setback_c").issue(f'{plan.key}: only a plan of kind "closed" sets heating back')


def _names(plan: Plan, source: Source, place: Place) -> Iterator[Issue]:
    known = source.keys("building")
    for building in plan.buildings:
        if building not in known and not source.follows("building", building):
            yield place.at("buildings").issue(f"no [[building]] has the key {building!r}{nearest(building, known)}")

    if plan.meters and plan.kind is PlanKind.CLOSED:
        yield place.at("meters").issue(f"{plan.key}: what is closed is a building: leave meters out")
    every = source.keys("meter")
    for meter in plan.meters:
        if meter not in every and not source.follows("meter", meter):
            yield place.at("meters").issue(f"no [[meter]] has the key {meter!r}{nearest(meter, every)}")


def _keep(of: tuple[Registry, Plan, Keep], place: Place, source: Source) -> Iterator[Issue]:
    registry, plan, keep = of
    medium = QUANTITIES[keep.quantity].medium
    if plan.media and medium not in plan.media:
        yield place.at("quantity").issue(f"{plan.key} does not speak of {medium}: add it to media")
    inside = plan.buildings or tuple(registry.buildings)
    if keep.building and keep.building not in inside:
        yield place.at("building").issue(
            f"{plan.key} closes no building {keep.building!r}{nearest(keep.building, inside)}"
        )
    if not keep.building and len(plan.buildings) > 1:
        yield place.issue(f"{keep.what}: say in which of {', '.join(plan.buildings)} it stays on: building = …")
    if not keep.meter:
        return
    meter = registry.meters.get(keep.meter)
    if meter is None and not source.follows("meter", keep.meter):
        yield place.at("meter").issue(
            f"no [[meter]] has the key {keep.meter!r}{nearest(keep.meter, registry.meters)}"
        )
    elif meter is not None and meter.register(keep.quantity) is None:
        known = [register.quantity.key for register in meter.registers]
        yield place.at("meter").issue(
            f"{keep.meter} has no register of {keep.quantity}{nearest(keep.quantity, known)}"
        )
