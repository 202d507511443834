"""What a workbook changes in a school's file: additions, corrections, and changes that begin on a day."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app import workbook_rules as rules
from app.workbook_cells import CLEAR, DIGITS_KEPT, INSTANT, Around
from app.workbook_columns import CHANGE_FROM, DATED, NEW_START, OLD_END, PASSING, SHEETS, Column
from app.workbook_dated import Asking, Dated, dated_edits
from app.workbook_edits import Drop, Edit, Insert, Path, Put, current, flat
from app.workbook_problem import Mistake, Problem
from app.workbook_read import Read, Row
from campus.units import QUANTITIES, paid_units

# What a row without the key means by its absence.
DEFAULTS: Mapping[str, Any] = {"arrival": "live", "ratio": 1, "price_assumed": False, "contract": "own"}


@dataclass(frozen=True, slots=True)
class Changed:
    """A line to show before anything is written: the sheet, the row's key, what is different, both values, and the
    day it begins; "" where the file is put right as if it had never said anything else."""

    sheet: str
    key: str
    what: str
    old: str
    new: str
    since: str = ""


@dataclass(slots=True)
class Plan:
    """What to write and to show; `undated` are rows whose change needs a day, `kept` rows the workbook lacks."""

    edits: list[Edit] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    undated: list[Row] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan depends on besides the workbook.

    `has_readings` tells whether a meter has any; `change_from` is the day of changes whose row states none.
    """

    body: Mapping[str, Any]
    around: Around
    now: datetime
    has_readings: Callable[[str], bool]
    change_from: datetime | None = None


def make_plan(read: Read, known: Known) -> Plan:
    """Return what the rows of a workbook change in a school's file, and everything that is wrong with them."""
    plan = Plan(problems=list(read.problems))
    meters = rules.registered(known.body, "meter")

    def now_of(key: str, what: str) -> Any:
        return current(meters[key], what, known.now)[0] if key in meters else None

    plan.problems += rules.settle_keys(read.rows, known.body, known.around)
    plan.problems += rules.settle_references(read.rows, known.body)
    plan.problems += rules.serials(read.rows, now_of)
    plan.problems += rules.rings(read.rows, lambda key: now_of(key, "parent") or "")
    for sheet in SHEETS:
        positions = {str(raw[sheet.named_by]): n for n, raw in enumerate(known.body.get(sheet.table, []))}
        rows = {str(row.name): row for row in reversed(read.rows[sheet.table]) if row.name is not None}
        plan.kept += [f"{sheet.zh} {key}" for key in positions if key not in rows]
        for key, row in reversed(rows.items()):
            if key in positions:
                _correct(plan, row, (sheet.table, positions[key]), known)
            else:
                _add(plan, row)
    return plan


def _add(plan: Plan, row: Row) -> None:
    values = {k: v for k, v in row.values.items() if v != CLEAR and k not in PASSING}
    _settle(values, row.sheet.table)
    plan.problems += _required(row, values)
    plan.edits.append(Insert((row.sheet.table,), None, nested(values)))
    name = values.get("name") or values.get("number") or ""
    plan.changed.append(Changed(row.sheet.zh, str(row.name), "新增 added", "", str(name)))


def _correct(plan: Plan, row: Row, path: Path, known: Known) -> None:
    raw = known.body[row.sheet.table][path[1]]
    before = flat(raw)
    after = dict(before)
    different: dict[str, Any] = {}
    edits = Dated()
    for column in row.sheet.columns:
        if column.key not in row.values or column.key in PASSING:
            continue
        old, new = current(raw, column.key, known.now)[0], row.values[column.key]
        if same(column, old, new, known.around):
            continue
        different[column.key] = new
    if row.sheet.table == "meter":
        plan.problems += _other_quantity(row, different, known)
        asking = Asking(raw, path, known.now, row.values.get(CHANGE_FROM) or known.change_from, known.has_readings)
        dated = {key: value for key, value in different.items() if key in DATED}
        edits = dated_edits(row, dated, asking)
        plan.problems += edits.problems
        plan.undated += [row] if edits.undated else []
        plan.edits += edits.edits
    plan.changed += _shown(row, raw, edits, different, known)
    for key, value in different.items():
        if row.sheet.table != "meter" or key not in DATED:
            after[key] = value
    after = {key: value for key, value in after.items() if value != CLEAR}
    _settle(after, row.sheet.table)
    plan.problems += _required(row, after | _in_force(raw, row, known))
    plan.edits += _differences(before, after, path)


def _in_force(raw: Mapping[str, Any], row: Row, known: Known) -> dict[str, Any]:
    return {key: row.values[key] if key in row.values else current(raw, key, known.now)[0] for key in DATED}


def same(column: Column, old: Any, new: Any, around: Around) -> bool:
    """Whether a cell says what is registered, in whatever way the file spells it."""
    old = DEFAULTS.get(column.key) if old is None else old
    if new == CLEAR or old in (None, CLEAR):
        return new == CLEAR and old in (None, CLEAR)
    normal = column.codec.read(column.codec.show(old, around), around)
    before = old if isinstance(normal, Mistake) else normal
    if isinstance(before, float) and isinstance(new, int | float):
        return math.isclose(before, new, rel_tol=10.0 ** (1 - DIGITS_KEPT))
    return bool(before == new)


def _shown(
    row: Row, raw: Mapping[str, Any], edits: Dated, different: Mapping[str, Any], known: Known
) -> Iterator[Changed]:
    """Yield a line for each difference, and after a swapped meter's serial what its registers ended and began on."""
    for column in row.sheet.columns:
        if column.key in different:
            old = current(raw, column.key, known.now)[0]
            since = edits.since if column.key in edits.begin else None
            yield _line(row, column, (old, different[column.key]), since, known.around)
    for key in (OLD_END, NEW_START) if "serial" in edits.begin else ():
        yield _line(row, row.sheet.column(key), (None, row.values.get(key)), edits.since, known.around)


def _line(row: Row, column: Column, values: tuple[Any, Any], since: datetime | None, around: Around) -> Changed:
    old, new = ("" if value in (None, CLEAR) else str(column.codec.show(value, around)) for value in values)
    begins = str(INSTANT.show(since, around)) if since else ""
    return Changed(row.sheet.zh, str(row.name), f"{column.zh} {column.en}", old, new, begins)


def _other_quantity(row: Row, different: dict[str, Any], known: Known) -> Iterator[Problem]:
    if "quantity" in different and known.has_readings(row.values["key"]):
        del different["quantity"]
        yield row.wrong(
            "quantity",
            "这块表已有读数，不能改介质：另一种介质请用新编号",
            "it has readings, so what it measures stays: another medium is another meter with a key of its own",
        )


def _settle(values: dict[str, Any], table: str) -> None:
    """Fill in what follows from the rest, and give the price's paper its place."""
    if table == "account":
        paper = values.pop("price_document", None) or values.pop("survey.price_document", None)
        values.pop("survey.price_document", None)
        if "price_yuan" in values:
            fitting = paid_units(str(values.get("medium")))
            values.setdefault("price_unit", fitting[0] if fitting else "")
        else:
            values.pop("price_unit", None)
            values.pop("price_assumed", None)
        if paper:
            values["price_document" if "price_yuan" in values else "survey.price_document"] = paper
    if table == "meter":
        if "name" not in values and "survey.spot" in values:
            values["name"] = values["survey.spot"]
        if "unit" not in values and values.get("quantity") in QUANTITIES:
            values["unit"] = QUANTITIES[values["quantity"]].unit


def _required(row: Row, values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield every column that must be filled in and is not; only a meter read by hand has no topic."""
    needed = [column.key for column in row.sheet.columns if column.required]
    if row.sheet.table == "meter" and values.get("arrival") != "manual":
        needed += ["topic", "format"]
    if values.get("price_yuan") is not None:
        needed.append("price_document")
    for key in needed:
        if not values.get(key) and key not in row.faults:
            column = row.sheet.column(key)
            yield row.wrong(key, f"缺少{column.zh}", f"{column.en} is missing")


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by key as a table with its survey inside, at its end."""
    table = {key: value for key, value in values.items() if "." not in key}
    survey = {key.partition(".")[2]: value for key, value in values.items() if "." in key}
    return {**table, "survey": survey} if survey else table


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], path: Path) -> list[Edit]:
    edits: list[Edit] = [Drop((*path, *key.split("."))) for key in before if key not in after]
    return edits + [
        Put((*path, *key.split(".")), value)
        for key, value in after.items()
        if key not in before or before[key] != value
    ]
