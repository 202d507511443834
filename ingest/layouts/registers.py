"""A list of registers: a meter, a time, what its counter showed."""

from __future__ import annotations

from collections.abc import Sequence

from campus.readings import Quality
from ingest.counter_rows import read_counter
from ingest.layout import Fault, Layout, Reading, Value, rising
from ingest.table import Columns, Row


def claim(columns: Columns, data: Sequence[Row]) -> int:
    """Return the number of columns understood: a time and a counter; bare values are one where they only rise."""
    if columns.slots or columns.has("start_register") or columns.has("who") or columns.has("photo"):
        return 0
    value = columns.first("value")
    counted = columns.has("register") or (value is not None and rising(columns, data, value))
    return len(columns.roles) if counted and (columns.has("time") or columns.has("date")) else 0


def read(row: Row, reading: Reading) -> list[Value | Fault]:
    """Return the counter of a row."""
    return read_counter(row, reading, Quality.GOOD)


LAYOUT = Layout(
    name="registers",
    zh="表底清单：表、时间、表底数",
    en="a list of registers: meter, time, what the counter showed",
    example="表号,抄表时间,表底数\n3701000001,2026-11-21 08:00,1532.10\n",
    claim=claim,
    read=read,
)
