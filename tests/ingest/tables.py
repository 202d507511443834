"""Files as text, read as the layouts read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ingest.cells import Cell
from ingest.layout import Conventions, Fault, Reading, Value, layouts, recognise
from ingest.survey import Evidence, conventions, look, places
from ingest.table import Columns, Row, is_note, understand

LAYOUTS = layouts()
LONDON, SHANGHAI, UTC_ZONE = ZoneInfo("Europe/London"), ZoneInfo("Asia/Shanghai"), ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a table."""

    layout: str
    columns: Columns
    how: Conventions
    proven: dict[str, bool]
    values: list[Value]
    faults: list[tuple[int, Fault]]

    def pairs(self) -> list[tuple[datetime | None, float]]:
        """Return every value with its time."""
        return [(value.item.time, value.item.value) for value in self.values]


def rows(text: str, delimiter: str = ",") -> list[Row]:
    """Return the rows of a simple text."""
    lines = enumerate(text.strip("\n").split("\n"), 1)
    return [Row(number, tuple(line.split(delimiter))) for number, line in lines if line]


def table(*cells: Sequence[Cell]) -> list[Row]:
    """Return rows of cells as a workbook gives them."""
    return [Row(number, tuple(row)) for number, row in enumerate(cells, 1)]


def read(given: list[Row], zone: ZoneInfo = LONDON, delimiter: str = ",", **said: Any) -> Read:
    """Read a table as `campus import` does; `said` overrules its conventions."""
    columns, sample = understand(given)
    layout = recognise(LAYOUTS, columns, sample)
    assert layout is not None, columns
    data = [row for row in given if row.number > columns.row and not is_note(row, columns)]
    seen, where = Evidence(), places(columns)
    for row in data:
        look(row, where, seen)
    how, proven = conventions(layout, columns, seen, (zone, delimiter, sample))
    for name, value in said.items():
        object.__setattr__(how, name, value)
    reading = Reading(columns, how)
    told = [(row.number, one) for row in data for one in layout.read(row, reading)]
    values = [one for _, one in told if isinstance(one, Value)]
    return Read(layout.name, columns, how, proven, values, [(n, one) for n, one in told if isinstance(one, Fault)])
