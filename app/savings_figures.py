"""The figures of what projects saved: by month and year with ±, and by day what was expected beside what was used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from analytics.baseline import Refused
from analytics.savings import Amount, Saving
from analytics.savings_days import by_day
from app.metered import Place
from app.savings import Judged
from campus import calendar
from campus.projects import Project
from campus.registry import Registry
from campus.schema import (
    DAY,
    FIELDS,
    FIGURE,
    MONTH,
    SCHOOL_SUBJECT,
    YEAR,
    Columns,
    SeriesId,
    after_name,
    baseline_name,
    saving_error_name,
    saving_name,
    saving_tco2_name,
    saving_yuan_name,
    to_ms,
)

_ALL_TIME = (datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
Numbers = NDArray[np.float64]
# Of what a project would have used and of ± there is no ±.
_AMOUNTS: Mapping[Callable[[str, str], str], Callable[[Saving], Amount | None]] = {
    saving_name: lambda one: one.saved,
    saving_error_name: lambda one: Amount(one.saved.half_90, 0.0, 0.0),
    baseline_name: lambda one: Amount(one.expected, 0.0, 0.0),
    after_name: lambda one: Amount(one.used, 0.0, 0.0),
    saving_yuan_name: lambda one: one.yuan,
    saving_tco2_name: lambda one: one.tco2,
}


def keep(at: Place, project: Project, found: Mapping[str, Judged | Refused]) -> None:
    """Write all figures of a project's quantities anew: what no longer holds is taken away."""
    for quantity, judged in found.items():
        rows = {} if isinstance(judged, Refused) else of(at.registry, judged)
        for series in _series(project.key, quantity):
            at.store.replace(series, _ALL_TIME, rows.get(series, _columns([], {})))


def of(registry: Registry, judged: Judged) -> Mapping[SeriesId, Columns]:
    """Return the rows of every series of a project and quantity."""
    key = judged.project.key, judged.whole.quantity
    found = daily(registry, judged)
    for name, pick in _AMOUNTS.items():
        for resolution, savings in ((MONTH, judged.months), (YEAR, judged.years)):
            series = SeriesId(FIGURE, SCHOOL_SUBJECT, name(*key), resolution)
            found[series] = _rows(registry, savings, pick, resolution)
    return found


def daily(registry: Registry, judged: Judged) -> dict[SeriesId, Columns]:
    """Return what was expected, with its band, and what was used, by the day."""
    days = by_day(judged.meters)
    starts = [to_ms(calendar.midnight(date.fromordinal(int(day)), registry.school.timezone)) for day in days.day]
    shares = {"coverage": days.covered, "estimated": days.estimated}
    band = {"value": days.expected, "low": days.expected - days.below, "high": days.expected + days.above}
    key = judged.project.key, judged.whole.quantity
    return {
        SeriesId(FIGURE, SCHOOL_SUBJECT, baseline_name(*key), DAY): _columns(starts, band),
        SeriesId(FIGURE, SCHOOL_SUBJECT, after_name(*key), DAY): _columns(starts, {"value": days.used, **shares}),
    }


def _series(project: str, quantity: str) -> Iterable[SeriesId]:
    for name in _AMOUNTS:
        for resolution in (MONTH, YEAR):
            yield SeriesId(FIGURE, SCHOOL_SUBJECT, name(project, quantity), resolution)
    for name in (baseline_name, after_name):
        yield SeriesId(FIGURE, SCHOOL_SUBJECT, name(project, quantity), DAY)


def _rows(
    registry: Registry, savings: Sequence[Saving], pick: Callable[[Saving], Amount | None], resolution: str
) -> Columns:
    """Return the rows of calendar months or years; one that only part of is reported begins where it begins."""
    known = [(one, amount) for one in savings if (amount := pick(one)) is not None]
    zone = registry.school.timezone
    firsts = [one.first.replace(day=1) if resolution == MONTH else date(one.first.year, 1, 1) for one, _ in known]
    amounts = [amount for _, amount in known]
    fields = {
        "value": np.array([a.value for a in amounts]),
        "low": np.array([a.value - a.half_90 for a in amounts]),
        "high": np.array([a.value + a.half_90 for a in amounts]),
        "coverage": np.array([one.covered for one, _ in known]),
        "estimated": np.array([one.estimated for one, _ in known]),
    }
    return _columns([to_ms(calendar.midnight(first, zone)) for first in firsts], fields)


def _columns(starts_ms: Sequence[int], fields: Mapping[str, Numbers]) -> Columns:
    absent = np.full(len(starts_ms), np.nan)
    return Columns(np.array(starts_ms, np.int64), {name: fields.get(name, absent) for name in FIELDS[FIGURE]})
