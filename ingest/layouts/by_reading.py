"""One row a reading: a meter, a time (or a start and an end), and what was used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from campus.readings import Kind
from ingest.layout import (
    Fault,
    Layout,
    Reading,
    Value,
    amount,
    instant,
    item_of,
    labels_of,
    quality,
    rising,
    stamp_of,
    unit_of_row,
)
from ingest.spans import span
from ingest.table import Columns, Row


def claim(columns: Columns, data: Sequence[Row]) -> int:
    """Return the number of columns understood: a time and a use; bare values are use unless they only rise."""
    if columns.slots or columns.has("start_register"):
        return 0
    timed = columns.has("time") or columns.has("date") or columns.has("start", "end")
    value = columns.first("value")
    by_hand = columns.has("who") or columns.has("photo")  # what somebody reads off is a counter
    used = columns.has("use") or (value is not None and not by_hand and not rising(columns, data, value))
    return len(columns.roles) if timed and used and not columns.has("register") else 0


def read(row: Row, reading: Reading) -> list[Value | Fault]:
    """Return the use of a row's interval, or why it cannot be told."""
    columns = reading.columns
    column = columns.first("use")
    column = columns.first("value") if column is None else column
    assert column is not None
    value = amount(row, column, reading)
    labels = labels_of(row, columns)
    window = _window(row, labels, reading)
    if isinstance(window, Fault):
        return [window]
    if value is None or isinstance(value, Fault):
        return [] if value is None else [value]
    start, end = window
    unit, usual = unit_of_row(row, column, columns), quality(row, columns)
    item = item_of(value, Kind.INTERVAL, start, unit, until=end, usual=usual)
    return [Value(labels, item, columns.name(column))]


def _window(row: Row, labels: tuple[str, ...], reading: Reading) -> tuple[datetime, datetime] | Fault:
    if not reading.columns.has("start", "end"):
        found = stamp_of(row, reading)
        return found if isinstance(found, Fault) else span(found, labels, reading)
    edges: list[datetime] = []
    for role in ("start", "end"):
        found = stamp_of(row, reading, (role,))
        when = found if isinstance(found, Fault) else instant(found.when, labels, reading)
        if isinstance(when, Fault):
            return when
        edges.append(when)
    start, end = edges
    if end <= start or end - start > timedelta(days=1, hours=1):
        return Fault("起止时间不成一个时段（最长一天）", "start and end make no interval of at most a day")
    return start, end


LAYOUT = Layout(
    name="by_reading",
    zh="每行一个读数：表、时间、这段时间的用量",
    en="one row a reading: meter, time, what was used",
    example="MPR,ReadDatetime,kWh,ReadType\n1710035168313,26 Aug 2019 00:30:00,14.4,Actual\n",
    claim=claim,
    read=read,
)
