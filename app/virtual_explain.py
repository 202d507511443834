"""A virtual meter's figure explained: its formula, what each input adds, and which input leaves it unknown."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.carbon import LEAST_COVERAGE
from app.explain_asked import Asked
from app.virtual_said import below_nothing, heard_until
from campus.ports import Store
from campus.registry import SILENCE_LIMIT, Registry
from campus.said import Said
from campus.schema import CONSUMPTION, FIGURE, HOUR, SeriesId, meter_subject, virtual_subject
from campus.units import QUANTITIES
from campus.virtual import Addend, Virtual, periods


def lines(asked: Asked, store: Store, registry: Registry, virtual: Virtual) -> Iterator[Said | Asked]:
    """Yield how a figure is computed, what is lacking and doubtful, and each input: a line, and its own figure."""
    formula = f"{virtual.key} = {virtual.formula} [{virtual.quantity.unit}]"
    yield Said(f"计算得出：{formula}；不计入任何合计", f"computed: {formula}; counts in no sum")
    found = periods(registry, virtual, (asked.start, asked.end))
    for of in {(of.key, of.quantity): of for _, addends in found for of in addends}.values():
        lack, name = _lack(asked, store, registry, of), QUANTITIES[of.quantity]
        if lack is not None:
            yield Said(f"数据不足：{of.key} {name.zh}{lack.zh}", f"not enough data: {of.key} {of.quantity} {lack.en}")
    if asked.resolution != HOUR:
        doubt = below_nothing(registry, store, virtual, (asked.resolution, asked.start, asked.end))
        if doubt is not None:
            yield doubt
    for number, (since, addends) in enumerate(found):
        at = f"{since.astimezone(registry.school.timezone):%F %H:%M}"
        when = Said(f"（{at} 起）", f" from {at} on") if number else Said("", "")
        for of in addends:
            yield Said(
                f"{of.factor:+g} × {of.key} {QUANTITIES[of.quantity].zh}{when.zh}",
                f"{of.factor:+g} × {of.key} {of.quantity}{when.en}",
            )
            yield asked.at((_subject(registry, of), of.quantity))


def _subject(registry: Registry, of: Addend) -> str:
    return virtual_subject(of.key) if of.key in registry.virtuals else meter_subject(of.key)


def _lack(asked: Asked, store: Store, registry: Registry, of: Addend) -> Said | None:
    """Return what an input lacks in the period, None where it is measured or estimated well enough."""
    series = SeriesId(FIGURE, _subject(registry, of), of.quantity, asked.resolution)
    if asked.resolution == HOUR and of.key not in registry.virtuals:
        series = SeriesId(CONSUMPTION, of.key, of.quantity)
    rows = store.series([series], asked.start, asked.end)[series]
    coverage, estimated = (float(rows.fields[f][0]) if len(rows) else 0.0 for f in ("coverage", "estimated"))
    passed = asked.passed or asked.end
    coverage = min(1.0, coverage * ((asked.end - asked.start) / (passed - asked.start)))
    if max(coverage, estimated) >= LEAST_COVERAGE:
        return None
    known = Said("未知", "is unknown")
    if len(rows):
        known = Said(f"只测到 {coverage:.0%} 的时间", f"is measured for {coverage:.0%} of it")
    more = None if of.key in registry.virtuals else _silence(asked, store, registry, of)
    return known if more is None else Said(known.zh + more.zh, known.en + more.en)


def _silence(asked: Asked, store: Store, registry: Registry, of: Addend) -> Said | None:
    """Return since when a register is silent, if it is at the end of the period; in a running one it may be late."""
    until = heard_until(store, of)
    if until is None:
        return Said("：从未来过读数", ": it was never heard")
    running = asked.passed is not None and asked.passed < asked.end
    due = asked.passed - SILENCE_LIMIT[registry.meters[of.key].arrival] if running and asked.passed else asked.end
    at = f"{until.astimezone(registry.school.timezone):%F %H:%M}"
    return Said(f"；{at} 起无读数", f"; silent since {at}") if until < due else None
