"""Rows and columns: between tuples (time_ms, field, …) and the arrays of `campus.schema.Columns`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from campus.schema import FIELDS, TEXT_FIELDS, Columns, empty

Row = tuple[Any, ...]
Numbers = NDArray[np.float64]
# Rows of plain ints, floats, texts and None: (n, 1 + fields), times first.
Table = np.ndarray[Any, np.dtype[np.object_]]


def to_columns(measurement: str, rows: Sequence[Row]) -> Columns:
    """Return the columns of rows (time_ms, fields in the order of `FIELDS`), ascending; None becomes NaN."""
    if not rows:
        return empty(measurement)
    if TEXT_FIELDS.isdisjoint(FIELDS[measurement]):
        # Epoch milliseconds are whole numbers far below 2**53: as float64 they lose nothing, and one call reads all.
        table = np.ascontiguousarray(np.array(rows, np.float64).T)
        return Columns(table[0].astype(np.int64), dict(zip(FIELDS[measurement], table[1:], strict=True)))
    times, *values = zip(*rows, strict=True)
    kinds = {name: object if name in TEXT_FIELDS else np.float64 for name in FIELDS[measurement]}
    fields = {name: np.array(column, kind) for (name, kind), column in zip(kinds.items(), values, strict=True)}
    return Columns(np.array(times, np.int64), fields)


def to_rows(measurement: str, columns: Columns) -> list[Row]:
    """Return the rows of columns, without those whose every field is absent; NaN and a missing column become None.

    Raises ValueError for an infinite number.
    """
    none = [None] * len(columns)
    given = columns.fields
    parts = [_values(name, given[name]) if name in given else none for name in FIELDS[measurement]]
    rows = zip(columns.time_ms.tolist(), *parts, strict=True)
    return [row for row in rows if any(value is not None for value in row[1:])]


def changes(measurement: str, old: Columns, new: Columns) -> tuple[Table, list[int]]:
    """Return what makes `new` of `old`: rows to write (n, 1 + fields), None for absent, and times of rows to delete.

    A row of `new` whose every field is absent is none. Raises ValueError for an infinite number.
    """
    if not TEXT_FIELDS.isdisjoint(FIELDS[measurement]):
        before, after = ({row[0]: row for row in to_rows(measurement, columns)} for columns in (old, new))
        other = [row for time_ms, row in after.items() if row != before.get(time_ms)]
        written = np.empty((len(other), 1 + len(FIELDS[measurement])), object)
        written[:] = other
        return written, sorted(before.keys() - after)
    was, now = _numbers(measurement, old), _numbers(measurement, new)
    absent = np.isnan(now)
    there = ~absent.all(axis=1)
    if len(old) == len(new) and (old.time_ms == new.time_ms).all():
        # Mostly the same hours stand there, and mostly with the same numbers.
        same = _equal(was, now, absent)
        stale = old.time_ms[~there]
    else:
        place = np.minimum(np.searchsorted(old.time_ms, new.time_ms), max(len(old) - 1, 0))
        same = np.zeros(len(new), bool)
        if len(old):
            same = (old.time_ms[place] == new.time_ms) & _equal(was[place], now, absent)
        stale = old.time_ms[~np.isin(old.time_ms, new.time_ms[there])]
    wanted = np.flatnonzero(there & ~same)
    written = np.empty((len(wanted), 1 + now.shape[1]), object)
    written[:, 0] = new.time_ms[wanted].tolist()
    written[:, 1:] = now[wanted]
    written[:, 1:][absent[wanted]] = None
    return written, stale.tolist()


def absent(values: np.ndarray[Any, Any]) -> NDArray[np.bool_]:
    """Return where plain values are None."""
    return np.asarray(values == np.array(None, object), bool)


def _equal(was: Numbers, now: Numbers, absent: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which rows (n, fields) are the same, absent fields included."""
    same: NDArray[np.bool_] = ((was == now) | (absent & np.isnan(was))).all(axis=1)
    return same


def _numbers(measurement: str, columns: Columns) -> Numbers:
    """Return the fields of columns (n, fields), NaN where absent. Raises ValueError for an infinite number."""
    names, given = FIELDS[measurement], columns.fields
    table = np.full((len(columns), len(names)), np.nan)
    for place, name in enumerate(names):
        if name in given:
            table[:, place] = given[name]
    if np.isinf(table).any():
        endless = names[int(np.flatnonzero(np.isinf(table).any(axis=0))[0])]
        raise ValueError(f"{endless} holds an infinite number")
    return table


def in_window(columns: Columns, start_ms: int, end_ms: int) -> None:
    """Raise ValueError unless times are strictly ascending within [start, end)."""
    times = columns.time_ms
    if len(times) and (times[0] < start_ms or times[-1] >= end_ms or (times[1:] <= times[:-1]).any()):
        raise ValueError(f"times must ascend strictly within [{start_ms}, {end_ms}) ms")


def _values(name: str, column: np.ndarray[Any, Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    if name in TEXT_FIELDS:
        return values
    if np.isinf(column).any():
        raise ValueError(f"{name} holds an infinite number")
    absent = np.flatnonzero(np.isnan(column))
    for index in absent.tolist():
        values[index] = None
    return values
