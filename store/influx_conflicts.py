"""Conflicts in InfluxDB, which overwrites without a word: found by reading before, kept in a measurement beside.

`conflict` lies with the registers: tags meter, quantity; fields time_ms, old, new; its time is when it was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from campus.ports import Conflict
from campus.schema import REGISTER, TAGS, Point, SeriesId
from store.flux import Table, milliseconds
from store.lineprotocol import key

MEASUREMENT = "conflict"
_FIELDS = ("time_ms", "old", "new")


def among(points: Iterable[Point], stored: Mapping[tuple[SeriesId, int], float | str | None]) -> list[Conflict]:
    """Return where a register gets another value than the one stored, or written just before, under its identity."""
    conflicts, standing = [], dict(stored)
    for series, time_ms, values in points:
        if series.measurement != REGISTER:
            continue
        old, new = standing.get((series, time_ms)), values[0]
        if isinstance(old, float) and isinstance(new, float) and old != new:
            conflicts.append(Conflict(series, time_ms, old, new))
        standing[series, time_ms] = new
    return conflicts


def lines(conflicts: Sequence[Conflict], seen_ms: int) -> list[str]:
    """Return the lines that keep conflicts, a millisecond apart from `seen_ms` on so that none hides another."""
    return [
        f"{MEASUREMENT}{key(one.series).removeprefix(REGISTER)} "
        f"time_ms={float(one.time_ms)!r},old={one.old!r},new={one.new!r} {seen_ms + index}"
        for index, one in enumerate(conflicts)
    ]


def read(tables: Iterable[Table]) -> list[Conflict]:
    """Return the conflicts kept in tables, newest first."""
    by_series: dict[SeriesId, dict[str, Table]] = {}
    for table in tables:
        series = SeriesId(REGISTER, *(table.tags[tag] for tag in TAGS[REGISTER]))
        by_series.setdefault(series, {})[table.tags["_field"]] = table
    seen = []
    for series, fields in by_series.items():
        times = milliseconds(fields["time_ms"].times).tolist()
        for seen_ms, *row in zip(times, *(map(float, fields[name].values) for name in _FIELDS), strict=True):
            seen.append((seen_ms, Conflict(series, int(row[0]), row[1], row[2])))
    return [conflict for _, conflict in sorted(seen, key=lambda pair: pair[0], reverse=True)]
