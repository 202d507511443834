"""Stored columns as rows of a chart: local wall time, and how far each row may be trusted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from campus.calendar import HOUR, days, months, years
from campus.panel import Selected
from campus.schema import DAY, MONTH, YEAR, Columns, from_ms

# Up to this share of estimated energy a row is drawn as measured: less does not show at a screen's resolution.
ESTIMATED_SHOWN = 0.05
# From this share of measured time on a row is drawn as whole, for the same reason.
WHOLE = 0.95


class State(StrEnum):
    """How far a row may be trusted, and so how it is drawn."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    PARTIAL = "partial"  # a part of the time is unknown: the use was at least this
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


def rows_of(selected: Selected, columns: Columns, zone: ZoneInfo, now: datetime) -> list[Row]:
    """Return the rows of one series, ascending; a row is open when it ends after `now` or nothing bounds it yet."""
    starts = [from_ms(ms) for ms in columns.time_ms]
    return [
        _row(columns, index, (start, end_of(start, selected.series.resolution, zone)), now)
        for index, start in enumerate(starts)
    ]


def end_of(start: datetime, resolution: str, zone: ZoneInfo) -> datetime:
    """Return the end of the hour, local day, month or year that begins at `start`."""
    spans = {DAY: days, MONTH: months, YEAR: years}.get(resolution)
    return next(spans(start, start + HOUR, zone))[1] if spans else start + HOUR


def _row(columns: Columns, index: int, span: tuple[datetime, datetime], now: datetime) -> Row:
    def number(field: str) -> float | None:
        column = columns.fields.get(field)
        value = math.nan if column is None else float(column[index])
        return None if math.isnan(value) else value

    coverage, estimated = number("coverage"), number("estimated")
    unbounded = index == len(columns) - 1 and coverage is not None and coverage < 1
    state = State.OPEN if span[1] > now or unbounded else _trust(coverage, estimated)
    return Row(*span, number("value"), number("low"), number("high"), coverage, estimated, state)


def _trust(coverage: float | None, estimated: float | None) -> State:
    if (estimated or 0.0) > ESTIMATED_SHOWN:
        return State.ESTIMATED
    return State.PARTIAL if coverage is not None and coverage < WHOLE else State.MEASURED


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
