"""From the [[virtual]] rows of a school's file to virtual meters: what each word of a formula means, and whether the
whole holds: units, keys, rings, nothing counted twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError
from typing import Any

from app.check_rows import Source
from app.toml_fields import Table, Wrong, nearest
from app.toml_lines import Place
from app.virtual_formula import Named, parse
from campus.errors import Issue
from campus.registry import Meter, Registry
from campus.units import QUANTITIES, Quantity
from campus.virtual import Addend, Virtual, every_input, in_order

Row = tuple[Table, Place]


@dataclass(frozen=True, slots=True)
class _Known:
    """What a word of a formula may be: meters, the quantities of virtual meters, and every key written down.

    `follows` tells words whose rows have problems of their own.
    """

    meters: Mapping[str, Meter]
    virtuals: Mapping[str, Quantity]
    written: frozenset[str]
    follows: Callable[[str], bool]


def read(rows: Sequence[Row], registry: Registry, source: Source) -> tuple[dict[str, Virtual], list[Issue]]:
    """Return the virtual meters that are without a problem, in an order to compute them in, and the problems."""
    whole = [(table.values, place) for table, place in rows if table.complete]
    known = _Known(
        registry.meters,
        {values["key"]: QUANTITIES[values["quantity"]] for values, _ in whole},
        frozenset([*source.keys("meter"), *source.keys("virtual")]),
        lambda word: source.follows("meter", word) or source.follows("virtual", word),
    )
    issues = [issue for values, place in whole for issue in _row_issues(values, place, source)]
    found: dict[str, tuple[Virtual, Place]] = {}
    for values, place in whole:
        addends = _addends(values, place, known, issues)
        if addends is not None:
            kind = QUANTITIES[values["quantity"]]
            named = {"name_en": values["name"], **values, "quantity": kind, "addends": addends}
            found.setdefault(values["key"], (Virtual(**named), place))
    issues += [issue for virtual, place in found.values() for issue in _counted_twice(registry, virtual, place)]
    return _ordered(found, issues), issues


def _row_issues(values: Mapping[str, Any], place: Place, source: Source) -> Iterator[Issue]:
    key, building = values["key"], values.get("building")
    if key in source.keys("meter"):
        yield place.at("key").issue(f"a meter has the key {key!r} already: keys are unique")
    if building is None or source.follows("building", building):
        return
    if building not in source.keys("building"):
        help_ = nearest(building, source.keys("building"))
        yield place.at("building").issue(f"no [[building]] has the key {building!r}{help_}")


def _addends(
    values: Mapping[str, Any], place: Place, known: _Known, issues: list[Issue]
) -> tuple[Addend, ...] | None:
    """Return what a formula is the sum of; None where a word of it is a problem, or is a row that has one."""
    parsed = parse(values["formula"])
    assert not isinstance(parsed, Wrong)
    meant = [_meant(named, QUANTITIES[values["quantity"]], known) for named in parsed]
    wrong = [m for m in meant if isinstance(m, Wrong)]
    issues += [place.at("formula").issue(f"{values['key']}: the formula {w.text}") for w in wrong]
    addends = tuple(m for m in meant if isinstance(m, Addend))
    return addends if len(addends) == len(parsed) else None


def _meant(named: Named, kind: Quantity, known: _Known) -> Addend | Wrong | None:
    """Return what a word stands for; None for the key of a row that has problems of its own."""
    split = _split(named, known)
    if split is None or isinstance(split, Wrong):
        return split
    key, asked = split
    quantity = _quantity(key, asked or (kind.key if named.children else ""), kind, known)
    if isinstance(quantity, Wrong):
        return quantity
    if quantity.unit != kind.unit:
        units = f"{key} counts {quantity.key} [{quantity.unit}], the virtual meter {kind.key} [{kind.unit}]"
        return Wrong(f"mixes units: {units}")
    if not named.children:
        return Addend(named.factor, key, quantity.key)
    return _children(Addend(named.factor, key, quantity.key, children=True), known)


def _split(named: Named, known: _Known) -> tuple[str, str] | Wrong | None:
    """Return a word's key and the quantity it asks for, "" where it asks for none."""
    head, dot, tail = named.word.rpartition(".")
    qualified = bool(dot) and head in known.written and tail in QUANTITIES
    if named.word in known.written and qualified:
        return Wrong(f"says {named.word!r}, the key of one meter and a quantity of {head!r}: rename one of them")
    key, asked = (head, tail) if qualified else (named.word, "")
    if key in known.meters or key in known.virtuals:
        return key, asked
    return None if known.follows(key) else Wrong(_unknown(named.word, known))


def _unknown(word: str, known: _Known) -> str:
    head, _, tail = word.rpartition(".")
    if head in known.written:
        return f"asks {head!r} for {tail!r}, which is no quantity{nearest(tail, QUANTITIES)}"
    parts = word.split("-")
    halves = (("-".join(parts[:n]), "-".join(parts[n:])) for n in range(1, len(parts)))
    for one, other in halves:
        if one in known.written and other in known.written:
            return f"names no meter {word!r}; for a difference leave blanks around the minus: {one} - {other}"
    return f"names {word!r}, which is no meter{nearest(word, known.written)}"


def _quantity(key: str, asked: str, kind: Quantity, known: _Known) -> Quantity | Wrong:
    """Return which of its quantities is meant: the one asked for, else the virtual meter's own, else its only one."""
    has = [known.virtuals[key]] if key in known.virtuals else [r.quantity for r in known.meters[key].registers]
    counted = {quantity.key: quantity for quantity in has if not quantity.gauge}
    if asked and asked not in counted:
        return Wrong(f"asks {key!r} for {asked}, which it does not count{nearest(asked, counted)}")
    if asked or kind.key in counted:
        return counted[asked or kind.key]
    if len(counted) == 1:
        return next(iter(counted.values()))
    which = " or ".join(f"{key}.{quantity}" for quantity in counted)
    return Wrong(
        f"leaves open what {key!r} counts: write {which}" if counted else f"names {key!r}, which counts nothing"
    )


def _children(addend: Addend, known: _Known) -> Addend | Wrong:
    if addend.key in known.virtuals:
        return Wrong(f"asks for children({addend.key}): a virtual meter has none")
    below = [
        meter
        for meter in known.meters.values()
        if addend.key in (meter.parent, *(change.values.get("parent") for change in meter.changes))
    ]
    if any(meter.register(addend.quantity) for meter in below):
        return addend
    return Wrong(f"asks for children({addend.key}): no meter of {addend.quantity} has parent = {addend.key!r}")


def _counted_twice(registry: Registry, virtual: Virtual, place: Place) -> Iterator[Issue]:
    """Yield the meters that a formula names and, with the same sign, takes once more as children of another."""
    for group in virtual.addends:
        if group.children:
            below = set(every_input(registry, Virtual("", "", "", virtual.quantity, "", (group,))))
            for addend in virtual.addends:
                same_sign = addend.factor * group.factor > 0
                if not addend.children and same_sign and (addend.key, addend.quantity) in below:
                    text = f"{addend.key!r} is counted twice: it is among children({group.key})"
                    yield place.at("formula").issue(f"{virtual.key}: {text}")


def _ordered(found: Mapping[str, tuple[Virtual, Place]], issues: list[Issue]) -> dict[str, Virtual]:
    """Return the virtual meters in an order to compute them in, without those that run in a ring."""
    left = {key: virtual for key, (virtual, _) in found.items()}
    while True:
        try:
            return {virtual.key: virtual for virtual in in_order(left)}
        except CycleError as error:
            ring = list(error.args[1])
            place = found[ring[0]][1].at("formula")
            issues.append(place.issue(f"virtual meters are made of each other in a ring: {' → '.join(ring)}"))
            left = {key: virtual for key, virtual in left.items() if key not in ring}
