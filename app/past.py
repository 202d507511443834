"""A store as it ends at a past instant: what lies later is not there. Rows that came or changed since are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from campus.ports import Rows
from campus.schema import FIELDS, Columns, Point, SeriesId, empty, from_ms

_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Past(Rows):
    """The rows of a store before `end`."""

    rows: Rows
    end: datetime

    def series(self, ids: Iterable[SeriesId], start: datetime, end: datetime) -> Mapping[SeriesId, Columns]:
        """Return the rows in [start, end) of each id, as far as they lie before the past's end."""
        listed = list(ids)
        if start >= self.end:
            return {one: empty(one.measurement) for one in listed}
        return self.rows.series(listed, start, min(end, self.end))

    def neighbours(self, series: SeriesId, time: datetime, count: int = 1) -> tuple[list[int], list[int]]:
        """Return up to `count` times before and after `time`, both nearest first, none after the past's end."""
        before, after = self.rows.neighbours(series, min(time, self.end), count)
        return before, [one for one in after if from_ms(one) < self.end]

    def latest(self, ids: Iterable[SeriesId]) -> Mapping[SeriesId, Point]:
        """Return the last row of each id that has one before the past's end."""
        found = {}
        for one in ids:
            before, _ = self.rows.neighbours(one, self.end)
            if before:
                last = from_ms(before[0])
                rows = self.rows.series([one], last, last + _MOMENT)[one]
                found[one] = Point(one, before[0], tuple(_at(rows, name) for name in FIELDS[one.measurement]))
        return found


def _at(rows: Columns, name: str) -> float | str | None:
    return rows.fields[name][0] if name in rows.fields else None
