"""Hours as they mostly are, one after the other and whole: read by their values alone, in half the time."""

from __future__ import annotations

import sqlite3
from itertools import chain

import numpy as np

from campus.schema import CONSUMPTION, FIELDS, Columns

# An hour is plain when these hold: measured from end to end, nothing estimated, nothing corrected.
PLAIN: dict[str, float | None] = {"coverage": 1.0, "estimated": 0.0, "corrected": None}
_HOUR_MS = 3_600_000
# Below so many hours a second look at them costs more than it saves.
LEAST_MS = 45 * 24 * _HOUR_MS

_WHERE = f"FROM {CONSUMPTION} WHERE series = ? AND time_ms >= ? AND time_ms < ?"
_IS_PLAIN = " AND ".join(f"{name} IS {'NULL' if value is None else value}" for name, value in PLAIN.items())
_PROBE = (
    "SELECT count(*), min(time_ms), max(time_ms), count(nullif(time_ms % 3600000, 0)), count(value), "
    f"total(NOT ({_IS_PLAIN})) {_WHERE}"
)
_VALUES = f"SELECT value {_WHERE} ORDER BY time_ms"
_OTHERS = f"SELECT time_ms, {', '.join(PLAIN)} {_WHERE} AND NOT ({_IS_PLAIN})"

assert FIELDS[CONSUMPTION] == ("value", *PLAIN)


def hours(db: sqlite3.Connection, key: int, window: tuple[int, int]) -> Columns | None:
    """Return a series' hours in [start, end) epoch ms, None where there are few, or some are missing or valueless.

    Hours that are not plain are read by themselves and put in their places.
    """
    where = (key, *window)
    count, first, last, astray, valued, others = db.execute(_PROBE, where).fetchone()
    if not count or astray or valued < count or count * _HOUR_MS < LEAST_MS or last - first != (count - 1) * _HOUR_MS:
        return None
    fields = {name: np.full(count, np.nan if value is None else value) for name, value in PLAIN.items()}
    if others:
        odd = np.array(db.execute(_OTHERS, where).fetchall(), np.float64)
        place = (odd[:, 0].astype(np.int64) - first) // _HOUR_MS
        for name, column in zip(PLAIN, odd.T[1:], strict=True):
            fields[name][place] = column
    values = np.fromiter(chain.from_iterable(db.execute(_VALUES, where)), np.float64, count)
    return Columns(first + np.arange(count, dtype=np.int64) * _HOUR_MS, {"value": values, **fields})
