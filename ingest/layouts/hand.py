"""Readings by hand: who read which meter when, what it showed, and the photo."""

from __future__ import annotations

from collections.abc import Sequence

from campus.readings import Quality
from ingest.counter_rows import counter_column, read_counter
from ingest.layout import Fault, Layout, Reading, Value
from ingest.table import Columns, Row


def claim(columns: Columns, data: Sequence[Row]) -> int:  # noqa: ARG001 (a layout is asked with its data)
    """Return the number of columns understood: a time, a counter, and who read it or a photo of it."""
    by_hand = columns.has("who") or columns.has("photo")
    timed = columns.has("time") or columns.has("date")
    if columns.slots or columns.has("start_register") or not by_hand or not timed:
        return 0
    return len(columns.roles) if counter_column(columns) is not None else 0


def read(row: Row, reading: Reading) -> list[Value | Fault]:
    """Return the counter of a row, as somebody read it."""
    return read_counter(row, reading, Quality.MANUAL)


LAYOUT = Layout(
    name="hand",
    zh="人工抄表：谁、何时、哪块表、读数、照片",
    en="readings by hand: who, when, which meter, what it showed, photo",
    example="表号,抄表日期,读数,抄表人,照片\n3701000001,2026-11-21,1532.10,王师傅,IMG_0412.jpg\n",
    claim=claim,
    read=read,
)
