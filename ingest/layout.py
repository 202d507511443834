"""What a layout of files is: which columns it is known by, and how one of its rows becomes values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from campus import catalogue
from campus.readings import Kind, Quality
from ingest.cells import absent, number, text_of
from ingest.headings import names_in
from ingest.localtime import Faulty, Folds, to_utc
from ingest.payload import Item
from ingest.stamps import DAY_FIRST, Stamp, minutes_of, stamp
from ingest.table import Columns, Row, cell

# What a file calls a meter: number, account, name.
Labels = tuple[str, ...]
_ESTIMATED = ("e", "估")


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a file writes what it says; each is found by evidence (`ingest.survey`) or given by a person.

    `ends`: times label the end of an interval. `registers`: values are counters, not use. `inclusive`: the last day
    of a bill still belongs to it. `falling`: the newest row comes first. `steps`: the length of a meter's intervals,
    `step` that of the others, None where nothing tells it.
    """

    zone: ZoneInfo
    order: str = DAY_FIRST
    decimal: str = "."
    ends: bool = False
    registers: bool = False
    inclusive: bool = False
    falling: bool = False
    step: timedelta | None = None
    steps: Mapping[Labels, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a row, whose meter is known by one of `labels`, the surest first; `said` goes along with it."""

    labels: Labels
    item: Item
    column: str = ""
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a row that cannot be taken, and why; `column` is "" where it is the whole row."""

    zh: str
    en: str
    column: str = ""


@dataclass(slots=True)
class Reading:
    """A file while its rows are read: what its columns are, how it writes, and where the clock stands."""

    columns: Columns
    how: Conventions
    folds: Folds = field(default_factory=Folds)


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout of files, one file in `ingest/layouts/`.

    `claim` returns how many of the columns it understands, 0 for a file that is not of this layout. `read` never
    raises: what it cannot take it gives back as a `Fault`; an empty list is a row without a value.
    `bills`: rows are a utility's bills, for meters that do not speak for themselves.
    """

    name: str
    zh: str
    en: str
    example: str
    claim: Callable[[Columns, Sequence[Row]], int]
    read: Callable[[Row, Reading], list[Value | Fault]]
    bills: bool = False


def layouts() -> dict[str, Layout]:
    """Return the layouts of `ingest/layouts/`, by name."""
    from ingest import layouts as folder

    return catalogue.load(folder, "LAYOUT")


def recognise(known: Mapping[str, Layout], columns: Columns, data: Sequence[Row]) -> Layout | None:
    """Return the layout that understands most of the columns, or None."""
    best = max(known.values(), key=lambda layout: layout.claim(columns, data))
    return best if best.claim(columns, data) else None


_IDENTITY = ("meter", "account", "name")


def labels_of(row: Row, columns: Columns) -> Labels:
    """Return what a row says of whose value it is, the surest first."""
    texts = (text_of(cell(row, column)) for role in _IDENTITY for column in columns.roles.get(role, ()))
    return tuple(text for text in texts if not absent(text))


def series_labels(columns: Columns, column: int) -> Labels:
    """Return the names of the meter that a column is."""
    return names_in(columns.name(column))


def stamp_of(row: Row, reading: Reading, roles: Sequence[str] = ("time", "date")) -> Stamp | Fault:
    """Return the day or instant of a row, by its clock; a column of the time of day is added to one of the day."""
    columns, how = reading.columns, reading.how
    column = next((place for role in roles if (place := columns.first(role)) is not None), None)
    raw = cell(row, column)
    found: Stamp | None = stamp(raw, how.order)
    name = columns.name(column or 0)
    if found is None:
        shown = text_of(raw)
        if not shown:
            return Fault("没有日期或时间", "has no date or time", name)
        return Fault(f'"{shown[:40]}"不是日期', f'"{shown[:40]}" is no date', name)
    beside = columns.first("clock")
    if beside is None or column != columns.first("date"):
        return found
    minutes = minutes_of(cell(row, beside))
    if minutes is None:
        shown = text_of(cell(row, beside))
        return Fault(f'"{shown[:40]}"不是时刻', f'"{shown[:40]}" is no time of day', columns.name(beside))
    return Stamp(found.when + timedelta(minutes=minutes), True)


def instant(when: datetime, labels: Labels, reading: Reading) -> datetime | Fault:
    """Return the UTC instant of a file's time, or why the clock never showed it."""
    how = reading.how
    found = to_utc(when, how.zone, reading.folds.of(labels, when, how.zone, falling=how.falling))
    return Fault(found.zh, found.en) if isinstance(found, Faulty) else found


def amount(row: Row, column: int, reading: Reading) -> float | Fault | None:
    """Return a cell's number, None where it is empty: missing is absent, never 0."""
    raw = cell(row, column)
    if absent(raw):
        return None
    value = number(raw, reading.how.decimal)
    if value is not None and value >= 0:
        return value
    name, shown = reading.columns.name(column), text_of(raw)[:40]
    if value is None:
        return Fault(f'"{shown}"不是数字', f'"{shown}" is no number', name)
    return Fault(f"{shown} 小于 0", f"{shown} is below 0", name)


def unit_of_row(row: Row, column: int, columns: Columns) -> str:
    """Return the unit of a cell: its heading's, else that of the row's own column of units, else ""."""
    return columns.units.get(column, "") or text_of(cell(row, columns.first("unit")))


def quality(row: Row, columns: Columns, usual: Quality = Quality.GOOD) -> Quality:
    """Return how a row's values came to be known."""
    said = text_of(cell(row, columns.first("status"))).casefold()
    return Quality.DEVICE_ESTIMATE if said.startswith(_ESTIMATED) else usual


def item_of(
    value: float, kind: Kind, time: datetime, unit: str, *, until: datetime | None = None, usual: Quality
) -> Item:
    """Return an item; an interval runs until `until`."""
    length = until - time if until is not None else timedelta(0)
    return Item(value, kind, time, unit=unit, duration=length, quality=usual)


def rising(columns: Columns, data: Sequence[Row], column: int) -> bool:
    """Whether a column's numbers are a counter's: per meter they never fall, and the gain is below the value."""
    last: dict[Labels, float] = {}
    first: dict[Labels, float] = {}
    falls = steps = 0
    for row in data:
        value = number(cell(row, column), ".")
        if value is None:
            continue
        who = labels_of(row, columns)
        if who in last:
            steps += 1
            falls += value < last[who]
        first.setdefault(who, value)
        last[who] = value
    gained = any(last[who] > first[who] > 0 for who in last)
    return steps > 0 and gained and (falls == 0 or falls == steps)
