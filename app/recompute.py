"""One register, computed anew: raw rows → hours → local days, over the window new readings can have changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from analytics import consumption, series, stored
from app.windows import HOUR_MS, Window, edges, hour_edges
from campus import calendar
from campus.ports import Store
from campus.registry import Meter, Registry
from campus.schema import CONSUMPTION, DAY, FIGURE, REGISTER, Columns, SeriesId, from_ms, meter_subject, to_ms

# Readings to either side of a touched one that are fetched to see how far it reaches; four times what decides.
AROUND = 4 * consumption.LOOK
_ALL_TIME = (datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def derive_register(
    store: Store, registry: Registry, register_of: tuple[Meter, str], touched: Window | None
) -> Window | None:
    """Compute a register's hours and days anew around readings in `touched` (None: everything); return the window."""
    meter, quantity = register_of
    register = meter.register(quantity)
    assert register is not None
    raw_id = SeriesId(REGISTER, meter.key, quantity)
    window = _window(store, registry, raw_id, touched)
    if window is None or register.quantity.gauge:
        return None
    raw = raw_around(store, raw_id, *window)
    pieces = consumption.read(raw, meter, register).pieces
    if meter.interval <= calendar.HOUR:
        hours = hour_edges(*window)
        rows = stored.rows(series.resample(pieces, hours), hours, CONSUMPTION)
        store.replace(SeriesId(CONSUMPTION, meter.key, quantity), window, rows)
    days = edges(calendar.days(*window, registry.school.timezone))
    closed = series.until(pieces, _closed_ms(raw))
    figure = SeriesId(FIGURE, meter_subject(meter.key), quantity, DAY)
    store.replace(figure, window, stored.rows(series.resample(closed, days), days, FIGURE))
    return window


def _window(store: Store, registry: Registry, raw_id: SeriesId, touched: Window | None) -> Window | None:
    """Return the local days that readings in `touched` can have changed."""
    if touched is None:
        raw = store.series([raw_id], *_ALL_TIME)[raw_id]
        if not len(raw):
            return None
        first, last = int(raw.time_ms[0]), int(raw.time_ms[-1])
    else:
        raw = raw_around(store, raw_id, *touched)
        if not len(raw):
            return None
        first, last = consumption.settled(raw, (to_ms(touched[0]), to_ms(touched[1])))
    inside = (raw.time_ms >= first) & (raw.time_ms <= last)
    ends = consumption.closed_until(Columns(raw.time_ms[inside], {k: v[inside] for k, v in raw.fields.items()}))
    days = list(calendar.days(from_ms(first), from_ms(max(last, ends or last) + 1), registry.school.timezone))
    return days[0][0], days[-1][1]


def raw_around(store: Store, raw_id: SeriesId, start: datetime, end: datetime) -> Columns:
    """Return the raw rows of [start, end) and `AROUND` rows to either side: what decides how they are read."""
    before, _ = store.neighbours(raw_id, start, AROUND)
    _, after = store.neighbours(raw_id, end, AROUND)
    low = from_ms(before[-1]) if before else start
    high = from_ms(after[-1] + 1) if after else end + timedelta(milliseconds=1)
    return store.series([raw_id], low, high)[raw_id]


def _closed_ms(raw: Columns) -> int:
    """Return the end of the last hour with a reading after it: what comes later is open and in no figure."""
    end = consumption.closed_until(raw)
    return 0 if end is None else end // HOUR_MS * HOUR_MS
