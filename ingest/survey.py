"""How a file writes what it says, by evidence gathered over all of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ingest import days
from ingest.cells import Cell, decimal_mark, number
from ingest.layout import Conventions, Labels, Layout, labels_of, rising, series_labels
from ingest.stamps import DAY_FIRST, MONTH_FIRST, day_and_month, day_order, minutes_of, stamp
from ingest.table import Columns, Row, cell

_DATED = ("time", "date", "start", "end")
_VALUED = ("use", "register", "value", "start_register", "end_register", "yuan")
_STEPS_KEPT = 500  # times of a meter from which the length of its intervals is taken
_LABELS_KEPT = 5000
_PAIRS_KEPT = 20_000
_DAY = timedelta(days=1)


class Seen(NamedTuple):
    """What the file shows of one thing: what was concluded, and whether anything in the file proves it."""

    value: str
    proven: bool


@dataclass(slots=True)
class Times:
    """The times of one meter, raw: the first ones, in the order of the rows, and the last."""

    kept: list[tuple[Cell, Cell]] = field(default_factory=list)
    last: tuple[Cell, Cell] = (None, None)
    rows: int = 0


@dataclass(slots=True)
class Evidence:
    """What was seen of a file so far."""

    rows: int = 0
    orders: Counter[str] = field(default_factory=Counter)
    pairs: set[tuple[int, int]] = field(default_factory=set)
    decimals: Counter[str] = field(default_factory=Counter)
    either_way: int = 0  # numbers such as 1.234 that mean two things
    times: dict[Labels, Times] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Places:
    """Which columns of a table tell something of how it writes."""

    columns: Columns
    dated: tuple[int, ...]
    valued: tuple[int, ...]
    when: int | None
    beside: int | None


def places(columns: Columns) -> Places:
    """Return where to look."""
    return Places(
        columns,
        tuple(column for role in _DATED for column in columns.roles.get(role, ())),
        _value_columns(columns),
        next((columns.first(role) for role in ("time", "date", "start") if columns.has(role)), None),
        columns.first("clock" if columns.has("clock") else "end"),
    )


def look(row: Row, where: Places, seen: Evidence) -> None:
    """Take a row's evidence."""
    seen.rows += 1
    columns = where.columns
    for column in where.dated:
        _look_at_date(cell(row, column), seen)
    for column in where.valued:
        raw = cell(row, column)
        if mark := decimal_mark(raw):
            seen.decimals[mark] += 1
        elif not seen.decimals and isinstance(raw, str) and number(raw, ".") != number(raw, ","):
            seen.either_way += 1
    who = () if columns.series else labels_of(row, columns)
    if who in seen.times or len(seen.times) < _LABELS_KEPT:
        times = seen.times.setdefault(who, Times())
        times.last = cell(row, where.when), cell(row, where.beside)
        times.rows += 1
        if len(times.kept) < _STEPS_KEPT:
            times.kept.append(times.last)


def _value_columns(columns: Columns) -> tuple[int, ...]:
    valued = (column for role in _VALUED for column in columns.roles.get(role, ()))
    return (*valued, *columns.series, *(column for column, _ in columns.slots))


def _look_at_date(raw: Cell, seen: Evidence) -> None:
    if order := day_order(raw):
        seen.orders[order] += 1
    if len(seen.pairs) < _PAIRS_KEPT and (pair := day_and_month(raw)):
        seen.pairs.add(pair)


def order_of(seen: Evidence) -> Seen:
    """Return the order of day and month: by numbers above 12, else by which of the two changes from row to row."""
    if seen.orders:
        return Seen(seen.orders.most_common(1)[0][0], True)
    first, second = ({pair[place] for pair in seen.pairs} for place in (0, 1))
    if len(first) == len(second):
        return Seen(DAY_FIRST, all(a == b for a, b in seen.pairs))
    return Seen(DAY_FIRST if len(first) > len(second) else MONTH_FIRST, True)


def decimal_of(seen: Evidence, delimiter: str) -> Seen:
    """Return the decimal mark; where no number proves one, a file parted by semicolons is taken for a comma's."""
    if seen.decimals:
        return Seen(seen.decimals.most_common(1)[0][0], True)
    return Seen("," if delimiter == ";" else ".", not seen.either_way)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The lengths of the meters' intervals, whether times label their ends and whether that is proven, the order."""

    steps: Mapping[Labels, timedelta]
    step: timedelta | None
    ends: bool
    proven: bool
    falling: bool


def rhythm(seen: Evidence, columns: Columns, order: str) -> Rhythm:
    """Return how the times of a file follow each other."""
    steps: dict[Labels, timedelta] = {}
    votes: Counter[bool] = Counter()
    late: Counter[bool] = Counter()
    directions: Counter[bool] = Counter()
    for who, times in seen.times.items():
        kept = [when for raw in times.kept if (when := _when(raw, columns, order))]
        apart = Counter(abs(b - a) for a, b in pairwise(kept) if a != b)
        directions.update(b < a for a, b in pairwise(kept) if a != b)
        if not apart:
            continue
        steps[who] = apart.most_common(1)[0][0]
        edges = sorted(filter(None, (kept[0], _when(times.last, columns, order))))
        if (vote := _ends(edges[0], edges[-1], steps[who])) is not None:
            votes[vote] += 1
        late[_clock_of(edges[0]) == steps[who]] += 1
    common = Counter(steps.values()).most_common(1)
    proven = votes[True] != votes[False]
    # A file that begins at 00:30 and has no whole day proves nothing, but has its first interval end there.
    ends = votes[True] > votes[False] if proven else late[True] > late[False]
    return Rhythm(steps, common[0][0] if common else None, ends, proven, directions[True] > directions[False])


def _clock_of(when: datetime) -> timedelta:
    return timedelta(hours=when.hour, minutes=when.minute)


def _ends(first: datetime, last: datetime, step: timedelta) -> bool | None:
    """Whether whole days run from the first interval's end (00:30 … 00:00) or its start (00:00 … 23:30)."""
    if step >= _DAY:
        return None
    begin, finish = _clock_of(first), _clock_of(last)
    if begin == step and not finish:
        return True
    return False if not begin and finish == _DAY - step else None


def _when(raw: tuple[Cell, Cell], columns: Columns, order: str) -> datetime | None:
    found = stamp(raw[0], order)
    if found is None:
        return None
    minutes = minutes_of(raw[1]) if columns.has("clock") and not columns.has("time") else 0
    return found.when.replace(tzinfo=None) + timedelta(minutes=minutes or 0)


def inclusive(seen: Evidence, order: str) -> bool:
    """Whether the last day of a bill belongs to it: the next one begins a day later, not on the same day."""
    votes: Counter[timedelta] = Counter()
    for times in seen.times.values():
        periods = sorted(
            (start.when.replace(tzinfo=None), end.when.replace(tzinfo=None))
            for raw in times.kept
            if (start := stamp(raw[0], order)) and (end := stamp(raw[1], order))
        )
        votes.update(after[0] - before[1] for before, after in pairwise(periods))
    return votes[_DAY] > votes[timedelta(0)]


def counts_up(columns: Columns, data: list[Row]) -> bool:
    """Whether the values of a layout that may hold either are a counter's: within a row, or down a column."""
    if columns.slots:
        numbers = [[number(cell(row, column), ".") for column, _ in columns.slots] for row in data]
        told = [known for row in numbers if len(known := [value for value in row if value is not None]) > 1]
        return bool(told) and all(_climbs(row) for row in told) and any(row[-1] > row[0] for row in told)
    return bool(columns.series) and all(rising(columns, data, column) for column in columns.series)


def _climbs(row: list[float]) -> bool:
    """Whether numbers never fall and gain less than they begin with: a counter's day, not a load's morning."""
    return all(a <= b for a, b in pairwise(row)) and row[-1] - row[0] <= row[0]


def conventions(
    layout: Layout, columns: Columns, seen: Evidence, about: tuple[ZoneInfo, str, list[Row]]
) -> tuple[Conventions, dict[str, bool]]:
    """Return how a file writes, and of each thing whether the file proves it.

    `about` are the clock it is read by, its delimiter, and a sample of its rows.
    """
    zone, delimiter, data = about
    order, decimal = order_of(seen), decimal_of(seen, delimiter)
    times = rhythm(seen, columns, order.value)
    registers = layout.name in ("frozen", "wide") and counts_up(columns, data)
    how = Conventions(
        zone,
        order.value,
        decimal.value,
        times.ends and times.step is not None and times.step < _DAY,
        registers,
        layout.bills and inclusive(seen, order.value),
        times.falling,
        times.step,
        times.steps,
    )
    if columns.slots:
        how = replace(how, ends=days.ends(columns))
        return how, {"order": order.proven, "decimal": decimal.proven, "ends": True}
    labelled = times.proven or times.step is None or times.step >= _DAY or not _labelled(layout, columns, registers)
    return how, {"order": order.proven, "decimal": decimal.proven, "ends": labelled}


def _labelled(layout: Layout, columns: Columns, registers: bool) -> bool:
    """Whether one time stands for an interval in a layout."""
    return layout.name in ("by_reading", "wide") and not registers and not columns.has("start", "end")


def labels_seen(columns: Columns, seen: Evidence) -> list[Labels]:
    """Return what the file calls its meters, in the order it names them."""
    if columns.series:
        return [series_labels(columns, column) for column in columns.series]
    return list(seen.times)
