"""A month of hours in one row beside them: who reads a school's year reads some hundred texts, not a million.

`packed` lies with the results. Its tags are those of the series and `of`, the series' measurement; its time is when a
month begins in UTC. `mark` is another one before and after every change of the month's rows, and tells which of both;
`rows` are all of them, with the mark that stood before they were read. They are believed as long as that mark stands:
since it was set nobody changed any. All else is read row by row, and packed by who read it once the month is over.
What is packed says nothing that the rows do not: deleted, it costs one slower night.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Literal
from uuid import uuid4

import numpy as np

from campus.errors import StoreUnavailable
from campus.schema import CONSUMPTION, FIELDS, FIGURE, HOUR, TAGS, Columns, SeriesId, empty
from store import flux, influx_http
from store.lineprotocol import key_of, tags_of

MEASUREMENT = "packed"
# Shorter windows are read as they are.
LONG_MS = 60 * 86_400_000
# Readings of a month may come so long after it; who began a change so long ago does not go on with it.
_SETTLED_MS = 86_400_000
_MOST_CHARACTERS = 60_000  # the server takes a text of 64 KiB
_LINES = 100  # a request
# Series a query asks for: an answer is held whole, some 2 MB a meter's year.
MANY, FEW = 100, 10
_BEYOND = 422

Span = tuple[int, int]  # [start, end) epoch ms
Changed = Sequence[tuple[SeriesId, Sequence[int]]]  # series and times [epoch ms]
Ask = Callable[[str, Span, str], Sequence[flux.Table]]
Read = Callable[[Sequence[SeriesId], Span, int], Mapping[SeriesId, Columns]]


@dataclass(frozen=True, slots=True)
class Months:
    """The packed months of a school: `ask` gives the tables of a bucket in a window, `read` the rows themselves.

    `read` is told how many series to ask for at a time.
    """

    server: influx_http.Server
    bucket: str
    clock: Callable[[], float]
    ask: Ask
    read: Read

    def mark(self, state: Literal["open", "done"], changed: Changed) -> None:
        """Say that rows of series are about to change, or just have. Raises `StoreUnavailable`."""
        mark = f"{state}-{int(self.clock() * 1000)}-{uuid4().hex}"
        self._write(
            [
                f'{_key(series)} mark="{mark}" {month}'
                for series, times in changed
                if packs(series) and len(times)
                for month in _months_of(times)
            ]
        )

    def series(self, ids: Sequence[SeriesId], window_ms: Span) -> dict[SeriesId, Columns]:
        """Return the rows of hourly series in a window. Raises `StoreUnavailable`."""
        if not ids:
            return {}
        span = _month_of(window_ms[0]), _month_after(window_ms[1] - 1)
        marks, known = self._standing(ids, span)
        unknown = list(_unknown(known, span))
        parts = {one: list(known[one].values()) for one in ids}
        # Next to what is known the rest is little.
        at_a_time = MANY if any(known.values()) else FEW
        for part, own in unknown:
            for one, columns in self.read(own, part, at_a_time).items():
                parts[one].append(columns)
        whole = {one: _joined(one.measurement, parts[one]) for one in ids}
        self._pack(whole, unknown, marks)
        return {one: _cut(columns, window_ms) for one, columns in whole.items()}

    def _standing(
        self, ids: Sequence[SeriesId], span: Span
    ) -> tuple[dict[SeriesId, dict[int, str]], dict[SeriesId, dict[int, Columns]]]:
        """Return the marks of series by month, and the rows of those months that are believed."""
        marks: dict[SeriesId, dict[int, str]] = {one: {} for one in ids}
        texts: dict[SeriesId, dict[int, str]] = {one: {} for one in ids}
        # What has other tags is asked for by itself.
        for _, own in groupby(sorted(ids), lambda one: one.measurement):
            for table in self.ask(self.bucket, span, flux.of_tags(MEASUREMENT, map(_tags, own))):
                told = marks if table.tags["_field"] == "mark" else texts
                months = flux.milliseconds(table.times).tolist()
                told[_series_of(table)] = dict(zip(months, table.values, strict=True))
        known: dict[SeriesId, dict[int, Columns]] = {one: {} for one in ids}
        for one, by_month in texts.items():
            for month, text in sorted(by_month.items()):
                columns = unpacked(one.measurement, text, marks[one].get(month, ""))
                if columns is not None:
                    known[one][month] = columns
        return marks, known

    def _pack(
        self,
        whole: Mapping[SeriesId, Columns],
        unknown: Iterable[tuple[Span, Sequence[SeriesId]]],
        marks: Mapping[SeriesId, Mapping[int, str]],
    ) -> None:
        """Pack the months that were read row by row, are over and were not being changed.

        A series without any row is packed nowhere, and none beyond the first and the last row of all.
        """
        times = [columns.time_ms for columns in whole.values() if len(columns)]
        if not times:
            return
        now_ms = int(self.clock() * 1000)
        hull = min(int(own[0]) for own in times), max(int(own[-1]) for own in times) + 1
        lines = []
        for part, ids in unknown:
            for month in _months((max(part[0], hull[0]), min(part[1], hull[1]))):
                end = _month_after(month)
                if end > now_ms - _SETTLED_MS:
                    continue
                for one in ids:
                    mark = marks[one].get(month, "")
                    if len(whole[one]) and not _open(mark, now_ms):
                        text = packed(one.measurement, _cut(whole[one], (month, end)), mark)
                        lines += [f'{_key(one)} rows="{text}" {month}'] if len(text) < _MOST_CHARACTERS else []
        with suppress(StoreUnavailable):  # who may only read goes on reading row by row
            self._write(lines)

    def _write(self, lines: Sequence[str]) -> None:
        for first in range(0, len(lines), _LINES):
            declined = influx_http.write(self.server, self.bucket, list(lines[first : first + _LINES]))
            # What lies beyond the retention is neither marked nor packed (422); the rest of the lines is stored.
            if declined is not None and declined.status != _BEYOND:
                raise StoreUnavailable(f"InfluxDB refused what is packed of months: {declined.message}")


def packs(series: SeriesId) -> bool:
    """Whether a series has months packed: the hours of what is measured, and of sums and of weather."""
    return series.measurement == CONSUMPTION or (series.measurement == FIGURE and series.resolution == HOUR)


def packed(measurement: str, columns: Columns, mark: str) -> str:
    """Return rows and the mark they were read under as a text without quotes and commas; every bit is kept."""
    parts = [np.diff(columns.time_ms, prepend=0), *(columns.fields[name] for name in FIELDS[measurement])]
    told = b"".join(part.astype(part.dtype.newbyteorder("<")).tobytes() for part in parts)
    return ";".join([mark, *FIELDS[measurement], b64encode(zlib.compress(told)).decode()])


def unpacked(measurement: str, text: str, mark: str) -> Columns | None:
    """Return the rows of a text, None where they were read under another mark or hold other fields."""
    under, *names, told = text.split(";")
    if under != mark or tuple(names) != FIELDS[measurement]:
        return None
    cells = np.frombuffer(zlib.decompress(b64decode(told)), "<i8").reshape(1 + len(names), -1)
    fields = {name: own.view("<f8").astype(np.float64) for name, own in zip(names, cells[1:], strict=True)}
    return Columns(np.cumsum(cells[0]).astype(np.int64), fields)


def _open(mark: str, now_ms: int) -> bool:
    """Whether somebody is changing the rows: who began long ago was killed, and what it wrote stands."""
    state, _, rest = mark.partition("-")
    return state == "open" and int(rest.partition("-")[0]) > now_ms - _SETTLED_MS


def _unknown(
    known: Mapping[SeriesId, Mapping[int, Columns]], span: Span
) -> Iterator[tuple[Span, tuple[SeriesId, ...]]]:
    """Yield stretches of months and the series that are not known there; one stretch is one query, or a few."""
    edges = {span[0]} | {
        edge for months in known.values() for month in months for edge in (month, _month_after(month))
    }
    starts = sorted(edge for edge in edges if edge < span[1])
    ends = [*starts[1:], span[1]]
    lacking = [tuple(one for one, months in known.items() if start not in months) for start in starts]
    for own, group in groupby(zip(starts, ends, lacking, strict=True), lambda stretch: stretch[2]):
        stretches = list(group)
        if own:
            yield (stretches[0][0], stretches[-1][1]), own


def _joined(measurement: str, parts: Sequence[Columns]) -> Columns:
    """Return the rows of parts that do not overlap, in order of time."""
    own = sorted((part for part in parts if len(part)), key=lambda part: int(part.time_ms[0]))
    if not own:
        return empty(measurement)
    fields = {name: np.concatenate([part.fields[name] for part in own]) for name in FIELDS[measurement]}
    return Columns(np.concatenate([part.time_ms for part in own]), fields)


def _cut(columns: Columns, span: Span) -> Columns:
    part = slice(*np.searchsorted(columns.time_ms, span).tolist())
    return Columns(columns.time_ms[part], {name: values[part] for name, values in columns.fields.items()})


def _month_of(time_ms: int) -> int:
    """Return when the month of a time began in UTC [epoch ms]."""
    return int(np.datetime64(time_ms, "ms").astype("M8[M]").astype("M8[ms]").astype(np.int64))


def _month_after(time_ms: int) -> int:
    """Return when the month after that of a time begins in UTC [epoch ms]."""
    return int((np.datetime64(time_ms, "ms").astype("M8[M]") + 1).astype("M8[ms]").astype(np.int64))


def _months(span: Span) -> list[int]:
    """Return when each month began that a span has a part of [epoch ms]."""
    if span[0] >= span[1]:
        return []
    first, last = (np.datetime64(time_ms, "ms").astype("M8[M]") for time_ms in (span[0], span[1] - 1))
    months: list[int] = np.arange(first, last + 1).astype("M8[ms]").astype(np.int64).tolist()
    return months


def _months_of(times: Sequence[int]) -> list[int]:
    """Return when each month began that has one of the times [epoch ms]."""
    found = np.unique(np.asarray(times, np.int64).astype("M8[ms]").astype("M8[M]"))
    months: list[int] = found.astype("M8[ms]").astype(np.int64).tolist()
    return months


def _tags(series: SeriesId) -> dict[str, str]:
    return {"of": series.measurement} | tags_of(series)


def _key(series: SeriesId) -> str:
    return key_of(MEASUREMENT, _tags(series))


def _series_of(table: flux.Table) -> SeriesId:
    measurement = table.tags["of"]
    return SeriesId(measurement, *(table.tags[tag] for tag in TAGS[measurement]))
