"""What a point must be before any store sees it, so that every adapter refuses the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from campus.ports import Refused
from campus.schema import FIELDS, TAGS, TEXT_FIELDS, Point, SeriesId, to_ms

EARLIEST_MS = 0
LATEST_MS = to_ms(datetime(2200, 1, 1, tzinfo=UTC))  # InfluxDB's int64 nanoseconds end in 2262
# A quote or backslash would have to be escaped differently in line protocol, Flux and delete predicates.
_NEVER_IN_NAMES = frozenset('"\\')


def sift(points: Sequence[Point]) -> tuple[Sequence[Point], tuple[Refused, ...]]:
    """Part points into those a store can take (plain ints, floats and texts) and the refused ones."""
    if _all_sound(points):
        return points, ()
    faults = [fault(point) for point in points]
    good = [_plain(point) for point, why in zip(points, faults, strict=True) if not why]
    return good, tuple(Refused(point, why) for point, why in zip(points, faults, strict=True) if why)


def fault(point: Point) -> str:
    """Return why a point cannot be stored, or an empty text."""
    series, time_ms, values = point
    if why := series_fault(series):
        return why
    if not EARLIEST_MS <= time_ms < LATEST_MS:
        return f"time {time_ms} ms lies outside 1970 to 2200"
    names = FIELDS[series.measurement]
    if len(values) != len(names):
        return f"{series.measurement} has the fields {', '.join(names)}, but {len(values)} values came"
    if all(value is None for value in values):
        return "every field is absent"
    return next((why for name, value in zip(names, values, strict=True) if (why := _value_fault(name, value))), "")


def series_fault(series: SeriesId) -> str:
    """Return why a series cannot be stored, or an empty text."""
    if series.measurement not in FIELDS:
        return f"unknown measurement {series.measurement!r}; known here: {', '.join(FIELDS)}"
    parts = (series.subject, series.name, series.resolution)
    tags = TAGS[series.measurement]
    if not all(parts[: len(tags)]) or any(parts[len(tags) :]):
        return f"a {series.measurement} is named by exactly {', '.join(tags)}, none of them empty"
    if not all(part.isprintable() and _NEVER_IN_NAMES.isdisjoint(part) for part in parts):
        return f"the name {'/'.join(parts)!r} holds a quote, a backslash or an unprintable character"
    return ""


def _value_fault(name: str, value: object) -> str:
    if value is None:
        return ""
    if name in TEXT_FIELDS:
        return "" if isinstance(value, str) and value.isprintable() else f"{name} {value!r} is not a line of text"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{name} {value!r} is not a number"
    return "" if isfinite(value) else f"{name} is {value}; what is missing is left out"


def _plain(point: Point) -> Point:
    values = (value if value is None or isinstance(value, str) else float(value) for value in point.values)
    return Point(point.series, int(point.time_ms), tuple(values))


def _all_sound(points: Sequence[Point]) -> bool:
    """Whether whole columns show at once that every point is sound and plain; False proves nothing."""
    if not points:
        return True
    series, times, rows = zip(*points, strict=True)
    known = set(series)
    measurements = {one.measurement for one in known}
    if len(measurements) != 1 or any(map(series_fault, known)):
        return False
    if set(map(type, times)) != {int} or min(times) < EARLIEST_MS or max(times) >= LATEST_MS:
        return False
    names = FIELDS[measurements.pop()]
    if set(map(len, rows)) != {len(names)}:
        return False
    return all(_column_sound(name, column) for name, column in zip(names, zip(*rows, strict=True), strict=True))


def _column_sound(name: str, column: tuple[Any, ...]) -> bool:
    if name in TEXT_FIELDS:
        return set(map(type, column)) == {str} and all(map(str.isprintable, set(column)))
    return set(map(type, column)) == {float} and isfinite(sum(column))
