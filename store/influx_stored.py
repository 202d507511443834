"""What a write to InfluxDB has to know of what is stored, since an upsert there neither tells nor unsets anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from campus.schema import FIELDS, REGISTER, Columns, Point
from store.rows import Table, absent

# A batch with one late reading must not read everything between it and the others, and one of daily readings by hand,
# weekends left out, must not cost a query each: five years of one meter were 931 queries, 26 s (InfluxDB 2.7.12).
_GAP_MS = 3 * 86_400_000 + 12 * 3_600_000

Values = tuple[float | str | None, ...]


def must_read_before(point: Point) -> bool:
    """Whether a write of this point depends on what is stored: on conflicts, or on fields to unset."""
    return point.series.measurement == REGISTER or None in point.values


def clusters(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Yield points by measurement in order of time, parted where nothing lies for some days."""
    part: list[Point] = []
    for point in sorted(points, key=lambda point: (point.series.measurement, point.time_ms)):
        if part and (point.time_ms - part[-1].time_ms > _GAP_MS or _measurement(point) != _measurement(part[-1])):
            yield part
            part = []
        part.append(point)
    if part:
        yield part


def loses_a_field(old: Values, new: Values) -> bool:
    """Whether a stored row has a field that the new one leaves out."""
    return any(was is not None and now is None for was, now in zip(old, new, strict=True))


def anew(measurement: str, old: Columns, new: Table) -> Table:
    """Return the rows of `new` (n, 1 + fields) that leave out a field which the stored row of their time has."""
    losing = np.zeros(len(new), bool)
    place = np.searchsorted(old.time_ms, new[:, 0].astype(np.int64))
    there = np.flatnonzero(np.isin(new[:, 0].astype(np.int64), old.time_ms))
    for index, name in enumerate(FIELDS[measurement]):
        column = old.fields[name]
        had = ~absent(column) if column.dtype == object else ~np.isnan(column)
        losing[there] |= had[place[there]] & absent(new[there, 1 + index])
    return new[losing]


def runs(times: Sequence[int], doomed: Collection[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last time of each stretch of doomed ones that no other time interrupts; `times` ascend."""
    first = last = None
    for time_ms in times:
        if time_ms in doomed:
            first, last = (time_ms if first is None else first), time_ms
        elif first is not None and last is not None:
            yield first, last
            first = None
    if first is not None and last is not None:
        yield first, last


def _measurement(point: Point) -> str:
    return point.series.measurement
