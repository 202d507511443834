"""Flux: the few plain queries the store asks, and one pass over the CSV that answers them."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO

import numpy as np
from numpy.typing import NDArray

from campus.errors import StoreUnavailable
from campus.schema import FIELDS, TAGS, TEXT_FIELDS, Columns, SeriesId, empty, from_ms
from store.lineprotocol import tags_of

_LINE, _BLANK = "\r\n", "\r\n\r\n"
_NUMBER_WITHIN = 40  # characters: ",_result," and a number stand at a row's beginning


@dataclass(frozen=True, slots=True)
class Table:
    """One field of one series as it was answered: times [RFC 3339] ascending, and values, all text."""

    tags: Mapping[str, str]
    times: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


def rows(bucket: str, window_ms: tuple[int, int], where: str, rest: str = "") -> str:
    """Return the query for all rows of a bucket in [start, end) that `where` holds for, or those that `rest` leaves.

    Each row of an answer repeats the window that was asked for, unless told not to: that is 45 % of it.
    """
    start, stop = (instant(time_ms) for time_ms in window_ms)
    source = f"from(bucket: {_text(bucket)}) |> range(start: {start}, stop: {stop})"
    return f'{source} |> filter(fn: (r) => {where}){rest} |> drop(columns: ["_start", "_stop"])'


def of_measurement(measurement: str) -> str:
    """Return the condition for every series of a measurement."""
    return f"r._measurement == {_text(measurement)}"


def of_series(ids: Sequence[SeriesId], fields: Sequence[str] = ()) -> str:
    """Return the condition for series of one measurement, and for some of their fields where any are named."""
    named = [_any("_field", fields)] if fields else []
    return " and ".join([of_tags(ids[0].measurement, map(tags_of, ids)), *named])


def of_tags(measurement: str, tags: Iterable[Mapping[str, str]]) -> str:
    """Return the condition for a measurement under any of some tags, which all have the same names.

    Values that occur with the same others are asked for together: the server weighs every alternative for every
    series. One by one, 94 series of a school's months cost it 110 to 165 ms, together 45 (InfluxDB 2.7.12).
    """
    listed = list(tags)
    names = tuple(listed[0])
    return (
        f"{of_measurement(measurement)} and {_either(names, {tuple(one[name] for name in names) for one in listed})}"
    )


def _either(names: tuple[str, ...], values: Collection[tuple[str, ...]]) -> str:
    """Return the condition for any of some tuples of values."""
    if len(names) == 1:
        return _any(names[0], (value for (value,) in values))
    rests: dict[str, set[tuple[str, ...]]] = {}
    for first, *rest in values:
        rests.setdefault(first, set()).add(tuple(rest))
    alike: dict[frozenset[tuple[str, ...]], list[str]] = {}
    for first, others in rests.items():
        alike.setdefault(frozenset(others), []).append(first)
    both = [f"{_any(names[0], firsts)} and {_either(names[1:], others)}" for others, firsts in alike.items()]
    return both[0] if len(both) == 1 else "(" + " or ".join(f"({one})" for one in sorted(both)) + ")"


def _any(name: str, values: Iterable[str]) -> str:
    told = [f"r.{name} == {_text(value)}" for value in sorted(values)]
    return told[0] if len(told) == 1 else "(" + " or ".join(told) + ")"


def instant(time_ms: int) -> str:
    """Return a time as Flux and the delete endpoint write it."""
    return from_ms(time_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tables(text: str) -> Iterator[Table]:
    """Yield the tables of an answer. Raises `StoreUnavailable` where the server failed after rows had begun."""
    at = 0
    while at < len(text):
        end = text.find(_BLANK, at)
        end = len(text) if end < 0 else end
        first, _, body = text[at:end].partition(_LINE)
        header = first.split(",")
        if "error" in header:
            raise StoreUnavailable(f"InfluxDB broke off a query: {text.strip().splitlines()[-1]}")
        if body:
            yield from _of_block(header, body)
        at = end + len(_BLANK)


def _of_block(header: list[str], body: str) -> Iterator[Table]:
    """Yield the tables of rows under one header, one after another: each has a number, mostly one more."""
    at = 0
    while at < len(body):
        number = body[at : at + _NUMBER_WITHIN].split(",", 3)[2]
        end = body.find(f"{_LINE},_result,{int(number) + 1},", at)
        part = body[at : len(body) if end < 0 else end].removesuffix(_LINE)
        at = len(body) if end < 0 else end + len(_LINE)
        plain = _plain(header, part)
        if plain is not None:
            yield plain
        else:
            yield from _slowly(header, part)


def _plain(header: list[str], part: str) -> Table | None:
    """Return the one table of rows that differ in time and value alone, None where quotes or jumps are among them."""
    cut = part.find(_LINE)
    cells = (part if cut < 0 else part[:cut]).split(",")
    time_at = header.index("_time")
    if '"' in part or len(cells) != len(header) or header.index("_value") != time_at + 1:
        return None
    before, after = (",".join(some) for some in (cells[:time_at], cells[time_at + 2 :]))
    before, after = f"{before},", f",{after}"
    # What every row repeats is taken out in one go; a row that repeats something else keeps its end of line.
    told = part[len(before) : -len(after)].replace(f"{after}{_LINE}{before}", ",")
    if _LINE in told:
        return None
    pairs = told.split(",")
    return Table(dict(zip(header, cells, strict=True)), pairs[::2], pairs[1::2])


def _slowly(header: list[str], part: str) -> Iterator[Table]:
    number, table = "", Table({})
    time_at, value_at = header.index("_time"), header.index("_value")
    for row in csv.reader(StringIO(part, newline="")):
        if row[2] != number:
            if table.times:
                yield table
            number, table = row[2], Table(dict(zip(header, row, strict=True)))
        table.times.append(row[time_at])
        table.values.append(row[value_at])
    if table.times:
        yield table


def series_of(table: Table) -> SeriesId:
    """Return which series a table belongs to."""
    measurement = table.tags["_measurement"]
    return SeriesId(measurement, *(table.tags[tag] for tag in TAGS[measurement]))


def columns(found: Iterable[Table]) -> dict[SeriesId, Columns]:
    """Return the columns of each series among tables; a field that is nowhere set is all NaN."""
    grouped: dict[SeriesId, dict[str, Table]] = {}
    for table in found:
        grouped.setdefault(series_of(table), {})[table.tags["_field"]] = table
    clock = _Clock()
    return {series: _merged(series.measurement, tables_of, clock) for series, tables_of in grouped.items()}


def milliseconds(times: Sequence[str]) -> NDArray[np.int64]:
    """Return epoch milliseconds of RFC 3339 times in UTC."""
    return np.array([time[:-1] for time in times], "datetime64[ns]").astype(np.int64) // 1_000_000


class _Clock:
    """Reads times, the same ones once: a school's meters mostly have the same hours."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str, int], tuple[list[str], NDArray[np.int64]]] = {}

    def milliseconds(self, times: list[str]) -> NDArray[np.int64]:
        """Return the times of a table [epoch ms]; not to be written to."""
        like = times[0], times[-1], len(times)
        if like not in self._read or self._read[like][0] != times:
            self._read[like] = times, milliseconds(times)
        return self._read[like][1]


def _merged(measurement: str, by_field: Mapping[str, Table], clock: _Clock) -> Columns:
    known = {name: by_field[name] for name in FIELDS[measurement] if name in by_field}
    if not known:
        return empty(measurement)
    first = next(iter(known.values())).times
    if all(table.times == first for table in known.values()):
        times = clock.milliseconds(first).copy()
        return Columns(times, {name: _values(name, known.get(name), len(times)) for name in FIELDS[measurement]})
    own = {name: clock.milliseconds(table.times) for name, table in known.items()}
    times = np.unique(np.concatenate(list(own.values())))
    spread = {name: _values(name, None, len(times)) for name in FIELDS[measurement]}
    for name, table in known.items():
        spread[name][np.searchsorted(times, own[name])] = _values(name, table, len(table.times))
    return Columns(times, spread)


def _values(name: str, table: Table | None, length: int) -> NDArray[np.float64] | NDArray[np.object_]:
    if name in TEXT_FIELDS:
        return np.array(table.values if table else [None] * length, object)
    return np.array(table.values, np.float64) if table else np.full(length, np.nan)


def _text(value: str) -> str:
    """Return a Flux string literal; `${` would begin an expression."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
    return f'"{escaped}"'
