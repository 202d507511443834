"""What must hold between the rows of a workbook: keys once, references known, serials once, no ring of parents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.workbook_cells import CLEAR, KEY, Around
from app.workbook_columns import Column
from app.workbook_problem import Mistake, Problem
from app.workbook_read import Row
from app.workbook_words import nearest

Body = Mapping[str, Any]
Rows = Mapping[str, list[Row]]
# By table: what else but its key a row may be named by.
NAMES = {"building": ("name",), "account": ("number",), "meter": ("name", "survey.spot")}


def registered(body: Body, table: str) -> dict[str, Mapping[str, Any]]:
    """Return the rows of a table of the school's file by key."""
    return {str(row["key"]): row for row in body.get(table, [])}


def settle_keys(rows: Rows, body: Body, around: Around) -> Iterator[Problem]:
    """Give every account its key, and yield every row without a key or with one that another row has."""
    for table, of_table in rows.items():
        first: dict[Any, Row] = {}
        for row in of_table:
            if table == "account" and "key" not in row.values and "number" in row.values:
                yield from _account_key(row, body, around)
            key, column = row.name, row.sheet.column(row.sheet.named_by)
            if key is None:
                if column.key not in row.faults:
                    yield row.wrong(column.key, f"缺少{column.zh}", f"has no {column.en}")
            elif key in first:
                other = first[key].cell(column.key)
                zh, en = f'{column.zh} "{key}" 重复，见 {other}', f'the {column.en} "{key}" stands at {other} too'
                yield row.wrong(column.key, zh, en)
            else:
                first[key] = row


def _account_key(row: Row, body: Body, around: Around) -> Iterator[Problem]:
    """An account without a key is the registered one of its number, or a new one whose number is its key."""
    number = row.values["number"]
    known = [key for key, account in registered(body, "account").items() if account.get("number") == number]
    key = known[0] if len(known) == 1 else KEY.read(number, around)
    if isinstance(key, Mistake):
        yield row.wrong(
            "key", f"缺少编号（户号不能当编号）：{key.zh}", f"has no key, and its number is none: {key.en}"
        )
    else:
        row.values["key"] = key


def settle_references(rows: Rows, body: Body) -> Iterator[Problem]:
    """Turn names of buildings, accounts and meters into keys, and yield every one that is not there."""
    for of_table in rows.values():
        for column in (c for row in of_table[:1] for c in row.sheet.columns if c.refers):
            keys, names = _known(rows, body, column.refers)
            for row in of_table:
                said = row.values.get(column.key)
                if said in (None, CLEAR) or said in keys:
                    continue
                if (key := names.get(str(said), "")) or column.key not in row.values:
                    row.values[column.key] = key
                else:
                    del row.values[column.key]
                    yield _unknown(row, column, str(said), [*keys, *names])


def _unknown(row: Row, column: Column, said: str, known: list[str]) -> Problem:
    close = nearest(said, known)
    zh, en = (f"；最接近：{close}", f"; nearest: {close}") if close else ("", "")
    where_zh, where_en = (
        ("本表", "this sheet") if column.refers == row.sheet.table else (f"{column.zh}表", "its sheet")
    )
    return row.wrong(
        column.key, f'{column.zh} "{said}" 不在{where_zh}{zh}', f'{column.en} "{said}" is not in {where_en}{en}'
    )


def _known(rows: Rows, body: Body, table: str) -> tuple[set[str], dict[str, str]]:
    """Return the keys of a table, of the workbook and the school's file together, and keys by names only one has."""
    entries = {key: _flat(raw) for key, raw in registered(body, table).items()}
    for row in rows[table]:
        if key := row.values.get("key"):
            entries[key] = entries.get(key, {}) | row.values
    names: dict[str, set[str]] = {}
    for key, values in entries.items():
        for name in {str(values[part]) for part in NAMES[table] if values.get(part)}:
            names.setdefault(name, set()).add(key)
    return set(entries), {name: min(keys) for name, keys in names.items() if len(keys) == 1}


def _flat(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {**raw, **{f"survey.{key}": value for key, value in raw.get("survey", {}).items()}}


def serials(rows: Rows, current: Callable[[str, str], Any]) -> Iterator[Problem]:
    """Yield every new serial that another meter has, unless both are channels of one device.

    `current` gives what is registered now of a meter's key.
    """
    first: dict[str, Row] = {}
    for row in rows["meter"]:
        serial, key = row.values.get("serial"), row.values.get("key", "")
        if not serial:
            continue
        other = first.setdefault(serial, row)
        settled = current(key, "serial") == serial == current(other.values.get("key", ""), "serial")
        if other is not row and not settled and not _one_device(row, other):
            yield row.wrong(
                "serial",
                f'表号 "{serial}" 重复，见 {other.cell("serial")}',
                f'the serial "{serial}" stands at {other.cell("serial")} too',
            )


def _one_device(row: Row, other: Row) -> bool:
    topic, channel = row.values.get("topic"), row.values.get("channel")
    return bool(topic) and topic == other.values.get("topic") and channel != other.values.get("channel")


def rings(rows: Rows, parent_of: Callable[[str], str]) -> Iterator[Problem]:
    """Yield each ring of parents once; `parent_of` gives the registered parent of a meter that no row states."""
    of_row = {row.values["key"]: row for row in rows["meter"] if "key" in row.values}
    seen: set[str] = set()
    for start in of_row:
        way: list[str] = []
        key = start
        while key and key not in way and key not in seen:
            way.append(key)
            row = of_row.get(key)
            key = row.values["parent"] if row and "parent" in row.values else parent_of(key)
        ring = way[way.index(key) :] if key in way else []
        seen.update(way)
        named = [of_row[k] for k in ring if k in of_row]
        for row in named:
            row.faults.add("parent")
        if named:
            text = " → ".join([*ring, ring[0]])
            yield named[0].wrong("parent", f"上级表成环：{text}", f"parents run in a ring: {text}")
