"""A school's rows held in memory for one pass: read in few queries, changed there, and written back in one go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter

import numpy as np

from campus.ports import Conflict, Store, Written
from campus.schema import FIELDS, REGISTER, Columns, Point, SeriesId, Stretch, from_ms, to_ms

Span = tuple[int, int]  # [start, end) epoch ms
# More rows than these do not wait: some 20 MB.
MOST_WAITING = 250_000
# No store holds anything from here on.
END_MS = to_ms(datetime(2200, 1, 1, tzinfo=UTC))


@dataclass(slots=True)
class Spent:
    """Time spent at the store [s], and how many rows were read from it and offered to it."""

    read_s: float = 0.0
    write_s: float = 0.0
    rows_read: int = 0
    rows_written: int = 0

    def __add__(self, other: Spent) -> Spent:
        """Return the sum of two."""
        rows = self.rows_read + other.rows_read, self.rows_written + other.rows_written
        return Spent(self.read_s + other.read_s, self.write_s + other.write_s, *rows)


@dataclass(slots=True)
class Shelf(Store):
    """A store of which this pass is the only user that matters: what it replaced it reads back, before it is written.

    Another process may write meanwhile; what was read before stays as it was read.
    """

    store: Store
    clock: Callable[[], float] = perf_counter
    spent: Spent = field(default_factory=Spent)
    _held: dict[SeriesId, tuple[Span, Columns]] = field(default_factory=dict)
    _last: dict[SeriesId, Point | None] = field(default_factory=dict)
    _waiting: dict[SeriesId, list[tuple[Span, Columns]]] = field(default_factory=dict)
    _rows_waiting: int = 0

    def series(self, ids: Iterable[SeriesId], start: datetime, end: datetime) -> Mapping[SeriesId, Columns]:
        """Return the rows in [start, end) of each id; what is not held yet is read, in one query.

        Raw rows are many and looked at once: they are not held.
        """
        wanted, listed = (to_ms(start), to_ms(end)), list(ids)
        raw = [one for one in listed if one.measurement == REGISTER]
        found = dict(self._asked(raw, (start, end))) if raw else {}
        missing = [one for one in listed if one.measurement != REGISTER and not self._covers(one, wanted)]
        if missing:
            self._fetch(missing, wanted)
        return {one: found[one] if one in found else cut(self._held[one][1], wanted) for one in listed}

    def latest(self, ids: Iterable[SeriesId]) -> Mapping[SeriesId, Point]:
        """Return the last row of each id that has one: if not held to its end, once what waits is written."""
        listed = list(ids)
        self._last |= {one: point for one in listed if (point := self._held_last(one)) is not None}
        missing = [one for one in listed if one not in self._last]
        if any(one in self._waiting for one in missing):
            self.flush()
        if missing:
            begun = self.clock()
            self._last |= {**dict.fromkeys(missing), **self.store.latest(missing)}
            self.spent.read_s += self.clock() - begun
        return {one: point for one in listed if (point := self._last[one]) is not None}

    def replace(self, series: SeriesId, window: tuple[datetime, datetime], columns: Columns) -> None:
        """Let a series hold exactly `columns` in a window, from now on for this pass and after `flush` for all.

        What is held to be just so needs no writing.
        """
        span = (to_ms(window[0]), to_ms(window[1]))
        if span[0] >= span[1]:
            return
        whole = Columns(columns.time_ms, {name: _column(columns, name) for name in FIELDS[series.measurement]})
        if series in self._held:
            of, held = self._held[series]
            if self._covers(series, span) and same(cut(held, span), whole):
                return
            if span[0] <= of[1] and of[0] <= span[1]:
                self._held[series] = (min(of[0], span[0]), max(of[1], span[1])), spliced(held, span, whole)
        self._last.pop(series, None)
        self._wait(series, span, whole)
        self._rows_waiting += len(whole)
        if self._rows_waiting > MOST_WAITING:
            self.flush()

    def replace_all(self, stretches: Sequence[Stretch]) -> None:
        """The same for many."""
        for stretch in stretches:
            self.replace(*stretch)

    def flush(self) -> None:
        """Write what waits; what an error leaves unwritten goes on waiting."""
        stretches = [
            Stretch(series, (from_ms(span[0]), from_ms(span[1])), columns)
            for series, parts in self._waiting.items()
            for span, columns in parts
        ]
        if stretches:
            begun = self.clock()
            self.store.replace_all(stretches)
            self.spent.write_s += self.clock() - begun
            self.spent.rows_written += sum(len(stretch.columns) for stretch in stretches)
        self._waiting.clear()
        self._rows_waiting = 0

    def neighbours(self, series: SeriesId, time: datetime, count: int = 1) -> tuple[list[int], list[int]]:
        """Return the nearest times on both sides, as stored; what waits to be written is written first."""
        if series in self._waiting:
            self.flush()
        return self.store.neighbours(series, time, count)

    def write(self, points: Sequence[Point]) -> Written:
        """Write points at once; what is held of their series is let go."""
        self.flush()
        for one in {point.series for point in points}:
            self._held.pop(one, None)
            self._last.pop(one, None)
        return self.store.write(points)

    def ids(self, measurement: str) -> list[SeriesId]:
        """Return every series of a measurement that holds a row."""
        self.flush()
        return self.store.ids(measurement)

    def conflicts(self, limit: int = 100) -> list[Conflict]:
        """Return the latest conflicts seen, newest first."""
        return self.store.conflicts(limit)

    def close(self) -> None:
        """Let go of everything; the store itself stays open."""
        self._held.clear()
        self._waiting.clear()

    def _held_last(self, series: SeriesId) -> Point | None:
        """Return the last row of a series that is held to the end of time and has any."""
        span, held = self._held.get(series, ((0, 0), None))
        if held is None or not len(held) or span[1] < END_MS:
            return None
        values = [float(held.fields[name][-1]) for name in FIELDS[series.measurement]]
        return Point(series, int(held.time_ms[-1]), tuple(None if math.isnan(value) else value for value in values))

    def _covers(self, series: SeriesId, wanted: Span) -> bool:
        if wanted[0] >= wanted[1] and series in self._held:
            return True
        held = self._held.get(series)
        return held is not None and held[0][0] <= wanted[0] and wanted[1] <= held[0][1]

    def _fetch(self, missing: Sequence[SeriesId], wanted: Span) -> None:
        """Read what is missing over the window, and to the far end of what is held where the two meet."""
        held = [self._held[one][0] for one in missing if one in self._held]
        spans = [of for of in held if of[0] <= wanted[1] and wanted[0] <= of[1]]
        span = min([wanted[0], *(start for start, _ in spans)]), max([wanted[1], *(end for _, end in spans)])
        for one, columns in self._asked(missing, (from_ms(span[0]), from_ms(span[1]))).items():
            for stretch, waiting in self._waiting.get(one, ()):
                columns = spliced(columns, stretch, waiting)
            self._held[one] = span, cut(columns, span)

    def _asked(self, ids: Sequence[SeriesId], window: tuple[datetime, datetime]) -> Mapping[SeriesId, Columns]:
        begun = self.clock()
        found = self.store.series(ids, *window)
        self.spent.read_s += self.clock() - begun
        self.spent.rows_read += sum(map(len, found.values()))
        return found

    def _wait(self, series: SeriesId, span: Span, columns: Columns) -> None:
        """Let a stretch wait, made one with those it touches: no two that are written overlap."""
        apart = []
        for of, before in self._waiting.get(series, ()):
            if of[0] <= span[1] and span[0] <= of[1]:
                columns = spliced(before, span, columns)
                span = min(of[0], span[0]), max(of[1], span[1])
            else:
                apart.append((of, before))
        self._waiting[series] = [*apart, (span, columns)]


def cut(columns: Columns, span: Span) -> Columns:
    """Return the rows of columns in [start, end), as views."""
    part = slice(*np.searchsorted(columns.time_ms, span).tolist())
    if part.start == 0 and part.stop == len(columns):
        return columns
    return Columns(columns.time_ms[part], {name: values[part] for name, values in columns.fields.items()})


def same(one: Columns, other: Columns) -> bool:
    """Whether two hold the same rows; what is unknown is the same as what is."""
    return np.array_equal(one.time_ms, other.time_ms) and all(
        np.array_equal(values, other.fields[name], equal_nan=values.dtype != object)
        for name, values in one.fields.items()
    )


def spliced(columns: Columns, span: Span, inside: Columns) -> Columns:
    """Return columns with their rows in [start, end) put aside for those of `inside`."""
    first, end = np.searchsorted(columns.time_ms, span).tolist()
    times = np.concatenate([columns.time_ms[:first], inside.time_ms, columns.time_ms[end:]])
    return Columns(
        times,
        {
            name: np.concatenate([values[:first], inside.fields[name], values[end:]])
            for name, values in columns.fields.items()
        },
    )


def _column(columns: Columns, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    given = columns.fields.get(name)
    return np.full(len(columns), np.nan) if given is None else given  # type: ignore[return-value]
