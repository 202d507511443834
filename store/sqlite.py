"""The embedded store: one SQLite file in WAL mode that several processes share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from campus.ports import Conflict, Written
from campus.schema import FIELDS, Columns, Point, SeriesId, Stretch, to_ms
from store import rows, sqlite_plain, sqlite_schema
from store.check import series_fault, sift
from store.sqlite_file import connect, explained

# Points per transaction: about 15 ms on two cores, so that other writers wait far less than 100 ms.
SLICE = 4_000
STATEMENT_ROWS = 100  # of at most eight values: any SQLite takes 999 in a statement (sqlite.org/limits.html)


class SqliteStore:
    """`campus.ports.Store` on a SQLite file; threads of a process take turns, processes share the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = RLock()
        self._series_ids: dict[SeriesId, int] = {}
        self._connection = connect(path)

    def write(self, points: Sequence[Point]) -> Written:
        """Write points in transactions of `SLICE`; what an error leaves written may be written again."""
        parts = [self._write_slice(points[first : first + SLICE]) for first in range(0, len(points), SLICE)]
        refused = tuple(chain.from_iterable(part.refused for part in parts))
        return Written(refused, tuple(chain.from_iterable(part.conflicts for part in parts)))

    def replace(self, series: SeriesId, window: tuple[datetime, datetime], columns: Columns) -> None:
        """Make [start, end) hold exactly `columns`, in one transaction; rows that stay the same are not touched."""
        self.replace_all([Stretch(series, window, columns)])

    def replace_all(self, stretches: Sequence[Stretch]) -> None:
        """The same for many series, in transactions of some `SLICE` rows, each series' stretch in one."""
        for stretch in stretches:
            _checked(stretch)
        self._register({stretch.series for stretch in stretches})
        for part in _slices(stretches):
            with self._transaction("BEGIN IMMEDIATE") as db:
                for series, window, columns in part:
                    self._replace(db, series, (to_ms(window[0]), to_ms(window[1])), columns)

    def series(self, ids: Iterable[SeriesId], start: datetime, end: datetime) -> Mapping[SeriesId, Columns]:
        """Return the rows of each id in [start, end), all of them from one moment."""
        window = (to_ms(start), to_ms(end))
        with self._transaction("BEGIN") as db:
            return {one: self._columns(db, one, window) for one in ids}

    def neighbours(self, series: SeriesId, time: datetime, count: int = 1) -> tuple[list[int], list[int]]:
        """Return up to `count` times [epoch ms] before and after `time`, both nearest first."""
        query = f"SELECT time_ms FROM {series.measurement} WHERE series = ? AND time_ms"
        with self._transaction("BEGIN") as db:
            arguments = (self._find(db, series), to_ms(time), count)
            before = db.execute(f"{query} < ? ORDER BY time_ms DESC LIMIT ?", arguments)
            after = db.execute(f"{query} > ? ORDER BY time_ms LIMIT ?", arguments)
            return [time_ms for (time_ms,) in before], [time_ms for (time_ms,) in after]

    def latest(self, ids: Iterable[SeriesId]) -> Mapping[SeriesId, Point]:
        """Return the last row of each id that has one."""
        with self._transaction("BEGIN") as db:
            found = {one: self._last(db, one) for one in ids}
        return {one: point for one, point in found.items() if point is not None}

    def ids(self, measurement: str) -> list[SeriesId]:
        """Return every series of a measurement that holds a row, sorted."""
        query = (
            "SELECT measurement, subject, name, resolution FROM series WHERE measurement = ? "
            f"AND EXISTS (SELECT 1 FROM {measurement} m WHERE m.series = series.id)"
        )
        with self._transaction("BEGIN") as db:
            return sorted(SeriesId(*row) for row in db.execute(query, (measurement,)))

    def conflicts(self, limit: int = 100) -> list[Conflict]:
        """Return the latest conflicts seen, newest first."""
        with self._transaction("BEGIN") as db:
            return _conflicts(db, "ORDER BY c.id DESC LIMIT ?", limit)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, explained(self._path):
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _replace(self, db: sqlite3.Connection, series: SeriesId, window: tuple[int, int], columns: Columns) -> None:
        key, measurement = self._series_ids[series], series.measurement
        new, stale = rows.changes(measurement, self._columns(db, series, window), columns)
        if len(new):
            keyed = np.empty((len(new), 1 + new.shape[1]), object)
            keyed[:, 0], keyed[:, 1:] = key, new
            _put(db, measurement, keyed.reshape(-1).tolist())
        if stale:
            db.executemany(f"DELETE FROM {measurement} WHERE series = ? AND time_ms = ?", ((key, t) for t in stale))

    def _write_slice(self, points: Sequence[Point]) -> Written:
        good, refused = sift(points)
        series = {point.series for point in good}
        self._register(series)
        measurements = sorted({one.measurement for one in series})
        with self._transaction("BEGIN IMMEDIATE") as db:
            ((before,),) = db.execute("SELECT coalesce(max(id), 0) FROM conflict")
            for measurement in measurements:
                own = good if len(measurements) == 1 else [p for p in good if p.series.measurement == measurement]
                _upsert(db, self._series_ids, own)
            return Written(refused, tuple(_conflicts(db, "WHERE c.id > ? ORDER BY c.id", before)))

    def _register(self, ids: Iterable[SeriesId]) -> None:
        """Give every series a row and remember its key once that is durable."""
        unknown = [one for one in ids if one not in self._series_ids]
        if not unknown:
            return
        insert = "INSERT OR IGNORE INTO series (measurement, subject, name, resolution) VALUES (?, ?, ?, ?)"
        with self._transaction("BEGIN IMMEDIATE") as db:
            db.executemany(insert, unknown)
        with self._transaction("BEGIN") as db:
            for one in unknown:
                self._find(db, one)

    def _find(self, db: sqlite3.Connection, series: SeriesId) -> int:
        """Return the key of a series, -1 for one nobody has written."""
        if (key := self._series_ids.get(series)) is not None:
            return key
        query = "SELECT id FROM series WHERE measurement = ? AND subject = ? AND name = ? AND resolution = ?"
        for (key,) in db.execute(query, series):
            self._series_ids[series] = key
            return int(key)
        return -1

    def _columns(self, db: sqlite3.Connection, series: SeriesId, window: tuple[int, int]) -> Columns:
        plain = sqlite_plain.columns(db, (series, self._find(db, series), window))
        if plain is not None:
            return plain
        names = sqlite_schema.columns_of(series.measurement)
        query = f"SELECT {names} FROM {series.measurement} WHERE series = ? AND time_ms >= ? AND time_ms < ?"
        found = db.execute(f"{query} ORDER BY time_ms", (self._find(db, series), *window)).fetchall()
        return rows.to_columns(series.measurement, found)

    def _last(self, db: sqlite3.Connection, series: SeriesId) -> Point | None:
        names = sqlite_schema.columns_of(series.measurement)
        query = f"SELECT {names} FROM {series.measurement} WHERE series = ? ORDER BY time_ms DESC LIMIT 1"
        row = db.execute(query, (self._find(db, series),)).fetchone()
        return None if row is None else Point(series, row[0], row[1:])


def open_sqlite(path: Path) -> SqliteStore:
    """Open the store in a file, making it where there is none. Raises `StoreUnavailable`."""
    return SqliteStore(path)


def _checked(stretch: Stretch) -> None:
    """Raise ValueError for what no store takes."""
    rows.in_window(stretch.columns, *map(to_ms, stretch.window))
    if why := series_fault(stretch.series):
        raise ValueError(why)


def _slices(stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    """Yield stretches of together not many more than `SLICE` rows: a lone longer one stays whole."""
    part, count = list[Stretch](), 0
    for stretch in stretches:
        if part and count + len(stretch.columns) > SLICE:
            yield part
            part, count = [], 0
        part.append(stretch)
        count += len(stretch.columns)
    if part:
        yield part


def _upsert(db: sqlite3.Connection, keys: Mapping[SeriesId, int], points: Sequence[Point]) -> None:
    """Write points of one measurement."""
    keyed = ((keys[series], time_ms, *values) for series, time_ms, values in points)
    _put(db, points[0].series.measurement, list(chain.from_iterable(keyed)))


def _put(db: sqlite3.Connection, measurement: str, flat: list[Any]) -> None:
    """Write rows (series, time_ms, fields), one after another in `flat`.

    A statement of many rows takes half the time of one for each.
    """
    width = 2 + len(FIELDS[measurement])
    step = STATEMENT_ROWS * width
    many, one = sqlite_schema.upsert(measurement, STATEMENT_ROWS), sqlite_schema.upsert(measurement)
    whole = len(flat) - len(flat) % step
    for first in range(0, whole, step):
        db.execute(many, flat[first : first + step])
    for first in range(whole, len(flat), width):
        db.execute(one, flat[first : first + width])


def _conflicts(db: sqlite3.Connection, rest: str, argument: int) -> list[Conflict]:
    query = (
        "SELECT s.measurement, s.subject, s.name, s.resolution, c.time_ms, c.old, c.new "
        f"FROM conflict c JOIN series s ON s.id = c.series {rest}"
    )
    return [Conflict(SeriesId(*row[:4]), *row[4:]) for row in db.execute(query, (argument,))]
