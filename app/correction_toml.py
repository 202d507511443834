"""Corrections in a school's TOML: the keys of [[meter.correction]], how they are read, what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from app.check_rows import Source
from app.toml_fields import Field, Fields, Reader, Table, day, matching, nearest, not_negative, one_of, text
from app.toml_lines import Place
from campus.corrections import Correction, Kind, standing
from campus.errors import Issue
from campus.registry import Meter, Registry
from campus.units import QUANTITIES

_SIGNED = {"by": "withdrawn_by", "on": "withdrawn_on", "reason": "withdrawn_reason"}
# Which keys each kind is told by, and which more it may have.
_KEYS: Mapping[Kind, tuple[frozenset[str], frozenset[str]]] = {
    Kind.USE: (frozenset({"from", "until", "value"}), frozenset()),
    Kind.SCALE: (frozenset({"from", "until", "value"}), frozenset()),
    Kind.VOID: (frozenset({"from", "until"}), frozenset()),
    Kind.READING: (frozenset({"at"}), frozenset({"value"})),
}


def fields(at: Reader) -> Fields:
    """Return the keys of a [[meter.correction]]; `at` reads an instant of the school."""
    return {
        "id": Field(matching(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "letters, digits and - _ ."), required=True),
        "kind": Field(one_of(Kind, "kind of correction"), required=True),
        "quantity": Field(one_of(QUANTITIES, "quantity")),
        "from": Field(at, "start"),
        "until": Field(at, "end"),
        "at": Field(at),
        "value": Field(not_negative),
        "by": Field(text, required=True),
        "on": Field(day, required=True),
        "reason": Field(text, required=True),
        "withdrawn_by": Field(text),
        "withdrawn_on": Field(day),
        "withdrawn_reason": Field(text),
    }


def read(table: Table, raw: Mapping[str, Any], place: Place, quantity: str) -> tuple[Correction | None, list[Issue]]:
    """Return the correction of a table, of the meter's first `quantity` unless it names one, and what is wrong."""
    values = {"quantity": quantity, **table.values}
    kind = values.get("kind")
    issues = [] if kind is None else [*_kind_issues(Kind(kind), raw, place), *_withdrawal_issues(raw, place)]
    at = values.pop("at", None)
    if kind == Kind.READING and at is not None:
        values |= {"start": at, "end": at}
    if issues or not table.complete or "start" not in values or "end" not in values:
        return None, issues
    return Correction(**{**values, "kind": Kind(values["kind"])}), issues


def _kind_issues(kind: Kind, raw: Mapping[str, Any], place: Place) -> Iterator[Issue]:
    needed, allowed = _KEYS[kind]
    for key in sorted(needed - set(raw)):
        yield place.issue(f'[meter.correction] of kind "{kind}" has no {key!r}: add it')
    for key in sorted(({"from", "until", "at", "value"} & set(raw)) - needed - allowed):
        yield place.at(key).issue(f'a correction of kind "{kind}" has no {key!r}: leave it out')
    if kind is Kind.SCALE and raw.get("value") == 0:
        yield place.at("value").issue("value = 0 would make all use nothing: what is not to be believed is void")


def _withdrawal_issues(raw: Mapping[str, Any], place: Place) -> Iterator[Issue]:
    said = [key for key in _SIGNED.values() if key in raw]
    for key in _SIGNED.values():
        if said and key not in raw:
            yield place.at(said[0]).issue(f"withdrawn without {key!r}: a withdrawal is signed like a correction")


def issues(registry: Registry, source: Source) -> Iterator[Issue]:
    """Yield what is wrong with corrections beside each other and beside their meter, each at its line."""
    seen: set[str] = set()
    for meter in registry.meters.values():
        place = source.place("meter", meter.key)
        lines = _lines(source, meter.key, place)
        for number, one in enumerate(meter.corrections):
            if one.id in seen:
                at = place.at("correction", number, "id")
                yield at.issue(f"a second correction has the id {one.id!r}: ids are unique in a school")
            seen.add(one.id)
            yield from _fits((meter, one), lines.get(one.id, place), source)
        yield from _overlaps(meter, lines, source)


def _lines(source: Source, meter: str, place: Place) -> dict[str, Place]:
    """Return where each correction of a meter stands, by id; of a doubled id the first one."""
    row = next((row for row in source.rows("meter") if row.get("key") == meter), {})
    rows = list(enumerate(row.get("correction", [])))
    return {str(entry.get("id")): place.at("correction", number) for number, entry in reversed(rows)}


def _fits(of: tuple[Meter, Correction], place: Place, source: Source) -> Iterator[Issue]:
    meter, one = of
    known = [r.quantity.key for r in meter.registers if not r.quantity.gauge]
    if one.quantity not in known:
        yield place.at("quantity").issue(
            f"{meter.key} has no register of {one.quantity} to correct{nearest(one.quantity, known)}"
        )
    if one.kind is not Kind.READING and one.end <= one.start:
        start, end = source.stamp(one.start), source.stamp(one.end)
        yield place.at("until").issue(f"{meter.key}: corrected until {end}, not after {start}, where it begins")
    if (meter.since and one.start < meter.since) or (meter.until and one.end > meter.until):
        yield place.at("at" if one.kind is Kind.READING else "from").issue(
            f"{meter.key}: corrected at a time when it is not in force"
        )


def _overlaps(meter: Meter, lines: Mapping[str, Place], source: Source) -> Iterator[Issue]:
    """Yield corrections that say two things of one time: which of them would hold, nobody could tell."""
    place = source.place("meter", meter.key)
    for quantity in dict.fromkeys(one.quantity for one in meter.corrections):
        every = standing(meter.corrections, quantity)
        readings = [one for one in every if one.kind is Kind.READING]
        windows = [one for one in every if one.kind is not Kind.READING]
        for one, two in pairwise(readings):
            if one.start == two.start:
                yield (
                    lines.get(two.id, place)
                    .at("at")
                    .issue(f"{meter.key}: {two.id} and {one.id} are about the same reading: withdraw one")
                )
        furthest: Correction | None = None
        for one in windows:
            if furthest is not None and one.start < furthest.end:
                held = f"{furthest.id}, which holds until {source.stamp(furthest.end)}"
                at = lines.get(one.id, place).at("from")
                yield at.issue(f"{meter.key}: {one.id} overlaps {held}: withdraw one")
            if furthest is None or one.end > furthest.end:
                furthest = one
