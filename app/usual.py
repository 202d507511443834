"""What is usual at each hour, written beside the hours of the school, its buildings and its meters."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from analytics.usual import HEATING, OLDEST_DAYS, OLDEST_HEATING_DAYS, usual
from app.hours import LOOK_BACK, hours_of
from app.windows import hour_edges
from campus import calendar
from campus.ports import Store
from campus.registry import Registry
from campus.schema import (
    CONSUMPTION,
    FIGURE,
    HOUR,
    SCHOOL_SUBJECT,
    Columns,
    SeriesId,
    building_subject,
    from_ms,
    meter_subject,
    to_ms,
)

# The usual is drawn this far beyond the data: the rest of today, and tomorrow.
_AHEAD = timedelta(days=2)


def write_usual(store: Store, registry: Registry, quantities: set[str], since: datetime | None) -> None:
    """Write what each hour usually is, from the day of `since` on, for the school, its buildings and meters."""
    for quantity in sorted(quantities):
        subjects = (SCHOOL_SUBJECT, *map(building_subject, registry.buildings))
        hourly = {subject: SeriesId(FIGURE, subject, quantity, HOUR) for subject in subjects}
        meters = {meter_subject(key): SeriesId(CONSUMPTION, key, quantity) for key in registry.meters}
        for subject, series in (hourly | meters).items():
            last = store.latest([series]).get(series)
            if last is not None:
                end = calendar.floor_hour(from_ms(last.time_ms) + _AHEAD)
                target = SeriesId(FIGURE, subject, f"usual/{quantity}", HOUR)
                _write_usual(store, registry, (series, target), (since, end))


def _write_usual(
    store: Store, registry: Registry, pair: tuple[SeriesId, SeriesId], span: tuple[datetime | None, datetime]
) -> None:
    series, target = pair
    since, end = span
    first = end - LOOK_BACK if since is None else since
    columns = store.series([series], first - timedelta(days=OLDEST_DAYS + 1), end)[series]
    if not len(columns):
        return
    edges = hour_edges(from_ms(columns.time_ms[0]), end)
    oldest = OLDEST_HEATING_DAYS if series.name in HEATING else OLDEST_DAYS
    expected = usual(hours_of(columns, edges), registry.school, oldest)
    start_ms = max(to_ms(calendar.floor_hour(first)), int(edges[0]))
    known = ~np.isnan(expected.value) & (edges[:-1] >= start_ms)
    absent = np.full(int(known.sum()), np.nan)
    rows = Columns(
        edges[:-1][known],
        {
            "value": expected.value[known],
            "low": expected.low[known],
            "high": expected.high[known],
            "coverage": absent,
            "estimated": absent,
        },
    )
    store.replace(target, (from_ms(start_ms), end), rows)
