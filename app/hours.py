"""Stored hours as the arrays that rules and the usual are reckoned from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from analytics import stored
from analytics.hours import Hours
from analytics.series import Ints
from app.windows import day_edges, hour_edges
from campus import calendar
from campus.ports import Rows
from campus.schema import CONSUMPTION, REGISTER, Columns, Point, SeriesId, from_ms, to_ms

# All there is, in practice: an event must not lose the good time before it, on which it is judged.
LOOK_BACK = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Span:
    """From when and until when hours are looked at; None is as far as they go."""

    since: datetime | None = None
    until: datetime | None = None


EVER = Span()


def closed_hour(store: Rows, meter: str, quantity: str) -> datetime | None:
    """Return the end of the last closed hour of a register, None where it never spoke."""
    return closed_hours(store, [(meter, quantity)]).get((meter, quantity))


def closed_hours(store: Rows, registers: Iterable[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """Return the end of the last closed hour of each register that ever spoke."""
    last = store.latest([SeriesId(REGISTER, meter, quantity) for meter, quantity in registers])
    return {(series.subject, series.name): _closed(point) for series, point in last.items()}


def _closed(point: Point) -> datetime:
    seconds = point.values[1]
    assert isinstance(seconds, float)
    return calendar.floor_hour(from_ms(point.time_ms) + timedelta(seconds=max(0.0, seconds)))


def read_hours(store: Rows, series: SeriesId, span: Span = EVER) -> Hours:
    """Return a series' closed hours as a complete grid, from its first stored hour within the span and look-back."""
    last = store.latest([series]).get(series)
    if last is None:
        return _nothing()
    end = from_ms(last.time_ms) + calendar.HOUR
    if series.measurement == CONSUMPTION:
        end = min(end, closed_hour(store, series.subject, series.name) or end)
    end = end if span.until is None else min(end, span.until)
    since = max(end - LOOK_BACK, span.since or end - LOOK_BACK)
    columns = store.series([series], since, end)[series]
    if not len(columns):
        return _nothing()
    # To the last hour that is known: what comes later than the span must not show in how long the grid is.
    return hours_of(columns, hour_edges(from_ms(columns.time_ms[0]), from_ms(columns.time_ms[-1]) + calendar.HOUR))


def read_days(store: Rows, series: SeriesId, span: Span, zone: ZoneInfo) -> Hours:
    """Return a series of local days as hours, each day spread evenly over its own; one the span cuts is left out."""
    last = store.latest([series]).get(series)
    if last is None:
        return _nothing()
    end = from_ms(last.time_ms) + calendar.HOUR
    end = end if span.until is None else min(end, span.until)
    columns = store.series([series], max(end - LOOK_BACK, span.since or end - LOOK_BACK), end)[series]
    if not len(columns):
        return _nothing()
    days = day_edges(from_ms(columns.time_ms[0]), from_ms(columns.time_ms[-1]) + calendar.HOUR, zone)
    use = stored.on_grid(columns, days)
    whole = len(days) if span.until is None else int(np.searchsorted(days, to_ms(span.until), side="right"))
    if whole < 2:
        return _nothing()
    hours = hour_edges(from_ms(days[0]), from_ms(days[whole - 1]))[:-1]
    day = np.searchsorted(days, hours, side="right") - 1
    return Hours(hours, use.value[day] / np.bincount(day)[day], use.coverage[day], use.estimated[day])


def _nothing() -> Hours:
    return hours_of(Columns(np.empty(0, np.int64), {}), np.zeros(1, np.int64))


def hours_of(columns: Columns, edges: Ints) -> Hours:
    """Return rows on the grid of `edges` (n+1,)."""
    use = stored.on_grid(columns, edges)
    return Hours(edges[:-1], use.value, use.coverage, use.estimated)
