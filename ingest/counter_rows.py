"""One row a counter: a meter, a time, what its register showed."""

from __future__ import annotations

from collections.abc import Mapping

from campus.readings import Kind, Quality
from ingest.cells import text_of
from ingest.layout import (
    Fault,
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
from ingest.table import Columns, Row, cell


def counter_column(columns: Columns) -> int | None:
    """Return the column of the register, or of bare values."""
    register = columns.first("register")
    return columns.first("value") if register is None else register


def read_counter(row: Row, reading: Reading, usual: Quality) -> list[Value | Fault]:
    """Return what the register of a row's meter showed at its time; a day without a time is its first moment."""
    columns = reading.columns
    column = counter_column(columns)
    assert column is not None
    labels = labels_of(row, columns)
    found = stamp_of(row, reading)
    when = found if isinstance(found, Fault) else instant(found.when, labels, reading)
    value = amount(row, column, reading)
    if isinstance(when, Fault):
        return [when]
    if value is None or isinstance(value, Fault):
        return [] if value is None else [value]
    unit = unit_of_row(row, column, columns)
    item = item_of(value, Kind.REGISTER, when, unit, usual=quality(row, columns, usual))
    return [Value(labels, item, columns.name(column), said(row, columns))]


def said(row: Row, columns: Columns) -> Mapping[str, str]:
    """Return who read the meter and the photo's name, where the row says so."""
    texts = {role: text_of(cell(row, columns.first(role))) for role in ("who", "photo")}
    return {role: text for role, text in texts.items() if text}
