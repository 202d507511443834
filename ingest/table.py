"""A file as rows, and which of them is the heading: what a program wrote above its own table is no data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ingest.cells import Cell, absent, number, text_of
from ingest.headings import Slot, role_and_unit, slot, unit_of
from ingest.stamps import DAY_FIRST, minutes_of, stamp

LOOKED_AT = 60  # rows in which a table must begin
SAMPLE = 400  # rows of data by which columns are told apart
ENOUGH_SLOTS = 20  # columns of parts of a day that make a heading, or a row without one
_SLOTS_OF_A_DAY = (24, 48, 96)
_FEWEST_CELLS = 2  # of a row of data
_SUMMED_BEFORE = 3  # columns in which a row of sums says so
_SUMS = frozenset(
    [
        "total",
        "totals",
        "sum",
        "subtotal",
        "average",
        "avg",
        "mean",
        "median",
        "max",
        "maximum",
        "min",
        "minimum",
        "count",
        "summe",
        "gesamt",
        "合计",
        "总计",
        "小计",
        "平均",
        "平均值",
        "最大",
        "最大值",
        "最小",
        "最小值",
        "汇总",
    ]
)
_SHARE = 0.8  # of the filled cells of a column that must be of a kind for the column to be of it


class Row(NamedTuple):
    """One row: its number as a person counts it in the file, from 1, and its cells; `fault` says it is broken."""

    number: int
    cells: tuple[Cell, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """What each column is: roles by name, parts of a day in order, units by column; `row` is the heading's number.

    `series` are columns that are a meter each, told by what stands in them.
    """

    names: tuple[str, ...] = ()
    row: int = 0
    roles: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    slots: tuple[tuple[int, Slot], ...] = ()
    units: Mapping[int, str] = field(default_factory=dict)
    series: tuple[int, ...] = ()

    def first(self, role: str) -> int | None:
        """Return the first column of a role."""
        return self.roles.get(role, (None,))[0]

    def has(self, *roles: str) -> bool:
        """Whether there is a column of each role."""
        return all(role in self.roles for role in roles)

    def name(self, column: int) -> str:
        """Return the heading of a column, or its letter's place where it has none."""
        named = self.names[column] if column < len(self.names) else ""
        return named or f"#{column + 1}"


def cell(row: Row, column: int | None) -> Cell:
    """Return a cell of a row; None where the row ends before it."""
    return row.cells[column] if column is not None and column < len(row.cells) else None


def understand(rows: Sequence[Row]) -> tuple[Columns, list[Row]]:
    """Return the columns of a table and a sample of its data, from the file's first rows."""
    heading = _heading(rows)
    start = heading.number if heading else 0
    named = Columns(tuple(map(text_of, heading.cells)) if heading else ())
    below = (row for row in rows if row.number > start and not row.fault and not is_note(row, named))
    data = [row for row in below if any(number(one, ".") is not None for one in row.cells)][:SAMPLE]
    return _columns(heading, data), data


def filled(row: Row) -> int:
    """Return how many cells of a row say something."""
    return sum(not absent(one) for one in row.cells)


def _heading(rows: Sequence[Row]) -> Row | None:
    """Return the row with the most known headings, else the one above the first row of data."""
    best, score = None, 1
    for row in rows[:LOOKED_AT]:
        known = _known_headings(row)
        if known > score:
            best, score = row, known
    if best is not None:
        return best
    first = next((row for row in rows if _is_data(row)), None)
    if first is None:
        return None
    numbers = [column for column, one in enumerate(first.cells) if number(one, ".") is not None]
    above = [row for row in rows if row.number < first.number and any(_is_text(cell(row, at)) for at in numbers)]
    return above[-1] if above else None


def _is_text(one: Cell) -> bool:
    return isinstance(one, str) and not absent(one) and number(one, ".") is None


def _known_headings(row: Row) -> int:
    texts = [text_of(one) for one in row.cells if not absent(one)]
    slots = sum(slot(text) is not None for text in texts)
    roles = {role_and_unit(text)[0] for text in texts} - {""}
    when = roles & {"time", "date", "start", "end"}
    what = roles & {"use", "register", "value", "end_register"} or slots >= ENOUGH_SLOTS
    return len(roles) + slots if when and what else 0


def _is_data(row: Row) -> bool:
    dates = sum(stamp(one, DAY_FIRST) is not None for one in row.cells)
    numbers = sum(number(one, ".") is not None for one in row.cells)
    return dates > 0 and numbers > 0


def _columns(heading: Row | None, data: Sequence[Row]) -> Columns:
    names = tuple(text_of(one) for one in heading.cells) if heading else ()
    roles: dict[str, list[int]] = {}
    slots: list[tuple[int, Slot]] = []
    units: dict[int, str] = {}
    for column, name in enumerate(names):
        role, unit = role_and_unit(name)
        part = slot(name)
        if part is not None:
            slots.append((column, part))
            unit = unit or role_and_unit(name.partition("_")[0])[1]
        elif role:
            roles.setdefault(role, []).append(column)
        if unit:
            units[column] = unit
    if len(slots) < ENOUGH_SLOTS:
        slots = []
    _by_content(roles, slots, names, data)
    series = () if slots else _series(roles, names, data)
    fixed = {role: tuple(columns) for role, columns in roles.items()}
    return Columns(names, heading.number if heading else 0, fixed, tuple(slots), units, series)


def _by_content(
    roles: dict[str, list[int]], slots: list[tuple[int, Slot]], names: Sequence[str], data: Sequence[Row]
) -> None:
    """Find by what stands in them the columns whose heading does not say: the day, its time, the unit, the parts."""
    width = max((len(row.cells) for row in data), default=0)
    taken = {column for columns in roles.values() for column in columns} | {column for column, _ in slots}
    for column in range(width):
        if column in taken or (len(slots) >= ENOUGH_SLOTS and column > slots[0][0]):
            continue
        found = _content([row.cells[column] for row in data if column < len(row.cells)])
        if found == "unit" or (found in ("date", "clock") and not roles.keys() & {"time", found, "start"}):
            roles.setdefault(found, []).append(column)
    if "clock" not in roles and "date" in roles and "time" in roles:
        _time_beside_date(roles, data)
    if not names and not slots and "date" in roles:
        _headless(roles, slots, width)


def _content(cells: Sequence[Cell]) -> str:
    said = [one for one in cells if not absent(one)]
    if not said:
        return ""
    for kind, fits in (
        ("date", lambda one: stamp(one, DAY_FIRST) is not None or stamp(one, "mdy") is not None),
        ("clock", lambda one: minutes_of(one) is not None),
        ("unit", lambda one: isinstance(one, str) and unit_of(one) != ""),
    ):
        if sum(map(fits, said)) >= _SHARE * len(said):
            return kind
    return ""


def _time_beside_date(roles: dict[str, list[int]], data: Sequence[Row]) -> None:
    """A column called time beside one called date holds the time of day, or the whole instant."""
    column = roles["time"][0]
    if _content([cell(row, column) for row in data]) == "clock":
        roles["clock"] = roles.pop("time")


def _headless(roles: dict[str, list[int]], slots: list[tuple[int, Slot]], width: int) -> None:
    """A row without a heading is understood where exactly a day's parts follow the day: who, day, 48 numbers."""
    day = roles["date"][0]
    parts = width - day - 1
    if parts in _SLOTS_OF_A_DAY and day > 0:
        step = 24 * 60 // parts
        slots.extend((day + 1 + part, Slot(part * step)) for part in range(parts))
        roles.setdefault("meter", []).extend(range(day))


def _series(roles: Mapping[str, list[int]], names: Sequence[str], data: Sequence[Row]) -> tuple[int, ...]:
    """Return the columns with a heading of their own that hold numbers: one meter each."""
    if roles.keys() & {"use", "register", "value", "start", "end_register"}:
        return ()
    taken = {column for columns in roles.values() for column in columns}
    free = [column for column, name in enumerate(names) if name and column not in taken]
    found = {column: _numeric([cell(row, column) for row in data]) for column in free}
    # A meter that was fitted later has nothing to say in the first rows.
    return tuple(column for column in free if found[column] is not False) if True in found.values() else ()


def _numeric(cells: Sequence[Cell]) -> bool | None:
    """Whether cells are numbers; None where all are empty."""
    said = [one for one in cells if not absent(one)]
    good = sum(number(one, ".") is not None or number(one, ",") is not None for one in said)
    return good >= _SHARE * len(said) if said else None


def is_note(row: Row, columns: Columns) -> bool:
    """Whether a row below the heading is no data: a line of text, the heading once more, or a sum of the rows."""
    if row.fault:
        return False
    # Most rows fill their first cells: the others are counted.
    few = sum(not absent(one) for one in row.cells[:_SUMMED_BEFORE]) < _FEWEST_CELLS
    if few and filled(row) < _FEWEST_CELLS and len(columns.names) > _FEWEST_CELLS:
        return True
    first = next((text for one in row.cells[:_SUMMED_BEFORE] if (text := text_of(one))), "")
    if first.casefold().rstrip(":：") in _SUMS:
        return True
    return first in columns.names and tuple(map(text_of, row.cells)) == columns.names
