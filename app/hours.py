"""Stored hours as the arrays that rules and the usual are reckoned from."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from analytics import stored
from analytics.hours import Hours
from analytics.series import Ints
from app.windows import hour_edges
from campus import calendar
from campus.ports import Rows
from campus.schema import CONSUMPTION, REGISTER, Columns, SeriesId, from_ms

# All there is, in practice: an event must not lose the good time before it, on which it is judged.
LOOK_BACK = timedelta(days=3660)


def closed_hour(store: Rows, meter: str, quantity: str) -> datetime | None:
    """Return the end of the last closed hour of a register, None where it never spoke."""
    series = SeriesId(REGISTER, meter, quantity)
    last = store.latest([series]).get(series)
    if last is None:
        return None
    seconds = last.values[1]
    assert isinstance(seconds, float)
    return calendar.floor_hour(from_ms(last.time_ms) + timedelta(seconds=max(0.0, seconds)))


def read_hours(store: Rows, series: SeriesId) -> Hours:
    """Return a series' closed hours as a complete grid, from its first stored hour within the look-back."""
    last = store.latest([series]).get(series)
    if last is None:
        return hours_of(Columns(np.empty(0, np.int64), {}), np.zeros(1, np.int64))
    end = from_ms(last.time_ms) + calendar.HOUR
    columns = store.series([series], end - LOOK_BACK, end)[series]
    if series.measurement == CONSUMPTION:
        end = min(end, closed_hour(store, series.subject, series.name) or end)
    return hours_of(columns, hour_edges(from_ms(columns.time_ms[0]), end))


def hours_of(columns: Columns, edges: Ints) -> Hours:
    """Return rows on the grid of `edges` (n+1,)."""
    use = stored.on_grid(columns, edges)
    return Hours(edges[:-1], use.value, use.coverage, use.estimated)
