"""Emission factors: dated rows, each with unit, data year, region, document, clause and confidence."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Factor:
    """A row of data/factors.toml: `value` [unit_out per unit_in] and where it comes from.

    `confidence` is S1 (primary text read), S2 (secondary place citing it), C (computed), M (known, unchecked)
    or U (uncertain: never used by default). `status_checked_on` is when its standing was last looked at.
    """

    id: str
    what: str
    value: float
    unit_out: str
    unit_in: str
    data_year: int | None
    region: str
    document: str
    clause: str
    confidence: str
    status_checked_on: date
    note: str = ""


@cache
def shipped() -> tuple[Factor, ...]:
    """Return the factor rows shipped in data/factors.toml."""
    return parse(resources.files("campus").joinpath("data/factors.toml").read_text(encoding="utf-8"))


def parse(text: str) -> tuple[Factor, ...]:
    """Return the rows of a factor table [TOML], the shipped one or a school's own; a row without year is undated."""
    return tuple(Factor(**{"data_year": None, **row}) for row in tomllib.loads(text)["factor"])


def by_id(rows: tuple[Factor, ...], factor_id: str, data_year: int | None = None) -> Factor | None:
    """Return the row of that id (and data year, if given)."""
    return next(
        (row for row in rows if row.id == factor_id and data_year in (None, row.data_year)),
        None,
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """A factor with the reason it was taken; provisional when its data year is earlier than the year asked."""

    factor: Factor
    provisional: bool
    reason: str


def same_year(rows: tuple[Factor, ...], factor_id: str, year: int) -> Chosen | None:
    """Return the row of the data year, else the newest earlier one, marked provisional (standards.md 1.1)."""
    dated = [row for row in rows if row.id == factor_id]
    undated = [row for row in dated if row.data_year is None]
    if undated:
        return Chosen(undated[0], False, "undated")
    exact = [row for row in dated if row.data_year == year]
    if exact:
        return Chosen(exact[0], False, f"data year {year}")
    earlier = sorted((row for row in dated if (row.data_year or 0) < year), key=lambda r: r.data_year or 0)
    if not earlier:
        return None
    newest = earlier[-1]
    return Chosen(newest, True, f"no factor for {year} yet: newest earlier edition, {newest.data_year}")
