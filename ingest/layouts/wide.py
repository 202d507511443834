"""One row a time, one column a meter."""

from __future__ import annotations

from collections.abc import Sequence

from campus.readings import Kind, Quality
from ingest.layout import Fault, Layout, Reading, Value, amount, instant, item_of, series_labels, stamp_of
from ingest.spans import span
from ingest.table import Columns, Row


def claim(columns: Columns, data: Sequence[Row]) -> int:  # noqa: ARG001 (a layout is asked with its data)
    """Return the number of columns understood: a time, and numbers under headings of their own."""
    timed = columns.has("time") or columns.has("date")
    named = columns.roles.keys() & {"meter", "account"}
    return len(columns.series) + len(columns.roles) if timed and columns.series and not named else 0


def read(row: Row, reading: Reading) -> list[Value | Fault]:
    """Return what each meter used in the row's interval, or each one's counter at the row's time."""
    columns, how = reading.columns, reading.how
    found = stamp_of(row, reading)
    if isinstance(found, Fault):
        return [found]
    window = span(found, (), reading) if not how.registers else instant(found.when, (), reading)
    if isinstance(window, Fault):
        return [window]
    values: list[Value | Fault] = []
    for column in columns.series:
        value = amount(row, column, reading)
        if isinstance(value, Fault):
            values.append(value)
        elif value is not None:
            unit = columns.units.get(column, "")
            if isinstance(window, tuple):
                item = item_of(value, Kind.INTERVAL, window[0], unit, until=window[1], usual=Quality.GOOD)
            else:
                item = item_of(value, Kind.REGISTER, window, unit, usual=Quality.GOOD)
            values.append(Value(series_labels(columns, column), item, columns.name(column)))
    return values


LAYOUT = Layout(
    name="wide",
    zh="每行一个时间，每列一块表",
    en="one row a time, one column a meter",
    example="日期,时间,1号楼水 [m³],2号楼水 [m³]\n2026-11-21,00:00,0.02,0.41\n2026-11-21,00:30,0.00,0.40\n",
    claim=claim,
    read=read,
)
