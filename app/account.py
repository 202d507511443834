"""The carbon of a school's month, from its stored figures: for the store, the page and `campus explain` alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from analytics import carbon
from app.windows import Window
from campus import calendar, factors
from campus.ports import Store
from campus.registry import Registry
from campus.results import Figure
from campus.schema import FIELDS, FIGURE, HOUR, MONTH, SCHOOL_SUBJECT, Columns, SeriesId, from_ms, to_ms
from campus.units import QUANTITIES


@dataclass(frozen=True, slots=True)
class MonthCarbon:
    """A month's lines and their total, None where nothing of the school emits."""

    lines: tuple[carbon.Line, ...]
    total: Figure | None


def month_uses(store: Store, registry: Registry, month_start: datetime) -> list[Figure]:
    """Return the school's month figures of every quantity it measures; a running month ends with its data."""
    start, end = next(iter(calendar.months(month_start, month_start + calendar.HOUR, registry.school.timezone)))
    ids = {key: SeriesId(FIGURE, SCHOOL_SUBJECT, key, MONTH) for key in _measured(registry)}
    rows = store.series(ids.values(), start, end)
    uses = []
    for key, series in ids.items():
        columns = rows[series]
        if len(columns):
            known_until = _known_until(store, key, end)
            share = (end - start) / (known_until - start) if known_until > start else 1.0
            value, coverage, estimated = (float(columns.fields[f][0]) for f in ("value", "coverage", "estimated"))
            uses.append(_use(key, (start, known_until), value, (min(1.0, coverage * share), estimated)))
        else:
            uses.append(_use(key, (start, end), None, (0.0, 0.0)))
    return uses


def _measured(registry: Registry) -> list[str]:
    """Return the quantities the school has a counter of."""
    return sorted({r.quantity.key for m in registry.meters.values() for r in m.registers if not r.quantity.gauge})


def _known_until(store: Store, quantity: str, end: datetime) -> datetime:
    """Return where the school's data of a quantity end, not after the end of the month."""
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, quantity, HOUR)
    last = store.latest([series]).get(series)
    return end if last is None else min(end, from_ms(last.time_ms) + calendar.HOUR)


def _use(key: str, window: tuple[datetime, datetime], value: float | None, shares: tuple[float, float]) -> Figure:
    unit = QUANTITIES[key].unit
    return Figure(key, SCHOOL_SUBJECT, MONTH, *window, value, unit, coverage=shares[0], estimated=shares[1])


def month_carbon(store: Store, registry: Registry, month_start: datetime) -> MonthCarbon:
    """Return the carbon of the local month that begins at `month_start`."""
    uses = month_uses(store, registry, month_start)
    heat = next((use for use in uses if use.name == "heat"), None)
    on_site = frozenset() if heat is None else carbon.made_on_site(registry, heat)
    rules = carbon.Rules(registry.school.region, factors.shipped(), made_on_site=on_site)
    lines = tuple(carbon.month(uses, rules))
    return MonthCarbon(lines, carbon.total(lines))


def first_month(store: Store, registry: Registry) -> list[datetime]:
    """Return the start of the first month the school has a figure of, or nothing."""
    ids = [SeriesId(FIGURE, SCHOOL_SUBJECT, key, MONTH) for key in _measured(registry)]
    rows = store.series(ids, datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
    firsts = [int(columns.time_ms[0]) for columns in rows.values() if len(columns)]
    return [from_ms(min(firsts))] if firsts else []


def write_carbon(store: Store, registry: Registry, touched: list[datetime]) -> None:
    """Write the carbon of the months that changed, and of the running one."""
    zone = registry.school.timezone
    months = {next(iter(calendar.months(t, t + calendar.HOUR, zone))) for t in touched}
    if touched:
        series = SeriesId(FIGURE, SCHOOL_SUBJECT, "electricity", MONTH)
        last = store.latest([series]).get(series)
        end = from_ms(last.time_ms) + calendar.HOUR if last is not None else max(touched) + calendar.HOUR
        months |= set(calendar.months(min(touched), end, zone))
    for start, end in sorted(months):
        reckoned = month_carbon(store, registry, start)
        figures = [line.figure for line in reckoned.lines if not line.level]
        for figure in (*figures, *([reckoned.total] if reckoned.total else [])):
            _write_figure(store, figure, (start, end))


def _write_figure(store: Store, figure: Figure, month: Window) -> None:
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, figure.name, MONTH)
    known = figure.value is not None
    times = np.array([to_ms(month[0])] if known else [], np.int64)
    values = {"value": figure.value, "coverage": figure.coverage, "estimated": figure.estimated}
    fields: dict[str, NDArray[np.float64] | NDArray[np.object_]] = {
        name: np.array([values.get(name, np.nan)] if known else [], np.float64) for name in FIELDS[FIGURE]
    }
    store.replace(series, month, Columns(times, fields))
