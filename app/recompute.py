"""One register, computed anew: raw rows → hours → local days, over the window new readings can have changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from analytics import consumption, corrected, series, stored
from analytics.series import Ints, Pieces, Use
from app.windows import HOUR_MS, Window, edges, hour_edges
from campus import calendar
from campus.corrections import Correction
from campus.ports import Rows, Store
from campus.registry import Meter, Register, Registry
from campus.schema import (
    CONSUMPTION,
    DAY,
    FIGURE,
    HOUR,
    REGISTER,
    Columns,
    SeriesId,
    Stretch,
    from_ms,
    meter_subject,
    to_ms,
    validated_name,
)

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
    if register.quantity.gauge:
        return None
    window = _window(store, registry, (meter, register), touched)
    if window is None:
        return None
    raw = raw_around(store, raw_id, *window)
    counted = Reckoned(corrected.read(raw, meter, register), _closed_ms(raw, meter, quantity), window)
    _replace(store, registry, meter, (quantity, counted))
    if meter.corrections or touched is None:
        told = Reckoned(consumption.read(raw, meter, register).pieces, counted.closed_ms, window)
        _replace_validated(store, registry, meter, (quantity, told, counted))
    return window


@dataclass(frozen=True, slots=True)
class Reckoned:
    """Use over a window, and the end [epoch ms] of what is closed of it."""

    pieces: Pieces
    closed_ms: int
    window: Window

    def hours(self) -> tuple[Use, Ints]:
        """Return the use of each hour, the open one included, and the hours' edges."""
        hours = hour_edges(*self.window)
        return series.resample(self.pieces, hours), hours

    def days(self, zone: ZoneInfo) -> tuple[Use, Ints]:
        """Return the closed use of each local day, and the days' edges."""
        days = edges(calendar.days(*self.window, zone))
        return series.resample(series.until(self.pieces, self.closed_ms), days), days


def _replace(store: Store, registry: Registry, meter: Meter, what: tuple[str, Reckoned]) -> None:
    quantity, counted = what
    days = stored.rows(*counted.days(registry.school.timezone), FIGURE)
    parts = [Stretch(SeriesId(FIGURE, meter_subject(meter.key), quantity, DAY), counted.window, days)]
    if meter.interval <= calendar.HOUR:
        hours = stored.rows(*counted.hours(), CONSUMPTION)
        parts.append(Stretch(SeriesId(CONSUMPTION, meter.key, quantity), counted.window, hours))
    store.replace_all(parts)


def _replace_validated(store: Store, registry: Registry, meter: Meter, what: tuple[str, Reckoned, Reckoned]) -> None:
    """Keep what the meter told wherever something else counts, so that both can be shown."""
    quantity, told, counted = what
    zone = registry.school.timezone
    pairs = [(DAY, told.days(zone), counted.days(zone)[0])]
    if meter.interval <= calendar.HOUR:
        pairs.append((HOUR, told.hours(), counted.hours()[0]))
    for resolution, (use, grid), other in pairs:
        aside = (other.corrected > 0) | (np.isnan(other.value) & ~np.isnan(use.value))
        kept = series.nothing(len(use.value))
        kept.put(use, aside)
        validated = SeriesId(FIGURE, meter_subject(meter.key), validated_name(quantity), resolution)
        store.replace(validated, told.window, stored.rows(kept, grid, FIGURE))


def _window(
    store: Store, registry: Registry, register_of: tuple[Meter, Register], touched: Window | None
) -> Window | None:
    """Return the local days that readings in `touched`, or the meter's corrections, can have changed."""
    meter, register = register_of
    quantity = register.quantity.key
    raw_id = SeriesId(REGISTER, meter.key, quantity)
    spans = _whole(store, raw_id, meter) if touched is None else [_reached(store, raw_id, register_of, touched)]
    known = [span for span in spans if span is not None]
    if not known:
        return None
    zone = registry.school.timezone
    window = _local_days((min(start for start, _ in known), max(end for _, end in known)), zone)
    while held := [c for c in corrected.reaching(meter.corrections, quantity, window) if not _inside(c, window)]:
        window = _local_days((min(window[0], *(c.start for c in held)), max(window[1], *(c.end for c in held))), zone)
    return window


def _whole(store: Store, raw_id: SeriesId, meter: Meter) -> list[Window | None]:
    """Return the times of which anything is known, was once reckoned, or is said by a correction, even a former."""
    days = SeriesId(FIGURE, meter_subject(meter.key), raw_id.name, DAY)
    rows = store.series([raw_id, days], *_ALL_TIME)
    raw, figures = rows[raw_id], rows[days]
    spans: list[Window | None] = [(c.start, c.end) for c in meter.corrections if c.quantity == raw_id.name]
    spans += [(from_ms(one.time_ms[0]), from_ms(one.time_ms[-1])) for one in (raw, figures) if len(one)]
    if (end := consumption.closed_until(raw)) is not None:
        spans.append((from_ms(end), from_ms(end)))
    return spans


def _reached(store: Store, raw_id: SeriesId, register_of: tuple[Meter, Register], touched: Window) -> Window | None:
    """Return the time whose use readings in `touched` can have changed."""
    raw = corrected.readings(raw_around(store, raw_id, *touched), *register_of)
    if not len(raw):
        return None
    first, last = consumption.settled(raw, (to_ms(touched[0]), to_ms(touched[1])))
    inside = (raw.time_ms >= first) & (raw.time_ms <= last)
    ends = consumption.closed_until(Columns(raw.time_ms[inside], {k: v[inside] for k, v in raw.fields.items()}))
    return from_ms(first), from_ms(max(last, ends or last))


def _local_days(span: Window, zone: ZoneInfo) -> Window:
    """Return the whole local days of a span, the one its end falls on included."""
    days = list(calendar.days(span[0], span[1] + timedelta(milliseconds=1), zone))
    return days[0][0], days[-1][1]


def _inside(correction: Correction, window: Window) -> bool:
    return window[0] <= correction.start and correction.end <= window[1]


def raw_around(store: Rows, raw_id: SeriesId, start: datetime, end: datetime) -> Columns:
    """Return the raw rows of [start, end) and `AROUND` rows to either side: what decides how they are read."""
    before, _ = store.neighbours(raw_id, start, AROUND)
    _, after = store.neighbours(raw_id, end, AROUND)
    low = from_ms(before[-1]) if before else start
    high = from_ms(after[-1] + 1) if after else end + timedelta(milliseconds=1)
    return store.series([raw_id], low, high)[raw_id]


def _closed_ms(raw: Columns, meter: Meter, quantity: str) -> int:
    """Return the end of the last hour with a reading after it, or that somebody spoke for: what comes later is open
    and in no figure."""
    end = consumption.closed_until(raw) or 0
    stated = corrected.stated_until(meter, quantity)
    return max(end, 0 if stated is None else to_ms(stated)) // HOUR_MS * HOUR_MS
