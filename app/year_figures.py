"""A school's yearly indicators, their quotas, where the year will end, and what is ahead, written as figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.carbon import LEAST_COVERAGE
from analytics.indicators import Indicator
from analytics.outlook import NOT_TOLD, Outlook
from analytics.shares import shares
from analytics.virtual import FLOAT_NOISE
from app import account, figure_rows, outlook_figures, outlook_weather, quota_landing, quota_year
from app.outlook_figures import figure
from app.plain_figures import plain
from app.quota_year import YearQuota
from app.windows import Window
from campus import calendar, factors
from campus.ports import Store
from campus.registry import Registry
from campus.results import Figure
from campus.schema import DAY, FIGURE, SCHOOL_SUBJECT, YEAR, Columns, SeriesId, from_ms

INTENSITY, QUOTA, LANDING, CHANCE = "intensity/", "quota/", "landing/", "chance/"
# How many days back a whole day is looked for: meters that people read know theirs two months late.
NOT_WHOLE = timedelta(days=70)
PER_HEAD, PER_AREA = "per_head", "per_area"


@dataclass(slots=True)
class YearFigures:
    """Writes a school's yearly figures once a day, and again where its registry or earlier days changed."""

    _written: dict[str, tuple[str, date]] = field(default_factory=dict)

    def __call__(self, store: Store, registry: Registry, touched: Sequence[datetime]) -> None:
        """Write what the days from the earliest of `touched` on can have changed; all years of another registry."""
        if not touched:
            return
        zone, school = registry.school.timezone, registry.school.key
        earliest = calendar.local_date(min(touched), zone)
        until = known_until(store, registry)
        if until is None:
            return
        version, before = self._written.get(school, ("", date.min))
        if version != registry.version:
            earliest = min([earliest, *(calendar.local_date(t, zone) for t in account.first_month(store, registry))])
        elif before == until and earliest >= until:
            return
        write(store, registry, (min(earliest.year, until.year), until))
        self._written[school] = (registry.version, until)


def write(store: Store, registry: Registry, of: tuple[int, date]) -> None:
    """Write the figures of the years from one on up to the year of `until`, and what is ahead of that day."""
    first, until = of
    for year in range(first, until.year + 1):
        days = quota_year.read(store, registry, year)
        told = [*_of_year(quota_year.reckon(days, year, until), until)]
        if year < until.year:
            told += [(made, window_of(registry, year)) for made in plain(store, registry, window_of(registry, year))]
        else:
            weather = outlook_weather.setting(store, registry, until, outlook_figures.PERIODS)
            told += outlook_figures.forecasts(days, until, weather)
        figure_rows.put_all(store, told)


def window_of(registry: Registry, year: int) -> Window:
    """Return a local calendar year."""
    zone = registry.school.timezone
    return calendar.midnight(date(year, 1, 1), zone), calendar.midnight(date(year + 1, 1, 1), zone)


def known_until(store: Store, registry: Registry) -> date | None:
    """Return the first local day that no series of the school's own knows whole yet; None where none ever was."""
    zone = registry.school.timezone
    ids = [SeriesId(FIGURE, SCHOOL_SUBJECT, quantity, DAY) for quantity in outlook_figures.FORECAST_OF]
    newest = [from_ms(point.time_ms) for point in store.latest(ids).values()]
    if not newest:
        return None
    rows = store.series(ids, max(newest) - NOT_WHOLE, max(newest) + calendar.HOUR)
    ends = [int(ms) for columns in rows.values() for ms in columns.time_ms[_whole(columns)]]
    return calendar.local_date(from_ms(max(ends)), zone) + timedelta(days=1) if ends else None


def _whole(columns: Columns) -> NDArray[np.bool_]:
    coverage, estimated = (
        np.nan_to_num(columns.fields[name].astype(np.float64)) for name in ("coverage", "estimated")
    )
    return (coverage > 1 - FLOAT_NOISE) | (estimated > 0)


def _of_year(of: YearQuota, until: date) -> Iterator[tuple[Figure, Window]]:
    """Yield all figures of a year, each with the year it is of."""
    zone = of.school.timezone
    window = calendar.midnight(date(of.year, 1, 1), zone), calendar.midnight(date(of.year + 1, 1, 1), zone)
    for made in (*_indicators(of, window), *_landings(of, window, until), *_shares(of, window, until)):
        yield made, window


def _indicators(of: YearQuota, window: Window) -> Iterator[Figure]:
    for found in of.indicators:
        yield _intensity(found, found.key, window)
        yield _against(found, window)
    yield _intensity(of.per_head, PER_HEAD, window)
    yield _intensity(of.per_area, PER_AREA, window)


def _intensity(found: Indicator, name: str, window: Window) -> Figure:
    factors = tuple(dict.fromkeys(term.factor.id for term in found.terms if term.factor is not None))
    return Figure(
        INTENSITY + name,
        SCHOOL_SUBJECT,
        YEAR,
        *window,
        found.value,
        found.unit,
        found.coverage,
        found.estimated,
        factors=factors,
        inputs=tuple(dict.fromkeys(f"{term.subject}/{term.quantity}" for term in found.terms)),
        corrected=found.corrected,
    )


def _against(found: Indicator, window: Window) -> Figure:
    """Return an indicator as a share of the worst value its quota allows; without a quota there is none."""
    quota, value = found.standing.quota, found.value
    share = None if quota is None or value is None else value / quota.values[0]
    return replace(_intensity(found, found.key, window), name=QUOTA + found.key, value=share, unit="")


def _landings(of: YearQuota, window: Window, until: date) -> Iterator[Figure]:
    """Yield where the year's indicators and its quarters of water will end; of a year that is over, nothing."""
    told = {landing.key: landing for landing in quota_landing.landings(of)}
    for found in of.indicators:
        landing = told.get(found.key)
        outlook = None if landing is None else landing.outlook
        divisor = 1.0 if landing is None else landing.divisor
        yield _ahead(found.key, outlook, window, (found.unit, divisor))
        yield _chance(found.key, None if landing is None else landing.chance, window)
    quarters = {one.plan.quarter: one for one in quota_landing.quarters(of.days, of.year, until)}
    for number in range(1, 5):
        quarter = quarters.get(number)
        yield _ahead(f"water/q{number}", None if quarter is None else quarter.outlook, window, ("m³", 1.0))
        yield _chance(f"water/q{number}", None if quarter is None else quarter.chance, window)


def _ahead(key: str, outlook: Outlook | None, window: Window, of: tuple[str, float]) -> Figure:
    unit, divisor = of
    return figure(LANDING + key, (YEAR, window), NOT_TOLD if outlook is None else outlook, unit, divisor)


def _chance(key: str, chance: float | None, window: Window) -> Figure:
    return Figure(CHANCE + key, SCHOOL_SUBJECT, YEAR, *window, chance, "", 0.0, 1.0)


def _shares(of: YearQuota, window: Window, until: date) -> Iterator[Figure]:
    """Yield the shares over the part of the year that has passed; below the coverage asked for there is none."""
    first, end = quota_year.rows_of_year(of.days, of.year)
    rows = first, min(end, of.days.row(until))
    bought = of.days.at(max(first, rows[1] - 1)).within.heat_bought
    for share in shares(of.days.table, rows, factors.shipped(), bought) if rows[0] < rows[1] else ():
        value = share.value if share.coverage >= LEAST_COVERAGE else None
        yield Figure(
            share.name,
            SCHOOL_SUBJECT,
            YEAR,
            *window,
            value,
            "",
            share.coverage,
            share.estimated,
            corrected=share.corrected,
        )
