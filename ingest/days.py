"""One row a day: which instants the columns of a row stand for, on days of 23, 24 and 25 hours."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from campus.readings import Kind, Quality
from ingest.cells import absent
from ingest.headings import Slot
from ingest.layout import Fault, Reading, Value, amount, item_of, labels_of, quality, stamp_of, unit_of_row
from ingest.localtime import Faulty, to_utc, twice
from ingest.payload import Item
from ingest.table import Columns, Row, cell

_DAY_MINUTES = 1440
_DAY = timedelta(days=1)


def step_of(columns: Columns) -> int:
    """Return the length of a part of the day [min], by the distance of the headings or by their number."""
    slots = [slot for _, slot in columns.slots]
    if slots[0].number:
        highest = max(slot.number for slot in slots)
        return next(step for step in (60, 30, 15) if highest <= (_DAY_MINUTES + 60) // step)
    apart = [b.minutes - a.minutes for a, b in pairwise(slots) if b.minutes > a.minutes]
    return Counter(apart).most_common(1)[0][0]


def ends(columns: Columns) -> bool:
    """Whether headings of times name the end of their part: the first is 00:30, the last 24:00 or again 00:00."""
    first = columns.slots[0][1]
    return not first.number and not first.begins and first.minutes == step_of(columns)


def beginnings(columns: Columns, *, late: bool) -> tuple[int, ...]:
    """Return the minute of the day at which each part begins; `late`: headings of times name the parts' ends."""
    step = step_of(columns)
    return tuple(_begins(place, slot, step, late) for place, (_, slot) in enumerate(columns.slots))


def _begins(place: int, slot: Slot, step: int, late: bool) -> int:
    if slot.number:
        return (slot.number - 1) * step
    minutes = _DAY_MINUTES if slot.minutes == _DAY_MINUTES - 1 else slot.minutes
    if slot.begins or not late:
        return minutes
    # A 00:00 that comes last is the end of this day, one that comes first the end of the day before.
    return (minutes or (_DAY_MINUTES if place else 0)) - step


def read(row: Row, reading: Reading) -> list[Value | Fault]:
    """Return the values of a day's row: use from each beginning on, or the counter at each time named."""
    found = stamp_of(row, reading, ("date", "time", "start"))
    if isinstance(found, Fault):
        return [found]
    columns, how = reading.columns, reading.how
    day = found.when.replace(hour=0, minute=0, second=0)
    if day.tzinfo is not None:
        return [Fault("日期不应带时差", "a day must not carry an offset", columns.name(columns.first("date") or 0))]
    labels, usual = labels_of(row, columns), quality(row, columns)
    step = timedelta(minutes=step_of(columns))
    late = step if how.registers and how.ends else timedelta(0)
    values: list[Value | Fault] = []
    for (column, _), when in zip(columns.slots, _instants(row, day, reading), strict=True):
        value = amount(row, column, reading)
        if value is None:
            continue
        if isinstance(value, Fault) or isinstance(when, Fault):
            if isinstance(value, Fault):
                values.append(value)
            elif isinstance(when, Fault) and value:  # a 0 fills the hour that summer time took away
                values.append(Fault(when.zh, when.en, columns.name(column)))
            continue
        unit = unit_of_row(row, column, columns)
        values.append(Value(labels, _item(value, when + late, unit, step, reading, usual), columns.name(column)))
    return _told_once(values)


def _told_once(values: list[Value | Fault]) -> list[Value | Fault]:
    """Return the values, and each reason once: what is wrong with a whole row is not told of every column."""
    alike: dict[str, list[Fault]] = {}
    for one in values:
        if isinstance(one, Fault):
            alike.setdefault(one.en, []).append(one)
    faults = [same[0] if len(same) == 1 else Fault(same[0].zh, same[0].en) for same in alike.values()]
    return [*(one for one in values if isinstance(one, Value)), *faults]


def _item(value: float, when: datetime, unit: str, step: timedelta, reading: Reading, usual: Quality) -> Item:
    if reading.how.registers:
        return item_of(value, Kind.REGISTER, when, unit, usual=usual)
    return item_of(value, Kind.INTERVAL, when, unit, until=when + step, usual=usual)


def _instants(row: Row, day: datetime, reading: Reading) -> list[datetime | Fault]:
    columns, zone = reading.columns, reading.how.zone
    minutes = beginnings(columns, late=reading.how.ends)
    if not columns.slots[0][1].number:
        return list(_by_clock(day, minutes, zone))
    filled = sum(not absent(cell(row, column)) for column, _ in columns.slots)
    return list(_by_number(day, minutes, zone, filled, step_of(columns)))


@lru_cache(maxsize=2000)
def _by_clock(day: datetime, minutes: tuple[int, ...], zone: ZoneInfo) -> tuple[datetime | Fault, ...]:
    first, length = _span(day, zone)
    if length == _DAY:
        return tuple(first + timedelta(minutes=minute) for minute in minutes)
    return tuple(_on_odd_day(day + timedelta(minutes=minute), zone) for minute in minutes)


def _on_odd_day(when: datetime, zone: ZoneInfo) -> datetime | Fault:
    if twice(when, zone):
        return Fault(
            f"{when:%Y-%m-%d %H:%M} 这天出现两次（夏令时结束），一列说不清是哪一次",
            f"the clock shows {when:%Y-%m-%d %H:%M} twice (summer time ends): one column cannot say which",
        )
    found = to_utc(when, zone)
    return Fault(found.zh, found.en) if isinstance(found, Faulty) else found


@lru_cache(maxsize=2000)
def _by_number(
    day: datetime, minutes: tuple[int, ...], zone: ZoneInfo, filled: int, step: int
) -> tuple[datetime | Fault, ...]:
    """Numbered parts are counted from midnight as time passes: 46, 48 or 50 half hours, which must fit the day."""
    first, length = _span(day, zone)
    parts = int(length.total_seconds()) // 60 // step
    usual = _DAY_MINUTES // step
    beyond = Fault(f"这一天只有 {parts} 个时段", f"this day has {parts} parts only")
    if length != _DAY and filled == usual:
        fault = Fault(
            f"{day:%Y-%m-%d} 有 {parts} 个时段，却有 {usual} 个数：文件可能不用夏令时，请加 --timezone",
            f"{day:%Y-%m-%d} has {parts} parts but {usual} values: the file seems to keep no summer time;"
            " give --timezone",
        )
        return (fault,) * len(minutes)
    return tuple(first + timedelta(minutes=m) if m < parts * step else beyond for m in minutes)


def _span(day: datetime, zone: ZoneInfo) -> tuple[datetime, timedelta]:
    first = day.replace(tzinfo=zone).astimezone(UTC)
    return first, (day + _DAY).replace(tzinfo=zone).astimezone(UTC) - first
