"""A file of weather as a service exports it: which columns are what, by which clock, in which unit; its samples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from campus.errors import CampusError
from campus.said import Said
from campus.schema import to_ms
from ingest.cells import Cell, absent, decimal_mark, number, text_of
from ingest.localtime import Faulty, Folds, to_utc
from ingest.stamps import DAY_FIRST, day_order, stamp
from ingest.table import LOOKED_AT, Row, cell
from ingest.weather_headings import POSSIBLE, USUAL, Unit, figure_of, in_utc, is_time, kinds_of, unit, unit_of

# Open-Meteo writes these two lines above the table of its exports (its CSV writer: latitude, …, utc_offset_seconds).
_OFFSET = "utc_offset_seconds"


class WeatherRefused(CampusError):
    """A file that cannot be read as weather; its text says why, on one line a reason."""

    def __init__(self, *reasons: Said) -> None:
        super().__init__("\n".join(f"{reason.zh} / {reason.en}" for reason in reasons))


class WeatherAsked(WeatherRefused):
    """A file that does not say all that has to be known; `asks` are the options that would."""

    def __init__(self, *asks: Ask) -> None:
        super().__init__(*(ask.said for ask in asks))
        self.asks = asks


@dataclass(frozen=True, slots=True)
class Ask:
    """What a file does not say: the option that says it, and what it mostly is ("" where only the school knows)."""

    said: Said
    option: str
    usual: str


@dataclass(frozen=True, slots=True)
class Options:
    """What somebody said of a file: its clock, the units by figure, the order of its dates (dmy, mdy)."""

    zone: ZoneInfo | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    order: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of weather: its figure, its heading, the unit as written and what that means."""

    index: int
    figure: str
    heading: str
    unit: str
    meaning: Unit


@dataclass(frozen=True, slots=True)
class WeatherFile:
    """What a file said: samples (n,) by figure, NaN where a cell is empty, in the figure's unit; an amount over an
    interval still as such (`Column.meaning.energy`). `left_out` are row numbers with what is wrong there."""

    columns: tuple[Column, ...]
    clock: str
    time_ms: NDArray[np.int64]
    value: Mapping[str, NDArray[np.float64]]
    left_out: tuple[tuple[int, Said], ...]


def read(rows: Sequence[Row], options: Options) -> WeatherFile:
    """Return what a file says. Raises `WeatherRefused` where it does not say what its numbers are."""
    heading = _heading(rows)
    names = [text_of(one) for one in heading.cells]
    at = next(index for index, name in enumerate(names) if is_time(name))
    first = {figure: index for index, name in reversed(list(enumerate(names))) if (figure := figure_of(name))}
    data = _below(rows, heading, at)
    told = [_column(index, names[index], options) for index in sorted(first.values())]
    columns = tuple(one for one in told if isinstance(one, Column))
    zone, order = _zone(rows, names[at], data, at, options), _order(data, at, options)
    asks = [one for one in (*told, zone, order) if isinstance(one, Ask)]
    if isinstance(zone, Ask) or isinstance(order, Ask) or asks:
        raise WeatherAsked(*asks)
    clock = _Clock(zone, order)
    times: list[int] = []
    values: dict[str, list[float]] = {column.figure: [] for column in columns}
    left_out: list[tuple[int, Said]] = []
    marks = {column.index: _mark(data, column.index) for column in columns}
    for row in data:
        when = clock.instant(cell(row, at))
        if isinstance(when, Said):
            left_out.append((row.number, when))
            continue
        times.append(to_ms(when))
        for column in columns:
            found = _value(cell(row, column.index), column, marks[column.index])
            if isinstance(found, Said):
                left_out.append((row.number, found))
            values[column.figure].append(math.nan if isinstance(found, Said) else found)
    arrays = {figure: np.array(found, np.float64) for figure, found in values.items()}
    return WeatherFile(columns, clock.name, np.array(times, np.int64), arrays, tuple(left_out))


def _heading(rows: Sequence[Row]) -> Row:
    """Return the first row that names a time and weather."""
    for row in rows[:LOOKED_AT]:
        names = [text_of(one) for one in row.cells]
        if any(map(is_time, names)) and any(map(figure_of, names)):
            return row
    said = Said(
        "没找到天气的表头：要有一列时间，和气温、相对湿度或总辐射中的一列",
        "no heading of weather: a column of times and one of temperature, humidity or irradiance is needed",
    )
    raise WeatherRefused(said)


def _below(rows: Sequence[Row], heading: Row, at: int) -> list[Row]:
    """Return the rows with a time up to the next table of the file: below the hours a service may put its days."""
    below = (row for row in rows if row.number > heading.number and not row.fault)
    return [
        row for row in takewhile(lambda row: not is_time(text_of(cell(row, at))), below) if not absent(cell(row, at))
    ]


def _column(index: int, name: str, options: Options) -> Column | Ask:
    figure = figure_of(name)
    written = options.units.get(figure) or unit_of(name)
    meaning = unit(figure, written) if written else None
    if meaning is None:
        known = ", ".join(kinds_of(figure))
        what = f"的单位 {written!r} 不认识" if written else "没有写单位"
        en = f"is in an unknown unit {written!r}" if written else "says no unit"
        option = figure.partition("/")[2]
        said = Said(
            f"列 {name!r} {what}：加 --unit {option}=单位（{known}）",
            f"column {name!r} {en}: add --unit {option}=UNIT ({known})",
        )
        return Ask(said, "--unit", f"{option}={USUAL[figure]}")
    return Column(index, figure, name, written, meaning)


def _zone(
    rows: Sequence[Row], name: str, data: Sequence[Row], at: int, options: Options
) -> timezone | ZoneInfo | Ask:
    """Return the clock of the times: as said, as the file says, or UTC where each time carries its own offset."""
    if options.zone is not None:
        return options.zone
    if in_utc(name):
        return UTC
    for above, below in pairwise(rows[:LOOKED_AT]):
        names = [text_of(one) for one in above.cells]
        if _OFFSET in names:
            seconds = number(cell(below, names.index(_OFFSET)), ".")
            if seconds is not None:
                return timezone(timedelta(seconds=seconds))
    first = next((found for row in data if (found := stamp(cell(row, at), DAY_FIRST))), None)
    if first is not None and first.when.tzinfo is not None:
        return UTC
    said = Said(
        "文件没说它的时间是哪个时区的：加 --timezone，如 Asia/Shanghai 或 UTC",
        "the file does not say of which clock its times are: add --timezone, such as Asia/Shanghai or UTC",
    )
    return Ask(said, "--timezone", "")


def _order(data: Sequence[Row], at: int, options: Options) -> str | Ask:
    proven = {order for row in data if (order := day_order(cell(row, at)))}
    if options.order or len(proven) == 1:
        return options.order or proven.pop()
    doubtful = any(_both(cell(row, at)) for row in data[:LOOKED_AT])
    if doubtful:
        said = Said(
            "日期看不出先日还是先月：加 --dates day-first 或 month-first",
            "its dates may begin with the day or the month: add --dates day-first or month-first",
        )
        return Ask(said, "--dates", "day-first")
    return DAY_FIRST


def _both(one: Cell) -> bool:
    first, second = stamp(one, DAY_FIRST), stamp(one, "mdy")
    return first is not None and second is not None and first.when != second.when


def _mark(data: Sequence[Row], index: int) -> str:
    return next((mark for row in data if (mark := decimal_mark(cell(row, index)))), ".")


@dataclass(slots=True)
class _Clock:
    """Tells the instants of a file's times, of the doubled hour in autumn by their order."""

    zone: timezone | ZoneInfo
    order: str
    folds: Folds = field(default_factory=Folds)

    @property
    def name(self) -> str:
        """The clock as people call it."""
        return str(self.zone)

    def instant(self, one: Cell) -> datetime | Said:
        """Return the instant of a cell, or what is wrong with it."""
        found = stamp(one, self.order)
        if found is None:
            return Said(f"{text_of(one)!r} 不是时间", f"{text_of(one)!r} is no time")
        if not isinstance(self.zone, ZoneInfo):
            when = found.when
            return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=self.zone).astimezone(UTC)
        utc = to_utc(found.when, self.zone, self.folds.of("", found.when, self.zone))
        return Said(utc.zh, utc.en) if isinstance(utc, Faulty) else utc


def _value(one: Cell, column: Column, mark: str) -> float | Said:
    """Return a cell in the figure's unit, NaN for an empty one, or what is wrong with it."""
    if absent(one):
        return math.nan
    written = number(one, mark)
    if written is None:
        return Said(f"{column.heading}：{text_of(one)!r} 不是数", f"{column.heading}: {text_of(one)!r} is no number")
    value = written * column.meaning.factor + column.meaning.offset
    low, high = POSSIBLE[column.figure]
    if not column.meaning.energy and not low <= value <= high:
        return Said(f"{column.heading}：{written:g} 不可能", f"{column.heading}: {written:g} cannot be true")
    return value
