"""A school's year against the quotas, and its energy in standard coal, for its report: from the stored figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isclose

import numpy as np

from analytics import quota_words
from analytics.indicator_terms import DATA, HEATING, NON_HEATING, PER_PERSON
from analytics.indicators import UNITS, Indicator
from analytics.standard_coal import heat_content
from app import quota_ask, quota_names
from app.annual_store import SAME, Rows, Year
from app.quota_told import Told, YearTold
from app.year_figures import INTENSITY, PER_HEAD
from campus import factors
from campus.ports import Store
from campus.registry import Registry
from campus.said import Said
from campus.schema import FIGURE, SCHOOL_SUBJECT, YEAR, SeriesId
from reports.year import Against, Amount, summed

# The names of the two ways of standard coal.
_FOR_QUOTAS = Said("综合能耗（等价，电 0.31）", "All energy (electricity at 0.31)")
_BY_HEAT = Said("综合能耗（当量，电 0.1229）", "All energy (electricity at 0.1229)")


@dataclass(frozen=True, slots=True)
class Quotas:
    """The year's indicators and energy for the report; `stale`: what is stored is not what the data of now give."""

    against: tuple[Against, ...]
    energy: tuple[tuple[Said, Amount], ...]
    stale: bool


def quotas(store: Store, rows: Rows) -> Quotas:
    """Return a year's indicators by their stored figures, with words and lines of now."""
    registry, span = rows.registry, rows.span
    told, _ = quota_ask.asked(store, registry, span.number, span.until)
    against = tuple(_against(store, registry, span, (told, one)) for one in told.told)
    stored = [(one.indicator, _amount(store, registry, span, one.indicator.key)) for one in told.told]
    return Quotas(against, tuple(_energy(rows, told)), any(_differs(*pair) for pair in stored))


def _against(store: Store, registry: Registry, span: Year, of: tuple[YearTold, Told]) -> Against:
    told, one = of
    found = one.indicator
    amount = _amount(store, registry, span, found.key)
    heads = _amount(store, registry, span, PER_HEAD) if found.key == PER_PERSON else None
    return Against(
        name=one.name,
        amount=amount,
        words=_short(one.words) if amount.value is None else one.words,
        lines=tuple((quota_names.LINES[word], value) for word, value in one.lines),
        document=one.document,
        over=found.standing.band == "over" and amount.value is not None,
        beside=None if heads is None else (Said("按人头为", "by heads"), heads),
        note=_note(told, found) if amount.value is not None else None,
        lacks=amount.value is None and _wanted(found),
    )


def _wanted(found: Indicator) -> bool:
    """Whether a school should have the indicator once its year is over: one without a data centre lacks nothing."""
    return found.standing.quota is not None and not found.open and found.kind != DATA


def _note(told: YearTold, found: Indicator) -> Said | None:
    """Return what people per area mean, beside the energy per person."""
    by, area = found.divisor.value, told.of.per_area.divisor.value
    if found.key != PER_PERSON or not by or not area:
        return None
    heating = next((one for one in told.of.indicators if one.kind == HEATING), None)
    rest = told.of.of(NON_HEATING)
    first, second, third = (None if one is None else one.standing.quota for one in (rest, heating, found))
    return quota_words.people_per_area(area, by, (first, second, third))


def _short(said: Said) -> Said:
    """Return a reason without the words of a file in it."""
    return Said(said.zh.partition("（")[0], said.en.partition(" (")[0])


def _amount(store: Store, registry: Registry, span: Year, key: str) -> Amount:
    """Return the stored figure of an indicator."""
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, f"{INTENSITY}{key}", YEAR)
    name = f"{registry.school.key}/{series.subject}/{series.name}/{span.number}"
    unit = UNITS[PER_PERSON if key == PER_HEAD else key.partition("/")[0]]
    rows = store.series([series], span.start, span.end)[series]
    if not len(rows):
        return Amount(name, unit, None)
    value, coverage, estimated, corrected = (
        float(np.nan_to_num(rows.fields[field][0])) for field in ("value", "coverage", "estimated", "corrected")
    )
    return Amount(name, unit, value, coverage, estimated, corrected=corrected)


def _differs(found: Indicator, stored: Amount) -> bool:
    if (found.value is None) != (stored.value is None):
        return True
    values = found.value, stored.value
    return None not in values and not isclose(values[0] or 0.0, values[1] or 0.0, rel_tol=SAME)


def _energy(rows: Rows, told: YearTold) -> Iterator[tuple[Said, Amount]]:
    """Yield all energy in standard coal by both factors of electricity, from the year's stored uses.

    Nothing where something reckons by itself: its uses are not the school's alone.
    """
    terms = told.per_area.indicator.terms
    if not terms or any(term.sign < 0 or term.factor is None for term in terms):
        return
    used = [(term, rows.year(SCHOOL_SUBJECT, term.quantity)) for term in terms]
    shipped = factors.shipped()
    for name, weights in (
        (_FOR_QUOTAS, [term.weight for term in terms]),
        (_BY_HEAT, [heat_content(shipped, term.quantity).value for term in terms]),
    ):
        source = " + ".join(
            f"{amount.source} × {weight:.12g}" for weight, (_, amount) in zip(weights, used, strict=True)
        )
        values = [None if a.value is None else a.value * w for w, (_, a) in zip(weights, used, strict=True)]
        value = None if None in values else sum(one for one in values if one is not None)
        yield name, summed([amount for _, amount in used], Amount(source, "kgce", value))
