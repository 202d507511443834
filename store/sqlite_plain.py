"""Rows as they mostly are, measured whole: read by time and value alone, in half the time; the others after them."""

from __future__ import annotations

import sqlite3
from itertools import chain

import numpy as np

from campus.schema import CONSUMPTION, DAY, FIELDS, FIGURE, HOUR, Columns, SeriesId

# Over shorter windows a second look at the rows costs more than it saves, and where so large a share is not plain.
LEAST_MS, ODD_SHARE = 45 * 24 * 3_600_000, 0.25
# What is measured whole: nothing of it estimated, or, as of weather, no share told; every other field absent.
_COVERAGE, _ESTIMATED = 1.0, 0.0
_ODD, _MEASURED, _TOLD = 0, 1, 2
# In the place of an absent value: no store takes an infinite number.
_ABSENT = "9e999"

Where = tuple[SeriesId, int, tuple[int, int]]  # which series, by its key, from and until when [epoch ms]


def columns(db: sqlite3.Connection, where: Where) -> Columns | None:
    """Return a series' rows in [start, end); None where that is no shorter way: few rows, many odd ones."""
    series, key, window = where
    many = series.measurement == CONSUMPTION or (series.measurement == FIGURE and series.resolution in {HOUR, DAY})
    if not many or window[1] - window[0] < LEAST_MS:
        return None
    others = [name for name in FIELDS[series.measurement] if name not in {"value", "coverage", "estimated"}]
    kind = _kind(others)
    source = f"FROM {series.measurement} WHERE series = ? AND time_ms >= ? AND time_ms < ?"
    asked = f"SELECT time_ms, ifnull(value, {_ABSENT}), {kind} {source} ORDER BY time_ms"
    # Epoch milliseconds are whole numbers far below 2**53: as float64 they lose nothing.
    table = np.fromiter(chain.from_iterable(db.execute(asked, (key, *window))), np.float64).reshape(-1, 3)
    odd = table[:, 2] == _ODD
    if odd.sum() > ODD_SHARE * len(table):
        return None
    fields = dict.fromkeys(others, np.full(len(table), np.nan)) | {
        "value": np.where(np.isinf(table[:, 1]), np.nan, table[:, 1]),
        "coverage": np.full(len(table), _COVERAGE),
        "estimated": np.where(table[:, 2] == _TOLD, np.nan, _ESTIMATED),
    }
    fields = {name: fields[name].copy() for name in FIELDS[series.measurement]}
    if odd.any():
        names = [name for name in fields if name != "value"]
        asked = f"SELECT {', '.join(names)} {source} AND {kind} = {_ODD} ORDER BY time_ms"
        for name, column in zip(names, np.array(db.execute(asked, (key, *window)).fetchall(), float).T, strict=True):
            fields[name][odd] = column
    return Columns(table[:, 0].astype(np.int64), fields)


def _kind(others: list[str]) -> str:
    whole = " AND ".join([f"coverage IS {_COVERAGE}", *(f"{name} IS NULL" for name in others)])
    told = f"CASE WHEN estimated IS {_ESTIMATED} THEN {_MEASURED} WHEN estimated IS NULL THEN {_TOLD} ELSE {_ODD} END"
    return f"CASE WHEN {whole} THEN {told} ELSE {_ODD} END"
