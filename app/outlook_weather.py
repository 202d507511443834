"""The temperatures a forecast goes by: measured ones, and where there are none the forecast's own."""

from __future__ import annotations

from datetime import date

import numpy as np

from analytics.ahead_weather import LEARNT_DAYS
from analytics.baseline_days import Setting
from analytics.hours import Hours
from app.hours import hours_of
from app.windows import hour_edges
from campus import calendar
from campus.ports import Store
from campus.registry import Registry
from campus.schema import FIGURE, FORECAST_TEMPERATURE, HOUR, SCHOOL_SUBJECT, WEATHER_TEMPERATURE, SeriesId

# Days read besides: a day remembers the one before it, and a local day lies in two of UTC.
_BESIDE_DAYS = 4


def setting(store: Store, registry: Registry, until: date, ahead: int) -> Setting | None:
    """Return the school with its temperatures, to forecast `ahead` days from `until` on; None where none is known."""
    zone = registry.school.timezone
    first, last = until.toordinal() - LEARNT_DAYS - _BESIDE_DAYS, until.toordinal() + ahead + _BESIDE_DAYS
    start, end = (calendar.midnight(date.fromordinal(day), zone) for day in (first, last))
    names = (WEATHER_TEMPERATURE, FORECAST_TEMPERATURE)
    ids = [SeriesId(FIGURE, SCHOOL_SUBJECT, name, HOUR) for name in names]
    rows = store.series(ids, start, end)
    if not any(len(columns) for columns in rows.values()):
        return None
    edges = hour_edges(start, end)
    measured, foreseen = (hours_of(rows[one], edges).value for one in ids)
    value = np.where(np.isnan(measured), foreseen, measured)
    known = np.isfinite(value).astype(np.float64)
    return Setting(registry.school, Hours(edges[:-1], value, known, np.zeros(len(value))))
