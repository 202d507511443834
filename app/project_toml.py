"""Projects in a school's TOML: their keys, how they are read, and what is wrong between them and the meters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from app.check_rows import Source
from app.toml_fields import (
    Field,
    Fields,
    Table,
    day,
    matching,
    nearest,
    not_negative,
    number,
    one_of,
    positive,
    several,
    text,
)
from app.toml_lines import Place
from campus.errors import Issue
from campus.projects import Contract, Measure, NonRoutine, Project
from campus.registry import Meter, Registry
from campus.said import both
from campus.units import QUANTITIES

_COUNTED = [key for key, quantity in QUANTITIES.items() if not quantity.gauge]
Pair = tuple[str, str]  # meter, quantity

PROJECT: Fields = {
    "key": Field(matching(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "letters, digits and - _ ."), required=True),
    "name": Field(text, required=True),
    "name_en": Field(text),
    "measure": Field(one_of(Measure, "measure"), required=True),
    "meters": Field(several(text), required=True),
    "started": Field(day, required=True),
    "finished": Field(day),
    "baselines": Field(several(matching(r"[0-9a-f]{16}", "the id of a baseline: `campus baseline list`"))),
    "contract": Field(one_of(Contract, "contract")),
    "expected_per_year": Field(positive),
    "investment_yuan": Field(not_negative),
    "subsidy_yuan": Field(not_negative),
    "document": Field(text),
}
ADJUSTMENT: Fields = {
    "quantity": Field(one_of(_COUNTED, "quantity that is counted")),
    "from": Field(day, "first", required=True),
    "until": Field(day),
    "per_day": Field(number, required=True),
    "reason": Field(text, required=True),
    "by": Field(text, required=True),
    "document": Field(text),
}


def pair(word: str, meters: Mapping[str, Meter]) -> Pair | None:
    """Return the register that a word names, KEY (its first counter) or KEY.quantity; None where it names none."""
    key, _, quantity = (word, "", "") if word in meters else word.rpartition(".")
    meter = meters.get(key)
    counters = [] if meter is None else [r.quantity.key for r in meter.registers if not r.quantity.gauge]
    if quantity:
        return (key, quantity) if quantity in counters else None
    return (key, counters[0]) if counters else None


def read(table: Table, adjustments: list[Table], meters: Mapping[str, Meter]) -> Project | None:
    """Return the project of a table, its meters those that are known; None where a part of it cannot be read."""
    if not table.complete or not all(one.complete for one in adjustments):
        return None
    values = {"finished": None, "name_en": table.values["name"]} | table.values
    pairs = tuple(found for word in values["meters"] if (found := pair(word, meters)) is not None)
    only = pairs[0][1] if len({quantity for _, quantity in pairs}) == 1 else ""
    words = {"measure": Measure(values["measure"]), "contract": Contract(values.get("contract", Contract.OWN))}
    changes = tuple(_adjustment(one.values, only) for one in adjustments)
    return Project(**{**values, **words, "meters": pairs, "adjustments": changes})


def _adjustment(values: Mapping[str, Any], only: str) -> NonRoutine:
    return NonRoutine(**{"quantity": only, "until": None, **values, "reason": both(values["reason"])})


def issues(registry: Registry, source: Source) -> Iterator[Issue]:
    """Yield what is wrong with the projects beside the meters they name."""
    for project in registry.projects:
        place = source.place("project", project.key)
        yield from _words(registry, source, (project, place))
        yield from _within(registry, project, place)
        if project.finished is not None and project.finished < project.started:
            at = place.at("finished")
            yield at.issue(f"{project.key}: finished on {project.finished}, before it started on {project.started}")
        for position, change in enumerate(project.adjustments):
            yield from _change(project, change, place.at("adjustment", position))


def _words(registry: Registry, source: Source, of: tuple[Project, Place]) -> Iterator[Issue]:
    project, place = of
    row = next(row for row in source.rows("project") if row.get("key") == project.key)
    seen: set[Pair] = set()
    for word in row["meters"]:
        found = pair(word, registry.meters)
        if found is None and _follows(registry, source, word):
            continue
        if found is None:
            yield place.at("meters").issue(f"{project.key}: {_unknown(word, registry.meters)}")
        elif found in seen:
            yield place.at("meters").issue(f"{project.key}: {word!r} stands there twice")
        else:
            seen.add(found)


def _follows(registry: Registry, source: Source, word: str) -> bool:
    """Whether a word names no register only since its meter's own row has a problem."""
    keys = {word, word.rpartition(".")[0] or word}
    return not keys & registry.meters.keys() and any(source.follows("meter", key) for key in keys)


def _unknown(word: str, meters: Mapping[str, Meter]) -> str:
    key, dot, quantity = word.rpartition(".")
    if dot and key in meters:
        known = [r.quantity.key for r in meters[key].registers if not r.quantity.gauge]
        return f"{key} has no counter of {quantity}{nearest(quantity, known)}"
    if word in meters:
        return f"{word} counts nothing: a project needs a meter of use"
    return f"no [[meter]] has the key {word!r}{nearest(word, meters)}"


def _within(registry: Registry, project: Project, place: Place) -> Iterator[Issue]:
    """Yield meters whose use another meter of the project measures too: it would be saved twice."""
    begin = datetime(project.started.year, project.started.month, project.started.day, tzinfo=UTC)
    for key, quantity in project.meters:
        others = {other for other, of in project.meters if of == quantity and other != key}
        for above in others.intersection(_above(registry.at(begin), key)):
            text = f"{project.key}: {above} measures what {key} measures too: name one of them, or it counts twice"
            yield place.at("meters").issue(text)


def _above(meters: Mapping[str, Meter], key: str) -> Iterator[str]:
    seen = {key}
    while key in meters and (key := meters[key].parent) and key not in seen:
        seen.add(key)
        yield key


def _change(project: Project, change: NonRoutine, place: Place) -> Iterator[Issue]:
    if change.until is not None and change.until <= change.first:
        yield place.at("until").issue(f"{project.key}: ends on {change.until}, not after {change.first}")
    if change.per_day == 0:
        yield place.at("per_day").issue(f"{project.key}: 0 a day changes nothing: leave the adjustment out")
    if not change.quantity and project.quantities:
        named = " or ".join(project.quantities)
        yield place.issue(f"{project.key}: say of which quantity, since its meters count several: {named}")
    elif change.quantity and project.quantities and change.quantity not in project.quantities:
        known = nearest(change.quantity, project.quantities)
        yield place.at("quantity").issue(f"{project.key}: none of its meters counts {change.quantity}{known}")
