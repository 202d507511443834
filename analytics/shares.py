"""How much of a school's energy is electricity, and how much of it comes from its own roof, by heat content."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analytics.boundary import GAS
from analytics.indicator_days import Table, over
from analytics.series import Use
from analytics.standard_coal import heat_content
from analytics.virtual import combine, whole
from campus.factors import Factor
from campus.said import Said
from campus.schema import SCHOOL_SUBJECT

# Electricity ÷ all energy used; PV used on the spot ÷ all energy used; the same ÷ all electricity used.
ELECTRIFICATION, CLEAN, CLEAN_ELECTRICITY = "share/electrification", "share/clean", "share/clean_electricity"
NAMES = {
    ELECTRIFICATION: Said("电气化率（用电 ÷ 用能，按当量热值）", "Electricity in all energy, by heat content"),
    CLEAN: Said("清洁能源占比（光伏自用 ÷ 用能）", "Own PV in all energy, by heat content"),
    CLEAN_ELECTRICITY: Said("光伏自用占用电", "Own PV in all electricity"),
}
Part = tuple[float, Use]


@dataclass(frozen=True, slots=True)
class Share:
    """A share [0..1] over a stretch of days, None: unknown; coverage and what is estimated are of all the energy."""

    name: str
    value: float | None
    coverage: float
    estimated: float
    corrected: float


def shares(table: Table, rows: tuple[int, int], factors: tuple[Factor, ...], heat_bought: bool) -> list[Share]:
    """Return the shares over the days [first, end) of `rows`, from those days alone on which every energy is known.

    A kilowatt hour counts by its heat content (当量), as 终端用能电气化率 does; heat of an own boiler counts as its
    fuel. Clean is what the roof gave to the school itself: green power counts only with its certificates.
    """
    if (SCHOOL_SUBJECT, "electricity") not in table.uses:
        return []
    own = _own(table)
    electric = [(heat_content(factors, "electricity").value, use) for use in (_use(table, "electricity"), *own)]
    fuels = [q for q in (*GAS, *(("heat",) if heat_bought else ())) if (SCHOOL_SUBJECT, q) in table.uses]
    every = [*electric, *((heat_content(factors, q).value, _use(table, q)) for q in fuels)]
    clean = electric[1:]
    found = [_share(ELECTRIFICATION, (electric, every), table, rows)]
    if clean:
        found.append(_share(CLEAN, (clean, every), table, rows))
        found.append(_share(CLEAN_ELECTRICITY, (clean, electric), table, rows))
    return found


def _own(table: Table) -> Iterator[Use]:
    """Yield what the roof gave to the school itself, by the day, if it has one."""
    if (SCHOOL_SUBJECT, "generation") in table.uses:
        sent = [q for q in ("electricity_export",) if (SCHOOL_SUBJECT, q) in table.uses]
        yield combine([(1.0, _use(table, "generation")), *((-1.0, _use(table, q)) for q in sent)])


def _use(table: Table, quantity: str) -> Use:
    return whole(table.uses[SCHOOL_SUBJECT, quantity])


def _share(name: str, parts: tuple[list[Part], list[Part]], table: Table, rows: tuple[int, int]) -> Share:
    part, all_of_it = combine(parts[0]), combine(parts[1])
    known = np.isfinite(all_of_it.value)
    upper = Use(np.where(known, part.value, np.nan), part.coverage, part.estimated, part.corrected)
    top, bottom = over(upper, table, rows), over(all_of_it, table, rows)
    value = float(top.value[0]) / float(bottom.value[0]) if bottom.value[0] > 0 else math.nan
    shares_of_it = (float(column[0]) for column in bottom.columns()[1:])
    return Share(name, None if math.isnan(value) else value, *shares_of_it)
