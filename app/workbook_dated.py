"""Changes of a meter that begin on a day: what it has measured before keeps the values it was measured with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.workbook_cells import CLEAR
from app.workbook_columns import CHANGE_FROM, NEW_START, OLD_END
from app.workbook_edits import Drop, Edit, Insert, Path, Put, current
from app.workbook_problem import Problem
from app.workbook_read import Row


@dataclass(frozen=True, slots=True)
class Asking:
    """The meter as registered, its path in the file, and the day the changes of meters with readings begin."""

    raw: Mapping[str, Any]
    path: Path
    now: datetime
    since: datetime | None
    has_readings: Callable[[str], bool]


@dataclass(slots=True)
class Dated:
    """The edits that changes of a row come to, what is wrong with them, and whether only their day is missing.

    `since` is the day on which the keys in `begin` change; what is not in it is put right where it stands.
    """

    edits: list[Edit] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    undated: bool = False
    since: datetime | None = None
    begin: frozenset[str] = frozenset()


def dated_edits(row: Row, values: Mapping[str, Any], asking: Asking) -> Dated:
    """Return how changed values of a meter are written.

    A meter without readings is corrected where it stands, unless its row states a day after its beginning. Any other
    gets a [[meter.change]], and for a new serial a [[meter.replaced]], from the day on; a serial where there was none
    was only unknown.
    """
    dated = Dated()
    rest = dict(values)
    serial = rest.pop("serial", None)
    first_serial = serial is not None and not current(asking.raw, "serial", asking.now)[0]
    if first_serial:
        dated.edits.append(Put((*asking.path, "serial"), serial))
        serial = None
    if not rest and serial is None:
        return dated
    if not asking.has_readings(str(asking.raw["key"])) and not _from_a_day(row, asking):
        dated.edits += _in_place(values if not first_serial else rest, asking)
    elif asking.since is None:
        dated.undated = True
    else:
        dated.since, dated.begin = asking.since, frozenset(rest if serial is None else {*rest, "serial"})
        if rest:
            _change(row, rest, asking, dated)
        if serial is not None:
            _replacement(row, serial, asking, dated)
    return dated


def _from_a_day(row: Row, asking: Asking) -> bool:
    """Whether the row itself states a day, and one on which the meter had already begun with other values."""
    stated, beginning = row.values.get(CHANGE_FROM), row.values.get("from") or asking.raw.get("from")
    return bool(stated and (not beginning or stated > beginning))


def _in_place(values: Mapping[str, Any], asking: Asking) -> list[Edit]:
    edits: list[Edit] = []
    for key, value in values.items():
        _, place = current(asking.raw, key, asking.now)
        drop = value == CLEAR and place == (key,)
        edits.append(Drop((*asking.path, *place)) if drop else Put((*asking.path, *place), value))
    return edits


def _change(row: Row, values: Mapping[str, Any], asking: Asking, dated: Dated) -> None:
    assert asking.since is not None
    changes = asking.raw.get("change", [])
    later = next((c["from"] for c in changes if c["from"] > asking.since and set(c) & set(values)), None)
    if later is not None:
        day = later.astimezone(asking.since.tzinfo).date()
        dated.problems.append(
            row.wrong(
                CHANGE_FROM,
                f"{day} 起已登记了另一次变更：日期应晚于它，或先在文件里改它",
                f"a later change is registered from {day} on: take a day after it, or edit that change in the file",
            )
        )
        return
    number = next((n for n, c in enumerate(changes) if c["from"] == asking.since), None)
    if number is not None:
        path = (*asking.path, "change", number)
        dated.edits += [Put((*path, k), v) for k, v in values.items() if changes[number].get(k) != v]
        return
    position = sum(change["from"] < asking.since for change in changes)
    dated.edits.append(Insert((*asking.path, "change"), position, {"from": asking.since, **values}))


def _replacement(row: Row, serial: str, asking: Asking, dated: Dated) -> None:
    """A new serial on a meter with readings is another meter: without its registers the use between is lost."""
    assert asking.since is not None
    missing = [key for key in (OLD_END, NEW_START) if row.values.get(key) in (None, CLEAR)]
    for key in missing if serial != CLEAR else ():
        column = row.sheet.column(key)
        dated.problems.append(
            row.wrong(
                key,
                f"表号变了就是换表：缺少{column.zh}（若只是表号写错，请在文件里改 serial）",
                f"a new serial is a new meter: {column.en} is missing (put a misspelt one right in the file: serial)",
            )
        )
    if serial == CLEAR:
        dated.problems.append(row.wrong("serial", "已登记的表号不能删去", "a registered serial cannot be taken away"))
    elif asking.since > asking.now:
        dated.problems.append(row.wrong(CHANGE_FROM, "换表日期在将来", "the meter is swapped in the future"))
    elif not missing:
        replaced = asking.raw.get("replaced", [])
        values = {
            "at": asking.since,
            "end": row.values[OLD_END],
            "start": row.values[NEW_START],
            "serial": serial,
        }
        position = sum(entry["at"] < asking.since for entry in replaced)
        dated.edits.append(Insert((*asking.path, "replaced"), position, values))
