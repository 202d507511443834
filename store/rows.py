"""Rows and columns: between tuples (time_ms, field, …) and the arrays of `campus.schema.Columns`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from campus.schema import FIELDS, TEXT_FIELDS, Columns, empty

Row = tuple[Any, ...]


def to_columns(measurement: str, rows: Sequence[Row]) -> Columns:
    """Return the columns of rows (time_ms, fields in the order of `FIELDS`), ascending; None becomes NaN."""
    if not rows:
        return empty(measurement)
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


def in_window(columns: Columns, start_ms: int, end_ms: int) -> None:
    """Raise ValueError unless times are strictly ascending within [start, end)."""
    times = columns.time_ms
    if len(times) and (times[0] < start_ms or times[-1] >= end_ms or np.any(np.diff(times) <= 0)):
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
