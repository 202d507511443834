"""Flux: the few plain queries the store asks, and one pass over the CSV that answers them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO

import numpy as np
from numpy.typing import NDArray

from campus.errors import StoreUnavailable
from campus.schema import FIELDS, TAGS, TEXT_FIELDS, Columns, SeriesId, empty, from_ms
from store.lineprotocol import tags_of


@dataclass(frozen=True, slots=True)
class Table:
    """One field of one series as it was answered: times [RFC 3339] ascending, and values, all text."""

    tags: Mapping[str, str]
    times: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


def rows(bucket: str, window_ms: tuple[int, int], where: str) -> str:
    """Return the query for all rows of a bucket in [start, end) that `where` holds for."""
    start, stop = (instant(time_ms) for time_ms in window_ms)
    return f"from(bucket: {_text(bucket)}) |> range(start: {start}, stop: {stop}) |> filter(fn: (r) => {where})"


def of_measurement(measurement: str) -> str:
    """Return the condition for every series of a measurement."""
    return f"r._measurement == {_text(measurement)}"


def of_series(ids: Sequence[SeriesId], fields: Sequence[str] = ()) -> str:
    """Return the condition for series of one measurement, and for some of their fields where any are named."""
    either = [" and ".join(f"r.{tag} == {_text(value)}" for tag, value in tags_of(one).items()) for one in ids]
    named = " or ".join(f"r._field == {_text(name)}" for name in fields)
    which = either[0] if len(either) == 1 else "(" + " or ".join(f"({one})" for one in either) + ")"
    return " and ".join([of_measurement(ids[0].measurement), which, *([f"({named})"] if named else [])])


def instant(time_ms: int) -> str:
    """Return a time as Flux and the delete endpoint write it."""
    return from_ms(time_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tables(text: str) -> Iterator[Table]:
    """Yield the tables of an answer. Raises `StoreUnavailable` where the server failed after rows had begun."""
    header: list[str] | None = None
    number, time_at, value_at, table = "", 0, 0, Table({})
    for row in csv.reader(StringIO(text, newline="")):
        if len(row) < 2:
            header = None
        elif header is None:
            header, number = row, ""
            if "error" in header:
                raise StoreUnavailable(f"InfluxDB broke off a query: {text.strip().splitlines()[-1]}")
            time_at, value_at = header.index("_time"), header.index("_value")
        else:
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
    return {series: _merged(series.measurement, tables_of) for series, tables_of in grouped.items()}


def milliseconds(times: Sequence[str]) -> NDArray[np.int64]:
    """Return epoch milliseconds of RFC 3339 times in UTC."""
    return np.array([time[:-1] for time in times], "datetime64[ns]").astype(np.int64) // 1_000_000


def _merged(measurement: str, by_field: Mapping[str, Table]) -> Columns:
    known = {name: by_field[name] for name in FIELDS[measurement] if name in by_field}
    if not known:
        return empty(measurement)
    first = next(iter(known.values())).times
    if all(table.times == first for table in known.values()):
        times = milliseconds(first)
        return Columns(times, {name: _values(name, known.get(name), len(times)) for name in FIELDS[measurement]})
    own = {name: milliseconds(table.times) for name, table in known.items()}
    times = np.unique(np.concatenate(list(own.values())))
    spread = {name: _values(name, None, len(times)) for name in FIELDS[measurement]}
    for name, table in known.items():
        spread[name][np.searchsorted(times, own[name])] = _values(name, table, len(table.times))
    return Columns(times, spread)


def _values(name: str, table: Table | None, length: int) -> NDArray[np.float64] | NDArray[np.object_]:
    if name in TEXT_FIELDS:
        return np.array(table.values if table else [None] * length, object)
    return np.array([float(value) for value in table.values]) if table else np.full(length, np.nan)


def _text(value: str) -> str:
    """Return a Flux string literal; `${` would begin an expression."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
    return f'"{escaped}"'
