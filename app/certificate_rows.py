"""The rows of the certificate: what was due, what became of what came, and what is known of the day's hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from app.certificate_count import Counted, Tally, count, expected
from app.certificate_tally import Asked, Key, Tallies
from app.windows import Window
from app.wiring import Installation
from campus import calendar
from campus.ports import Store
from campus.registry import Arrival, Meter
from campus.schema import CONSUMPTION, REGISTER, SeriesId, from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a register's values, or of those on a topic that are no register's (`quantity` is "" then).

    `expected` is None where nothing is. `estimated_h` and `unknown_h` [hours of the day] are None where no hours are
    kept: gauges, meters read once a day, and the table by day of arrival. An unknown hour may still become known.
    """

    school: str
    meter: str
    quantity: str
    expected: int | None
    counted: Counted
    estimated_h: float | None = None
    unknown_h: float | None = None


def rows(installation: Installation, asked: Asked, tallies: Tallies, reading_day: bool) -> Iterator[Row]:
    """Yield the rows of one of the two tables: schools in order, what is no register's at the end."""
    due = dict(_due(asked, reading_day))
    for key in sorted({*due, *tallies}, key=lambda key: (not key[0], key[0], not key[2], key)):
        school, meter, quantity = key
        tally = tallies.get(key, Tally())
        if not quantity:
            yield Row(school, meter, "", None, count(tally, {}))
            continue
        store, window = installation.stores[school], asked.window(school)
        stored = _stored(store, SeriesId(REGISTER, meter, quantity), tally, window if reading_day else None)
        named = frozenset(t for t in stored if to_ms(window[0]) <= t < to_ms(window[1])) if reading_day else None
        hours = _hours(store, asked, key) if reading_day else (None, None)
        yield Row(school, meter, quantity, due.get(key), count(tally, stored, named), *hours)


def _due(asked: Asked, reading_day: bool) -> Iterator[tuple[Key, int | None]]:
    """Yield every register in force and how many readings the day should bring of it.

    What a vendor's cloud freezes daily arrives the day after: by arrival the day before is due.
    """
    for school in asked.schools:
        for meter in asked.every[school].meters.values():
            frozen = meter.arrival is Arrival.DAILY_FROZEN and not reading_day
            start, end = window = asked.window(school, days_before=int(frozen))
            if (meter.until is None or meter.until > start) and (meter.since is None or meter.since < end):
                for register in meter.registers:
                    yield (school, meter.key, register.quantity.key), expected(meter, window, asked.now)


def _stored(store: Store, series: SeriesId, tally: Tally, window: Window | None) -> dict[int, float]:
    """Return the stored values of the day, or of the times a tally names."""
    if window is None:
        times = [*tally.said, *tally.perhaps]
        if not times:
            return {}
        window = from_ms(min(times)), from_ms(max(times) + 1)
    columns = store.series([series], *window)[series]
    return dict(zip(columns.time_ms.tolist(), columns.value.tolist(), strict=True))


def _hours(store: Store, asked: Asked, key: Key) -> tuple[float | None, float | None]:
    """Return how many hours of the day, as far as it has come, are estimated and how many unknown."""
    school, meter_key, quantity = key
    meter = asked.every[school].meters.get(meter_key)
    register = meter.register(quantity) if meter else None
    if meter is None or register is None or register.quantity.gauge or meter.interval > calendar.HOUR:
        return None, None
    start, end = _in_force(meter, asked.window(school), asked.now)
    if end <= start:
        return 0.0, 0.0
    series = SeriesId(CONSUMPTION, meter_key, quantity)
    columns = store.series([series], start, end)[series]
    rest = 1.0 - np.nan_to_num(columns.fields["coverage"].astype(np.float64))
    # Of an hour that holds an estimate what was not measured is estimated; of any other it is unknown.
    guessed = np.nan_to_num(columns.fields["estimated"].astype(np.float64)) > 0
    unknown = (end - start) / calendar.HOUR - len(columns) + float(rest[~guessed].sum())
    return round(float(rest[guessed].sum()), 2), round(max(0.0, unknown), 2)


def _in_force(meter: Meter, window: Window, now: datetime) -> Window:
    start = max(window[0], meter.since) if meter.since else window[0]
    end = min(window[1], meter.until) if meter.until else window[1]
    return start, min(end, calendar.floor_hour(now))
