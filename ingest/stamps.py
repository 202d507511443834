"""Days and times as people and programs write them in files."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from ingest.cells import Cell

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CENTURY = 2000  # of a year of two digits: meters that are read by machines are younger
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?=\D|$|\d{4}(?:\d{2})?$)")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_DAY_NAME = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4}|\d{2})(?!\d)")
_NAME_DAY = re.compile(r"([A-Za-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})")
_CLOCK = re.compile(
    r"[T,\s]*(\d{1,2})[:时点](?:(\d{1,2})分?)?(?::?(\d{2})(?:\.\d+)?秒?)?\s*([AaPp][Mm])?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_COMPACT_CLOCK = re.compile(r"[T\s]?(\d{2})(\d{2})(\d{2})?()(Z|[+-]\d{2}:?\d{2})?")


class Stamp(NamedTuple):
    """A day or an instant: `when` is naive (the file's clock) or aware; `timed` says whether a time was written."""

    when: datetime
    timed: bool


def day_order(cell: Cell) -> str:
    """Return which order of day and month a date proves: 13/4/2024 the day first, 4/13/2024 the month, else "".

    Where dates are written with full stops the day comes first (DIN 1355-1; nobody writes 4.13.2024).
    """
    found = _NUMERIC.match(cell.strip()) if isinstance(cell, str) else None
    if found is None:
        return ""
    first, second = int(found[1]), int(found[3])
    if first > 12 >= second or found[2] == ".":
        return DAY_FIRST
    return MONTH_FIRST if second > 12 >= first else ""


def day_and_month(cell: Cell) -> tuple[int, int] | None:
    """Return the first two numbers of a date such as 10/12/2019, whose order has to be found out."""
    found = _NUMERIC.match(cell.strip()) if isinstance(cell, str) else None
    return (int(found[1]), int(found[3])) if found else None


def stamp(cell: Cell, order: str) -> Stamp | None:
    """Return the day or instant a cell tells, or None; `order` decides of dates such as 10/12/2019."""
    if isinstance(cell, datetime):
        exact = cell + timedelta(microseconds=500_000)  # a spreadsheet's fraction of a day: 01:29:59.999997
        return Stamp(exact.replace(microsecond=0), exact.time().replace(microsecond=0) != time())
    if isinstance(cell, date):
        return Stamp(datetime.combine(cell, time()), False)
    return _written(cell, order) if isinstance(cell, str) else None


@lru_cache(maxsize=20_000)
def _written(raw: str, order: str) -> Stamp | None:
    text = unicodedata.normalize("NFKC", raw).strip().strip("'").strip()
    found = _day_of(text, order)
    if found is None:
        return None
    day, end, compact = found
    rest = text[end:].strip()
    if not rest:
        return Stamp(day, False)
    clock = (_COMPACT_CLOCK if compact and ":" not in rest else _CLOCK).fullmatch(rest)
    when = _at(day, clock) if clock else None
    return None if when is None else Stamp(when, True)


def _day_of(text: str, order: str) -> tuple[datetime, int, bool] | None:
    """Return the day a text begins with, where it ends, and whether it was written without any separator."""
    for pattern, places in (
        (_YEAR_FIRST, (1, 2, 3)),
        (_COMPACT, (1, 2, 3)),
        (_NUMERIC, (4, 3, 1) if order == DAY_FIRST else (4, 1, 3)),
        (_DAY_NAME, (3, 2, 1)),
        (_NAME_DAY, (3, 1, 2)),
    ):
        found = pattern.match(text)
        if found:
            year, month, day = (found[place] for place in places)
            known = _day(int(year), _month(month), int(day))
            return (known, found.end(), pattern is _COMPACT) if known else None
    return None


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    name = text[:3].casefold()
    return _MONTHS.index(name) + 1 if name in _MONTHS else 0


def _day(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year + _CENTURY if year < 100 else year, month, day)
    except ValueError:
        return None


def _at(day: datetime, clock: re.Match[str]) -> datetime | None:
    hour, minute, second = int(clock[1]), int(clock[2] or 0), int(clock[3] or 0)
    if clock[4]:
        hour = hour % 12 + (12 if clock[4].casefold() == "pm" else 0)
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second)):
        return None
    when = day + timedelta(hours=hour, minutes=minute, seconds=second)
    if not clock[5]:
        return when
    return datetime.fromisoformat(f"{when.isoformat()}{'+00:00' if clock[5] == 'Z' else clock[5]}")


def minutes_of(cell: Cell) -> int | None:
    """Return the minute of the day [0..1440] that a cell such as 00:30, 24:00 or 7:00 PM tells, or None."""
    if isinstance(cell, datetime) and cell.year < 1901:  # a spreadsheet's day 0 with a time
        cell = cell.time()
    if isinstance(cell, time):
        return cell.hour * 60 + cell.minute
    found = _CLOCK.fullmatch(unicodedata.normalize("NFKC", cell).strip()) if isinstance(cell, str) else None
    when = _at(datetime(2000, 1, 1), found) if found and not found[5] else None
    if when is None or when.second:
        return None
    return int((when - datetime(2000, 1, 1)).total_seconds()) // 60
