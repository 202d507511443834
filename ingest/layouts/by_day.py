"""One row a day, a column for each quarter, half or whole hour: what was used in it."""

from __future__ import annotations

from collections.abc import Sequence

from ingest import days
from ingest.layout import Layout
from ingest.table import Columns, Row


def claim(columns: Columns, data: Sequence[Row]) -> int:  # noqa: ARG001 (a layout is asked with its data)
    """Return the number of columns understood: a day and its parts of less than an hour."""
    if not columns.slots or not (columns.has("date") or columns.has("time") or columns.has("start")):
        return 0
    return len(columns.slots) + len(columns.roles) if days.step_of(columns) < 60 else 0


LAYOUT = Layout(
    name="by_day",
    zh="每天一行，每半小时（或一刻钟）一列用量",
    en="one row a day, one column each half hour or quarter: what was used in it",
    example="MPAN,Date,Units,00:30,01:00,…,24:00\n2200012767323,14/11/2019,kWh,0.969,1.162,…,1.034\n",
    claim=claim,
    read=days.read,
)
