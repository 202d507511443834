"""A virtual meter's figure explained: its formula, what each input adds, and which input leaves it unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from analytics.carbon import LEAST_COVERAGE
from app.virtual_said import below_nothing, heard_until
from campus.ports import Store
from campus.registry import SILENCE_LIMIT, Registry
from campus.schema import CONSUMPTION, FIGURE, HOUR, SeriesId, meter_subject, virtual_subject
from campus.virtual import Addend, Virtual, periods

if TYPE_CHECKING:
    from app.explain import Asked


def lines(asked: Asked, store: Store, registry: Registry, virtual: Virtual) -> Iterator[str | Asked]:
    """Yield how a figure is computed, what is lacking and doubtful, and each input: a line, and its own figure."""
    yield f"computed: {virtual.key} = {virtual.formula} [{virtual.quantity.unit}]; counts in no sum"
    found = periods(registry, virtual, (asked.start, asked.end))
    for of in {(of.key, of.quantity): of for _, addends in found for of in addends}.values():
        lack = _lack(asked, store, registry, of)
        if lack:
            yield f"not enough data: {of.key} {of.quantity} {lack}"
    if asked.resolution != HOUR:
        doubt = below_nothing(registry, store, virtual, (asked.resolution, asked.start, asked.end))
        if doubt is not None:
            yield doubt.en
    for number, (since, addends) in enumerate(found):
        when = f" from {since.astimezone(registry.school.timezone):%F %H:%M} on" if number else ""
        for of in addends:
            yield f"{of.factor:+g} × {of.key} {of.quantity}{when}"
            yield replace(asked, subject=_subject(registry, of), name=of.quantity)


def _subject(registry: Registry, of: Addend) -> str:
    return virtual_subject(of.key) if of.key in registry.virtuals else meter_subject(of.key)


def _lack(asked: Asked, store: Store, registry: Registry, of: Addend) -> str:
    """Return what an input lacks in the period, "" where it is measured or estimated well enough."""
    series = SeriesId(FIGURE, _subject(registry, of), of.quantity, asked.resolution)
    if asked.resolution == HOUR and of.key not in registry.virtuals:
        series = SeriesId(CONSUMPTION, of.key, of.quantity)
    rows = store.series([series], asked.start, asked.end)[series]
    coverage, estimated = (float(rows.fields[f][0]) if len(rows) else 0.0 for f in ("coverage", "estimated"))
    passed = asked.passed or asked.end
    coverage = min(1.0, coverage * ((asked.end - asked.start) / (passed - asked.start)))
    if max(coverage, estimated) >= LEAST_COVERAGE:
        return ""
    known = f"is measured for {coverage:.0%} of it" if len(rows) else "is unknown"
    return known if of.key in registry.virtuals else known + _silence(asked, store, registry, of)


def _silence(asked: Asked, store: Store, registry: Registry, of: Addend) -> str:
    """Return since when a register is silent, if it is at the end of the period; in a running one it may be late."""
    until = heard_until(store, of)
    if until is None:
        return ": it was never heard"
    running = asked.passed is not None and asked.passed < asked.end
    due = asked.passed - SILENCE_LIMIT[registry.meters[of.key].arrival] if running and asked.passed else asked.end
    return f"; silent since {until.astimezone(registry.school.timezone):%F %H:%M}" if until < due else ""
