"""A utility's bills: an account, its own two reading dates, the counter at both or the use between, its yuan."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from campus.readings import Kind, Quality
from campus.schema import BILLED_YUAN, YUAN
from ingest.cells import absent, number, text_of
from ingest.layout import (
    Fault,
    Labels,
    Layout,
    Reading,
    Value,
    amount,
    instant,
    item_of,
    labels_of,
    quality,
    stamp_of,
    unit_of_row,
)
from ingest.payload import Item
from ingest.table import Columns, Row, cell

# How money is marked beside its number.
_SIGN = re.compile(r"[¥元]|RMB|CNY", re.IGNORECASE)


def claim(columns: Columns, data: Sequence[Row]) -> int:  # noqa: ARG001 (a layout is asked with its data)
    """Return the number of columns understood: an account, two days, and two counters or a use."""
    dated = columns.has("start", "end") and (columns.has("account") or columns.has("end_register"))
    told = columns.has("start_register", "end_register") or columns.has("use")
    return len(columns.roles) + 1 if dated and told and not columns.slots else 0


def read(row: Row, reading: Reading) -> list[Value | Fault]:
    """Return the counter at both reading dates where the bill tells both, else the use between them; and its yuan."""
    labels = labels_of(row, reading.columns)
    period = _period(row, labels, reading)
    if isinstance(period, Fault):
        return [period]
    return [*_use(row, labels, period, reading), *_yuan(row, labels, period, reading)]


def _use(row: Row, labels: Labels, period: tuple[datetime, datetime], reading: Reading) -> list[Value | Fault]:
    counters = [_value(row, role, reading) for role in ("start_register", "end_register")]
    faults = [one for one in counters if isinstance(one, Fault)]
    if faults:
        return list(faults)
    if None not in counters:
        return [
            _bill(row, (role, Kind.REGISTER), (when, None), labels, reading)
            for role, when in zip(("start_register", "end_register"), period, strict=True)
        ]
    used = _value(row, "use", reading)
    if used is None or isinstance(used, Fault):
        return [] if used is None else [used]
    return [_bill(row, ("use", Kind.INTERVAL), period, labels, reading)]


def _yuan(row: Row, labels: Labels, period: tuple[datetime, datetime], reading: Reading) -> list[Value | Fault]:
    """Return what the bill came to; nothing where the cell is empty. One that gives money back is below 0."""
    column = reading.columns.first("yuan")
    raw = cell(row, column)
    if column is None or absent(raw):
        return []
    plain = _SIGN.sub("", unicodedata.normalize("NFKC", raw)).strip() if isinstance(raw, str) else raw
    yuan, name = number(plain, reading.how.decimal), reading.columns.name(column)
    if yuan is None:
        shown = text_of(raw)[:40]
        return [Fault(f'"{shown}"不是金额', f'"{shown}" is no amount of money', name)]
    item = Item(
        yuan,
        Kind.INTERVAL,
        period[0],
        BILLED_YUAN,
        YUAN,
        duration=period[1] - period[0],
        quality=quality(row, reading.columns, Quality.MANUAL),
    )
    return [Value(labels, item, name)]


def _bill(
    row: Row, told: tuple[str, Kind], when: tuple[datetime, datetime | None], labels: Labels, reading: Reading
) -> Value:
    columns, (role, kind) = reading.columns, told
    column = columns.first(role)
    value = _value(row, role, reading)
    assert column is not None and isinstance(value, float)
    usual = quality(row, columns, Quality.MANUAL)
    item = item_of(value, kind, when[0], unit_of_row(row, column, columns), until=when[1], usual=usual)
    return Value(labels, item, columns.name(column))


def _value(row: Row, role: str, reading: Reading) -> float | Fault | None:
    column = reading.columns.first(role)
    return None if column is None else amount(row, column, reading)


def _period(row: Row, labels: Labels, reading: Reading) -> tuple[datetime, datetime] | Fault:
    edges: list[datetime] = []
    for role in ("start", "end"):
        found = stamp_of(row, reading, (role,))
        if isinstance(found, Fault):
            return found
        day = found.when + timedelta(days=role == "end" and reading.how.inclusive and not found.timed)
        when = instant(day, labels, reading)
        if isinstance(when, Fault):
            return when
        edges.append(when)
    if edges[1] <= edges[0]:
        return Fault("截止日不在起始日之后", "the last reading date is not after the first")
    return edges[0], edges[1]


LAYOUT = Layout(
    name="bills",
    zh="账单：户号、上次和本次抄表日、起止示数或用量，可写金额（元）",
    en="a utility's bills: account, both reading dates, both registers or the use, and the yuan where it is told",
    example="户号,上次抄表日,本次抄表日,起数,止数,用量,金额\n3700000002,2026-09-05,2026-11-06,1042,1388,346,1453.20\n",
    claim=claim,
    read=read,
    bills=True,
)
