"""A vendor cloud's daily frozen values: one row a day, 24 columns, use of each hour or the counter at it."""

from __future__ import annotations

from collections.abc import Sequence

from ingest import days
from ingest.layout import Layout
from ingest.table import Columns, Row


def claim(columns: Columns, data: Sequence[Row]) -> int:  # noqa: ARG001 (a layout is asked with its data)
    """Return the number of columns understood: a day and its hours."""
    if not columns.slots or not (columns.has("date") or columns.has("time")):
        return 0
    return len(columns.slots) + len(columns.roles) if days.step_of(columns) == 60 else 0


LAYOUT = Layout(
    name="frozen",
    zh="厂家云平台的日冻结：每天一行，24 列逐时用量或逐时表底",
    en="a vendor cloud's daily frozen values: one row a day, 24 columns of use or of the counter",
    example="表号,数据日期,0时,1时,…,23时\n3701000001,2026-11-21,1532.10,1532.14,…,1534.90\n",
    claim=claim,
    read=days.read,
)
