"""From the rows of a mapped file to the readings a meter would have sent."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from campus.readings import Kind
from ingest.payload import Item
from sim.mapping import Column, FileKind, Found, MappingWrong

DOUBT = "?"  # a unit that begins with it is in doubt, and what follows says why


class Spoken(NamedTuple):
    """What a meter says: its key, quantity and the item to encode."""

    meter: str
    quantity: str
    item: Item


class Row(NamedTuple):
    """A row as read: [start, end) of its interval, its cells by column name, and whether rows are missing before.

    A row that tells what was used since the one before it has no start where that one is missing: start = end.
    """

    start: datetime
    end: datetime
    cells: dict[str, str]
    after_gap: bool


@dataclass(slots=True)
class Counter:
    """A running register made of intervals: its value, and a serial that changes whenever it begins anew."""

    value: float = 0.0
    number: int = 0
    running: bool = False


@dataclass(slots=True)
class Meters:
    """The registers of all meters so far: a meter's files follow each other and its register goes on."""

    counters: dict[str, Counter] = field(default_factory=dict)
    last_end: dict[str, datetime] = field(default_factory=dict)


def rows(found: Found) -> Iterator[Row]:
    """Yield the rows of a file by time; of rows with one time the last counts, as in the store.

    Raises `MappingWrong` where the mapping is for another file.
    """
    kind = found.kind
    previous: datetime | None = None
    for time, cells in sorted(_lines(found).items()):
        gap = previous is not None and _slot(time, kind) - _slot(previous, kind) > 1
        since_previous = time if previous is None or gap else previous
        start, end = (time, time + kind.interval) if kind.label == "start" else (since_previous, time)
        yield Row(start, end, cells, gap)
        previous = time


def _lines(found: Found) -> dict[datetime, dict[str, str]]:
    """Return the cells of each time; the order of the lines tells doubled local times apart."""
    told: dict[datetime, dict[str, str]] = {}
    with found.path.open(encoding=found.kind.encoding, newline="") as file:
        lines = csv.reader(file)
        header = _header(lines, found)
        previous: datetime | None = None
        for number, cells in enumerate(lines, found.kind.header_line + 1):
            if any(cells):
                previous = _time(cells, header, found, number, previous)
                told[previous] = dict(zip(header, cells, strict=False))
    return told


def _header(lines: Iterator[list[str]], found: Found) -> list[str]:
    header: list[str] = []
    for _ in range(found.kind.header_line):
        header = next(lines, [])
    header = [name or f"#{place}" for place, name in enumerate(header, 1)]
    wanted = [*found.kind.time, *(column.name for column in found.kind.columns)]
    missing = [name for name in wanted if name not in header]
    if missing:
        raise MappingWrong(
            f"{found.path}: line {found.kind.header_line} has no column {missing[0]!r} (it has {', '.join(header)}): "
            "this mapping is for another file, or header_line or encoding is wrong"
        )
    return header


def _time(cells: list[str], header: list[str], found: Found, line: int, previous: datetime | None) -> datetime:
    kind = found.kind
    try:
        text = " ".join(cells[header.index(name)] for name in kind.time)
        local = datetime.strptime(text, kind.time_format)
    except (ValueError, IndexError) as error:
        raise MappingWrong(f"{found.path}: line {line}: {error}") from error
    first = local.replace(tzinfo=kind.zone).astimezone(UTC)
    if previous is not None and first <= previous:
        # The hour that comes twice when summer time ends: the second time it is told apart by its order.
        second = local.replace(tzinfo=kind.zone, fold=1).astimezone(UTC)
        if second > previous:
            return second
    return first


def _slot(time: datetime, kind: FileKind) -> int:
    """Number the intervals; a daily row belongs to its local date, whatever the hour it was taken."""
    day = timedelta(days=1)
    if kind.interval >= day:
        return time.astimezone(kind.zone).date().toordinal() // (kind.interval // day)
    return int(time.timestamp() // kind.interval.total_seconds())


def spoken(found: Found, meters: Meters) -> Iterator[Spoken]:
    """Yield what the meters of a file say, in the order of its rows."""
    for row in rows(found):
        for column in found.kind.columns:
            meter = found.meter(column)
            value = _value(row.cells.get(column.name, ""), column, found)
            counted = column.kind == "register"
            items = _counted(row, meter, value, meters) if counted else _interval(row, column, value, found)
            for item in items:
                yield Spoken(meter, column.quantity, replace(item, quantity=column.quantity))
            meters.last_end[meter] = row.end


def _value(cell: str, column: Column, found: Found) -> float | None:
    text = cell.strip()
    if text in column.gap:
        return None
    for sign in found.kind.grouping:
        text = text.replace(sign, "")
    try:
        return float(text)
    except ValueError:
        raise MappingWrong(
            f"{found.path}: {column.name}: {cell!r} is no number; add it to gap = [...] if it codes a missing reading"
        ) from None


def _interval(row: Row, column: Column, value: float | None, found: Found) -> Iterator[Item]:
    if value is None:
        return
    rule = next((rule for rule in column.rules if rule.fits(row.start, value)), None)
    unit = column.unit if rule is None else (rule.unit or DOUBT + rule.doubt)
    if row.start == row.end:
        row = row._replace(start=row.end - found.kind.interval)
        unit = DOUBT + "the row before is missing: since when this was used is unknown"
    yield Item(value, Kind.INTERVAL, row.start, unit=unit, duration=row.end - row.start)


def _counted(row: Row, meter: str, value: float | None, meters: Meters) -> Iterator[Item]:
    counter = meters.counters.setdefault(meter, Counter())
    if row.after_gap or meters.last_end.get(meter, row.start) < row.start:
        counter.running = False
    if value is None:
        counter.running = False
        return
    if not counter.running:
        counter.number += 1
        counter.running = True
        # Where it is unknown since when a row's use counts, its value is where the new register begins.
        knows_start = row.end > row.start
        counter.value = 0.0 if knows_start else value
        yield _register(row.start if knows_start else row.end, meter, counter)
        if not knows_start:
            return
    counter.value += value
    yield _register(row.end, meter, counter)


def _register(time: datetime, meter: str, counter: Counter) -> Item:
    return Item(round(counter.value, 6), Kind.REGISTER, time, serial=f"{meter}/{counter.number}")
