"""Hours as they mostly are, one after the other and whole: read by their values alone, in half the time."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from campus.schema import CONSUMPTION, FIELDS, FIGURE, HOUR, Columns, SeriesId

# What is measured has nothing estimated; of weather no share is told.
_ESTIMATED: dict[str, tuple[float | None, ...]] = {CONSUMPTION: (0.0,), FIGURE: (0.0, None)}
_HOUR_MS = 3_600_000
# Below so many hours a second look at them costs more than it saves, and where so large a share is not plain.
LEAST_MS, ODD_SHARE = 45 * 24 * _HOUR_MS, 0.25

Where = tuple[SeriesId, int, tuple[int, int]]  # which series, by its key, from and until when [epoch ms]


@dataclass(frozen=True, slots=True)
class _Row:
    """Hours without a gap: how many, from when on, what fields beside the value mostly are, how many are odd."""

    count: int
    first_ms: int
    plain: dict[str, float | None]
    odd: int


def hours(db: sqlite3.Connection, where: Where) -> Columns | None:
    """Return a series' hours in [start, end).

    None where there are few, where some are missing or valueless, and where many are not plain. Those few that are
    not are read by themselves and put in their places.
    """
    series, key, window = where
    hourly = series.measurement == CONSUMPTION or (series.measurement, series.resolution) == (FIGURE, HOUR)
    if not hourly or window[1] - window[0] < LEAST_MS:
        return None
    row = _row(db, where)
    if row is None:
        return None
    fields = {name: np.full(row.count, np.nan if value is None else value) for name, value in row.plain.items()}
    if row.odd:
        _put_odd(db, where, row, fields)
    found = db.execute(f"SELECT value {_from(series)} ORDER BY time_ms", (key, *window))
    values = np.fromiter(chain.from_iterable(found), np.float64, row.count)
    times = row.first_ms + np.arange(row.count, dtype=np.int64) * _HOUR_MS
    return Columns(times, {"value": values, **fields})


def _row(db: sqlite3.Connection, where: Where) -> _Row | None:
    """Return the hours that are there, None where they are not as they mostly are."""
    series, key, window = where
    names = [name for name in FIELDS[series.measurement] if name != "value"]
    plains: list[dict[str, float | None]] = [
        {name: {"coverage": 1.0, "estimated": estimated}.get(name) for name in names}
        for estimated in _ESTIMATED[series.measurement]
    ]
    whole = "count(*), min(time_ms), max(time_ms), count(nullif(time_ms % 3600000, 0)), count(value)"
    odds = ", ".join(f"total(NOT ({_is(plain)}))" for plain in plains)
    found = db.execute(f"SELECT {whole}, {odds} {_from(series)}", (key, *window)).fetchone()
    count, first, last, astray, valued = found[:5]
    if not count or astray or valued < count or last - first != (count - 1) * _HOUR_MS:
        return None
    odd, plain = min(zip(found[5:], plains, strict=True), key=lambda pair: pair[0])
    enough = count * _HOUR_MS >= LEAST_MS and odd <= ODD_SHARE * count
    return _Row(count, first, plain, int(odd)) if enough else None


def _put_odd(db: sqlite3.Connection, where: Where, row: _Row, fields: dict[str, NDArray[np.float64]]) -> None:
    series, key, window = where
    asked = f"SELECT time_ms, {', '.join(row.plain)} {_from(series)} AND NOT ({_is(row.plain)})"
    table = np.array(db.execute(asked, (key, *window)).fetchall(), np.float64)
    place = (table[:, 0].astype(np.int64) - row.first_ms) // _HOUR_MS
    for name, column in zip(row.plain, table.T[1:], strict=True):
        fields[name][place] = column


def _from(series: SeriesId) -> str:
    return f"FROM {series.measurement} WHERE series = ? AND time_ms >= ? AND time_ms < ?"


def _is(plain: dict[str, float | None]) -> str:
    return " AND ".join(f"{name} IS {'NULL' if value is None else value}" for name, value in plain.items())
