"""What a school's projects saved in a year, from the stored figures, for its report."""

from __future__ import annotations

from analytics.savings_words import in_short
from app.annual_store import Year
from campus import calendar
from campus.ports import Store
from campus.projects import MEASURES, Project
from campus.registry import Registry
from campus.said import Said
from campus.schema import (
    FIGURE,
    SCHOOL_SUBJECT,
    YEAR,
    SeriesId,
    baseline_name,
    saving_error_name,
    saving_name,
    saving_tco2_name,
    saving_yuan_name,
)
from campus.units import QUANTITIES
from reports.year import Amount, Verified

_UNVERIFIED = Said("未核定", "not verified")
_WORKS = Said("还没有完成", "not finished")
_NOT_YET = Said("本年还没有投用", "not in service that year")


def verified(store: Store, registry: Registry, span: Year) -> tuple[Verified, ...]:
    """Return what each project in hand or in service by the end of the year saved of each quantity in it."""
    zone = registry.school.timezone
    begun = [one for one in registry.projects if calendar.midnight(one.started, zone) < span.until]
    return tuple(_verified(store, registry, (one, quantity), span) for one in begun for quantity in one.quantities)


def _verified(store: Store, registry: Registry, of: tuple[Project, str], span: Year) -> Verified:
    project, quantity = of
    kind = QUANTITIES[quantity]
    key = project.key, quantity
    saved, error, would = (
        _amount(store, registry, (name(*key), kind.unit), span)
        for name in (saving_name, saving_error_name, baseline_name)
    )
    told = None not in (saved.value, error.value, would.value)
    return Verified(
        name=Said(project.name, project.name_en),
        measure=MEASURES[project.measure],
        finished=project.finished,
        quantity=kind,
        verdict=in_short(saved.value or 0.0, error.value or 0.0, would.value or 0.0) if told else _why(project, span),
        saved=saved if told else None,
        error=error if told else None,
        yuan=_amount(store, registry, (saving_yuan_name(*key), "元"), span) if told else None,
        tco2=_amount(store, registry, (saving_tco2_name(*key), "tCO2"), span) if told else None,
    )


def _why(project: Project, span: Year) -> Said:
    if project.finished is None:
        return _WORKS
    return _NOT_YET if project.finished.year > span.number else _UNVERIFIED


def _amount(store: Store, registry: Registry, of: tuple[str, str], span: Year) -> Amount:
    """Return a stored figure of the year, of the part of it that could be compared."""
    (name, unit), series = of, SeriesId(FIGURE, SCHOOL_SUBJECT, of[0], YEAR)
    source = f"{registry.school.key}/{SCHOOL_SUBJECT}/{name}/{span.number}"
    rows = store.series([series], span.start, span.end)[series]
    if not len(rows):
        return Amount(source, unit, None)
    value, coverage, estimated = (float(rows.fields[field][0]) for field in ("value", "coverage", "estimated"))
    return Amount(source, unit, value, coverage, estimated)
