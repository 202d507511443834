"""The carbon of a school's months and years, from its stored figures: for the store, the page, the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from analytics import carbon
from app import figure_rows, sums
from app.windows import Window
from campus import calendar, factors
from campus.ports import Store
from campus.registry import Registry
from campus.results import Figure
from campus.schema import (
    FIGURE,
    HOUR,
    MONTH,
    SCHOOL_SUBJECT,
    YEAR,
    SeriesId,
    from_ms,
    virtual_subject,
)
from campus.units import QUANTITIES
from campus.virtual import Virtual, meters

FIXED = "carbon/total_fixed"


@dataclass(frozen=True, slots=True)
class MonthCarbon:
    """A month's lines and their total, None where nothing of the school emits."""

    lines: tuple[carbon.Line, ...]
    total: Figure | None


@dataclass(frozen=True, slots=True)
class YearCarbon:
    """A year's lines and totals: by the nearest factors, by the national one, and by those of the year before."""

    lines: tuple[carbon.Line, ...]
    total: Figure | None
    national: Figure | None
    fixed: Figure | None

    def figures(self) -> list[Figure]:
        """Return all that is stored of it."""
        totals = (self.total, self.national, self.fixed)
        return [*(line.figure for line in self.lines), *(figure for figure in totals if figure is not None)]


def month_uses(store: Store, registry: Registry, month_start: datetime) -> list[Figure]:
    """Return the school's month figures of every quantity it measures; a running month ends with its data."""
    start, end = next(iter(calendar.months(month_start, month_start + calendar.HOUR, registry.school.timezone)))
    return [_to_date(store, use) for use in _uses(store, registry, MONTH, (start, end))]


def _uses(store: Store, registry: Registry, resolution: str, window: Window) -> list[Figure]:
    """Return the school's figure of one month or year for every quantity it measures, coverage over all of it."""
    ids = {key: SeriesId(FIGURE, SCHOOL_SUBJECT, key, resolution) for key in _measured(registry)}
    rows = store.series(ids.values(), *window)
    uses = []
    for key, series in ids.items():
        value: float | None = None
        coverage = estimated = corrected = 0.0
        if len(columns := rows[series]):
            value, coverage, estimated = (float(columns.fields[f][0]) for f in ("value", "coverage", "estimated"))
            corrected = float(np.nan_to_num(columns.fields["corrected"][0]))
        unit = QUANTITIES[key].unit
        use = Figure(key, SCHOOL_SUBJECT, resolution, *window, value, unit, coverage, estimated)
        uses.append(replace(use, corrected=corrected))
    return uses


def _to_date(store: Store, use: Figure) -> Figure:
    """Return a use that ends with its data, its coverage over the time until then."""
    if use.value is None:
        return use
    known_until = _known_until(store, use.name, use.end)
    share = (use.end - use.start) / (known_until - use.start) if known_until > use.start else 1.0
    return replace(use, end=known_until, coverage=min(1.0, use.coverage * share))


def _measured(registry: Registry) -> list[str]:
    """Return the quantities the school has a counter of."""
    return sorted({r.quantity.key for m in registry.meters.values() for r in m.registers if not r.quantity.gauge})


def _known_until(store: Store, quantity: str, end: datetime) -> datetime:
    """Return where the school's data of a quantity end, not after the end of the month."""
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, quantity, HOUR)
    last = store.latest([series]).get(series)
    return end if last is None else min(end, from_ms(last.time_ms) + calendar.HOUR)


def month_carbon(
    store: Store, registry: Registry, month_start: datetime, least: float = carbon.LEAST_COVERAGE
) -> MonthCarbon:
    """Return the carbon of the local month that begins at `month_start`; from `least` coverage on there are figures.

    With a `least` of 0 it is of what was measured, as a year's is.
    """
    uses = month_uses(store, registry, month_start)
    window = next(iter(calendar.months(month_start, month_start + calendar.HOUR, registry.school.timezone)))
    self_used = _self_used(store, registry, uses, window)
    rules = replace(_rules(registry, uses), least_coverage=least, self_used=self_used)
    lines = tuple(carbon.month(uses, rules))
    return MonthCarbon(lines, carbon.total(lines))


def counted(lines: Sequence[carbon.Line]) -> list[carbon.Line]:
    """Return the lines whose tonnes are known and enter the total, which itself is unknown as soon as one is."""
    return [line for line in lines if not line.level and line.why is carbon.Why.COUNTED]


def year_carbon(store: Store, registry: Registry, year_start: datetime) -> YearCarbon:
    """Return the carbon of the local calendar year that begins at `year_start`.

    It is of what was measured, whatever the coverage, which is over the whole year: the reader says what is enough.
    """
    window = next(iter(calendar.years(year_start, year_start + calendar.HOUR, registry.school.timezone)))
    uses = _uses(store, registry, YEAR, window)
    self_used = _self_used(store, registry, uses, window)
    rules = replace(_rules(registry, uses), least_coverage=0.0, self_used=self_used)
    before = calendar.local_date(window[0], registry.school.timezone).year - 1
    lines = tuple(carbon.month(uses, rules))
    fixed = carbon.total(carbon.month(uses, replace(rules, factor_year=before)))
    named = None if fixed is None else replace(fixed, name=FIXED)
    return YearCarbon(lines, carbon.total(lines), carbon.national_total(lines), named)


def _rules(registry: Registry, uses: list[Figure]) -> carbon.Rules:
    heat = next((use for use in uses if use.name == "heat"), None)
    on_site = frozenset() if heat is None else carbon.made_on_site(registry, heat)
    return carbon.Rules(registry.school.region, factors.shipped(), made_on_site=on_site)


def _self_used(store: Store, registry: Registry, uses: Sequence[Figure], window: Window) -> Figure | None:
    """Return the PV used on the spot by the virtual meter that is just that, hour by hour; None without such a one.

    It is of [start, end) of `window`, a month or year; of a running month it ends with the data, as `uses` do.
    """
    solar = [use for use in uses if use.name in ("generation", "electricity_export")]
    end = max((use.end for use in solar), default=window[0])
    virtual = _of_the_roof(registry, end - calendar.HOUR) if end > window[0] else None
    if virtual is None:
        return None
    series = SeriesId(FIGURE, virtual_subject(virtual.key), virtual.quantity.key, solar[0].resolution)
    rows = store.series([series], *window)[series]
    whole = replace(solar[0], name="generation", end=end, value=None, coverage=0.0, estimated=0.0, corrected=0.0)
    if not len(rows):
        return whole
    found = {name: float(np.nan_to_num(rows.fields[name][0])) for name in ("value", "estimated", "corrected")}
    coverage = float(rows.fields["coverage"][0]) * ((window[1] - window[0]) / (end - window[0]))
    return replace(whole, **found, coverage=min(1.0, coverage))  # type: ignore[arg-type]


def _of_the_roof(registry: Registry, time: datetime) -> Virtual | None:
    """Return the virtual meter that is all the school generates less all it sends into the grid."""
    wanted = {
        (factor, meter.key, quantity)
        for factor, quantity in ((1.0, "generation"), (-1.0, "electricity_export"))
        for meter in registry.leaves(SCHOOL_SUBJECT, quantity, time)
    }
    for virtual in registry.virtuals.values():
        if {(of.factor, of.key, of.quantity) for of in meters(registry, virtual, time)} == wanted:
            return virtual
    return None


def first_month(store: Store, registry: Registry) -> list[datetime]:
    """Return the start of the first month the school has a figure of, or nothing."""
    ids = [SeriesId(FIGURE, SCHOOL_SUBJECT, key, MONTH) for key in _measured(registry)]
    rows = store.series(ids, datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
    firsts = [int(columns.time_ms[0]) for columns in rows.values() if len(columns)]
    return [from_ms(min(firsts))] if firsts else []


def _read_ahead(store: Store, registry: Registry, times: list[datetime]) -> None:
    """Let a store that holds what was read have what the carbon of all months and years is made of."""
    if times:
        years = list(calendar.years(min(times), max(times), registry.school.timezone))
        virtuals = [(virtual_subject(one.key), one.quantity.key) for one in registry.virtuals.values()]
        of = [*((SCHOOL_SUBJECT, key) for key in _measured(registry)), *virtuals]
        ids = [SeriesId(FIGURE, *one, resolution) for one in of for resolution in (MONTH, YEAR)]
        store.series(ids, years[0][0], years[-1][1])
        store.latest([SeriesId(FIGURE, SCHOOL_SUBJECT, key, HOUR) for key in _measured(registry)])


def write_carbon(store: Store, registry: Registry, touched: list[datetime]) -> None:
    """Write the carbon of the months and years that changed, and of the running ones."""
    zone = registry.school.timezone
    months = {next(iter(calendar.months(t, t + calendar.HOUR, zone))) for t in touched}
    if touched:
        series = SeriesId(FIGURE, SCHOOL_SUBJECT, "electricity", MONTH)
        last = store.latest([series]).get(series)
        end = from_ms(last.time_ms) + calendar.HOUR if last is not None else max(touched) + calendar.HOUR
        months |= set(calendar.months(min(touched), end, zone))
    _read_ahead(store, registry, [*(start for start, _ in months), *(end for _, end in months)])
    for start, end in sorted(months):
        reckoned = month_carbon(store, registry, start)
        figures = [line.figure for line in reckoned.lines if not line.level]
        for figure in (*figures, *([reckoned.total] if reckoned.total else [])):
            figure_rows.put(store, figure, (start, end))
    years = sorted({next(iter(calendar.years(start, start + calendar.HOUR, zone))) for start, _ in months})
    if len(months) > 1:  # more than the running month: at the start of the program, or late readings came
        sums.fill_years(registry, store, (years[0][0], years[-1][1] - calendar.HOUR))
    for year in years:
        for figure in year_carbon(store, registry, year[0]).figures():
            figure_rows.put(store, figure, year)
