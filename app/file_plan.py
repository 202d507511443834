"""What is understood of a file before anything is written: its layout, its meters, its times and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from app.file_meters import Meters
from app.table_file import Table
from app.table_problem import FileRefused
from app.table_text import Track
from campus.registry import Registry
from ingest.cells import text_of
from ingest.layout import Conventions, Labels, Layout, Reading, layouts, recognise
from ingest.survey import Evidence, conventions, labels_seen, look, places
from ingest.table import LOOKED_AT, SAMPLE, Columns, Row, is_note, understand


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said of the file instead of leaving it to evidence; empty or None: nothing.

    `multiplied`: whether values of use have the meter's ratio in them already.
    """

    layout: str = ""
    zone: ZoneInfo | None = None
    order: str = ""
    decimal: str = ""
    label: str = ""
    kind: str = ""
    unit: str = ""
    every: timedelta | None = None
    multiplied: bool | None = None
    meters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A file understood: `doubts` are what the file itself does not prove, by the option that settles it."""

    table: Table
    layout: Layout
    columns: Columns
    how: Conventions
    meters: Meters
    labels: tuple[Labels, ...]
    rows: int
    doubts: tuple[str, ...] = ()
    unit: str = ""
    multiplied: bool | None = None

    def reading(self) -> Reading:
        """Return a fresh reading of the file's rows."""
        return Reading(self.columns, self.how)

    def data(self, track: Track) -> Iterator[Row]:
        """Yield the rows of data."""
        return _data(self.table, self.columns, track)


def make(table: Table, registry: Registry, said: Said, track: Track) -> Plan:
    """Return what is understood of a table, read once from end to end; raises `FileRefused` for what is no layout."""
    columns, sample = understand(list(islice(table.rows(_nobody), LOOKED_AT + SAMPLE)))
    known = layouts()
    layout = known[said.layout] if said.layout else recognise(known, columns, sample)
    if layout is None or not layout.claim(columns, sample):
        raise _not_understood(table, columns, layout, known)
    seen, where = Evidence(), places(columns)
    for row in _data(table, columns, track):
        if not row.fault:
            look(row, where, seen)
    if not seen.rows:
        raise FileRefused(table.path.name, "只有表头，没有数据", "has a heading only, and no rows below it")
    zone = said.zone or registry.school.timezone
    how, proven = conventions(layout, columns, seen, (zone, table.delimiter, sample))
    doubts = tuple(
        option
        for option, value in (("order", said.order), ("decimal", said.decimal), ("ends", said.label))
        if not proven[option] and not value
    )
    return Plan(
        table,
        layout,
        columns,
        _as_said(how, said),
        Meters(registry, said.meters, layout.bills, bool(columns.series)),
        tuple(labels_seen(columns, seen)),
        seen.rows,
        doubts,
        said.unit,
        said.multiplied,
    )


def _data(table: Table, columns: Columns, track: Track) -> Iterator[Row]:
    return (row for row in table.rows(track) if row.number > columns.row and not is_note(row, columns))


def _as_said(how: Conventions, said: Said) -> Conventions:
    step = {"step": said.every, "steps": {}} if said.every else {}
    ends = {"ends": said.label == "end"} if said.label else {}
    kind = {"registers": said.kind == "register"} if said.kind else {}
    order, decimal = said.order or how.order, said.decimal or how.decimal
    return replace(how, order=order, decimal=decimal, **step, **ends, **kind)  # type: ignore[arg-type]


def _not_understood(
    table: Table, columns: Columns, layout: Layout | None, known: Mapping[str, Layout]
) -> FileRefused:
    first = next(table.rows(_nobody)).cells if not columns.names else columns.names
    names = ", ".join(text for one in first if (text := text_of(one)))[:200] or "-"
    if layout is not None:
        return FileRefused(
            table.path.name,
            f"不像 {layout.name}（{layout.zh}）；表头：{names}",
            f"does not look like {layout.name} ({layout.en}); its headings: {names}",
        )
    kinds = ", ".join(known)
    return FileRefused(
        table.path.name,
        f"看不出是哪种布局；表头：{names}。需要日期或时间一列，以及用量或读数一列。已知布局：{kinds}",
        f"is of no known layout; its headings: {names}. It takes a column of days or times, and one of use or"
        f" registers. Known layouts: {kinds}",
    )


def _nobody(_: int) -> None:
    """Track nothing."""
