"""Stored columns as rows of a chart: local wall time, and how far each row may be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from campus import quality
from campus.calendar import HOUR, days, months, years
from campus.panel import Selected
from campus.quality import Code
from campus.schema import DAY, MONTH, YEAR, Columns, from_ms


class State(StrEnum):
    """How far a row may be trusted, and so how it is drawn: its quality code, or that it is still open."""

    MEASURED = Code.MEASURED.value
    HAND = Code.HAND.value
    ESTIMATED = Code.ESTIMATED.value
    CORRECTED = Code.CORRECTED.value
    PARTIAL = Code.PARTIAL.value
    UNKNOWN = Code.UNKNOWN.value
    OPEN = "open"  # not over yet, or no reading after its end


@dataclass(frozen=True, slots=True)
class Row:
    """A value over [start, end) of one selected series; absent numbers are None, never 0."""

    start: datetime
    end: datetime
    value: float | None
    low: float | None
    high: float | None
    coverage: float | None
    estimated: float | None
    state: State
    corrected: float | None = None


def rows_of(selected: Selected, columns: Columns, zone: ZoneInfo, now: datetime) -> list[Row]:
    """Return the rows of one series, ascending; a row is open when it ends after `now` or nothing bounds it yet."""
    starts = [from_ms(ms) for ms in columns.time_ms]
    return [
        _row(columns, index, (start, end_of(start, selected.series.resolution, zone)), (selected, now))
        for index, start in enumerate(starts)
    ]


def end_of(start: datetime, resolution: str, zone: ZoneInfo) -> datetime:
    """Return the end of the hour, local day, month or year that begins at `start`."""
    spans = {DAY: days, MONTH: months, YEAR: years}.get(resolution)
    return next(spans(start, start + HOUR, zone))[1] if spans else start + HOUR


def _row(columns: Columns, index: int, span: tuple[datetime, datetime], of: tuple[Selected, datetime]) -> Row:
    selected, now = of

    def number(field: str) -> float | None:
        column = columns.fields.get(field)
        value = math.nan if column is None else float(column[index])
        return None if math.isnan(value) else value

    value = number("value")
    coverage, estimated, corrected = number("coverage"), number("estimated"), number("corrected")
    # What somebody spoke for is bounded by their word.
    unbounded = index == len(columns) - 1 and coverage is not None and coverage < 1 and not corrected
    code = quality.code(value, coverage, estimated, corrected, selected.by_hand)
    state = State.OPEN if span[1] > now or unbounded else State(code.value)
    return Row(*span, value, number("low"), number("high"), coverage, estimated, state, corrected)


def wall_ms(instant: datetime, zone: ZoneInfo) -> int:
    """Return the local wall time of an instant as if it were UTC [epoch ms], for an axis that knows no zones."""
    wall = instant.astimezone(zone).replace(tzinfo=UTC)
    return round(wall.timestamp() * 1000)


def runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield the stretches of adjoining rows with a value and one state; between them a gap stays a gap."""
    run: list[Row] = []
    for row in (row for row in rows if row.value is not None):
        if run and (run[-1].end != row.start or run[-1].state != row.state):
            yield run
            run = []
        run.append(row)
    if run:
        yield run
