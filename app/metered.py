"""A meter's stored use as a baseline is made from it and a saving is judged by it: hours, days, or what was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics import corrected, stored
from analytics.baseline import BILLS, DAILY, HOURLY
from analytics.baseline_bills import Bill
from analytics.baseline_days import Setting
from analytics.hours import MEASURED, Hours
from analytics.series import Use
from app.hours import closed_hour, read_hours
from app.recompute import raw_around
from app.windows import edges
from campus import calendar
from campus.ports import Store
from campus.registry import Registry
from campus.schema import (
    CONSUMPTION,
    DAY,
    FIGURE,
    HOUR,
    REGISTER,
    SCHOOL_SUBJECT,
    WEATHER_TEMPERATURE,
    SeriesId,
    from_ms,
    meter_subject,
    to_ms,
)

_DAY = timedelta(days=1)
Numbers = NDArray[np.float64]
Days = tuple[date, date]  # local days [first, until)
Counter = tuple[str, str]  # meter, quantity


@dataclass(frozen=True, slots=True)
class Place:
    """A school's registry and store, with its calendar and weather as a baseline needs them."""

    registry: Registry
    store: Store
    setting: Setting


def place(store: Store, registry: Registry) -> Place:
    """Return a school's place; without stored weather its setting has none."""
    weather = read_hours(store, SeriesId(FIGURE, SCHOOL_SUBJECT, WEATHER_TEMPERATURE, HOUR))
    return Place(registry, store, Setting(registry.school, weather if len(weather.start_ms) else None))


def model_of(registry: Registry, counter: Counter) -> str:
    """Return which kind of baseline a meter has: by the hour, by the day, or by what was read every few weeks."""
    interval = registry.meters[counter[0]].interval
    if interval <= calendar.HOUR:
        return HOURLY
    return DAILY if interval <= _DAY else BILLS


def hours(at: Place, counter: Counter, period: Days) -> Hours:
    """Return a meter's closed hours in local days."""
    whole = read_hours(at.store, SeriesId(CONSUMPTION, *counter))
    start, end = instants(at.registry, period)
    kept = slice(*np.searchsorted(whole.start_ms, [to_ms(start), to_ms(end)]).tolist())
    return Hours(whole.start_ms[kept], whole.value[kept], whole.coverage[kept], whole.estimated[kept])


def days(at: Place, counter: Counter, period: Days) -> Use:
    """Return a meter's use on each local day."""
    start, end = instants(at.registry, period)
    series = SeriesId(FIGURE, meter_subject(counter[0]), counter[1], DAY)
    grid = edges(calendar.days(start, end, at.registry.school.timezone))
    return stored.on_grid(at.store.series([series], start, end)[series], grid)


def bills(at: Place, counter: Counter, period: Days) -> list[Bill]:
    """Return what lies between neighbouring readings that both fall into local days."""
    meter = at.registry.meters[counter[0]]
    register = meter.register(counter[1])
    assert register is not None
    zone = at.registry.school.timezone
    raw = raw_around(at.store, SeriesId(REGISTER, *counter), *instants(at.registry, period))
    pieces = corrected.read(raw, meter, register)
    starts, ends = (
        [calendar.local_date(from_ms(int(t)), zone) for t in ms] for ms in (pieces.start_ms, pieces.end_ms)
    )
    read = [Bill(*row) for row in zip(starts, ends, pieces.amount.tolist(), strict=True)]
    return [bill for bill in read if period[0] <= bill.first < bill.until <= period[1]]


def first_day(at: Place, counter: Counter) -> date | None:
    """Return the local day on which a meter's readings begin, None where it never spoke."""
    series = SeriesId(REGISTER, *counter)
    _, after = at.store.neighbours(series, from_ms(0))
    return calendar.local_date(from_ms(after[0]), at.registry.school.timezone) if after else None


def last_day(store: Store, registry: Registry, counter: Counter) -> date | None:
    """Return the first local day that is not known whole, None where the meter never spoke."""
    closed = closed_hour(store, *counter)
    return None if closed is None else calendar.local_date(closed, registry.school.timezone)


def known(value: Numbers, coverage: Numbers, estimated: Numbers) -> Numbers:
    """Return use with NaN where a part is unknown: measured and estimated parts are both known, if not alike."""
    with np.errstate(invalid="ignore"):
        return np.where(coverage + estimated >= MEASURED, value, np.nan)


def instants(registry: Registry, period: Days) -> tuple[datetime, datetime]:
    """Return the instants [start, end) of local days."""
    zone = registry.school.timezone
    return calendar.midnight(period[0], zone), calendar.midnight(period[1], zone)
