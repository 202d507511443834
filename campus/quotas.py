"""Quotas of energy and water: rows by school type with their bands, document and clause; a school's water plan."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

ANY_TYPE = "*"
UNIVERSITIES = frozenset({"university", "college"})
BOARDING_TYPES = frozenset({"secondary_boarding"})
# Which column of table 2 a way of heating stands in: heat billed by area and an own coal boiler are held against
# that of district heat (DB37/T 2671-2019, table 2, note 1).
HEATING_COLUMN = {
    "district": "district",
    "district_area": "district",
    "own_coal": "district",
    "gas": "gas",
    "air_conditioning": "air_conditioning",
}


@dataclass(frozen=True, slots=True)
class Standard:
    """A quota document: `words` name its values from the worst allowed to the best; confidence as of a Factor."""

    id: str
    words: tuple[str, ...]
    confidence: str
    status_checked_on: date


@dataclass(frozen=True, slots=True)
class Quota:
    """One cell of a standard: `values` [unit of the indicator], descending, one for each word of the standard.

    `heating` is the way of heating the row is for, "" where it does not matter; `boarding` None likewise.
    """

    standard: Standard
    clause: str
    indicator: str
    type: str
    values: tuple[float, ...]
    heating: str = ""
    boarding: bool | None = None
    footnote: str = ""


@dataclass(frozen=True, slots=True)
class WaterPlan:
    """What a school may take of water in a quarter (计划用水指标) [m³], and the paper that says so."""

    year: int
    quarter: int
    m3: float
    document: str = ""


@cache
def shipped() -> tuple[Quota, ...]:
    """Return the quotas shipped in data/quotas.toml."""
    return parse(resources.files("campus").joinpath("data/quotas.toml").read_text(encoding="utf-8"))


def parse(text: str) -> tuple[Quota, ...]:
    """Return the rows of a quota table [TOML]."""
    tables = tomllib.loads(text)
    known = {row["id"]: Standard(**{**row, "words": tuple(row["words"])}) for row in tables["standard"]}
    return tuple(
        Quota(**{**row, "standard": known[row["standard"]], "values": tuple(row["values"])})
        for row in tables["quota"]
    )


def quota(
    rows: tuple[Quota, ...], indicator: str, school_type: str, *, boarding: bool = False, heating: str = ""
) -> Quota | None:
    """Return the row of an indicator for a type of school, or None: there is no quota, and none is borrowed."""
    return next(
        (
            row
            for row in rows
            if row.indicator == indicator
            and row.type in (school_type, ANY_TYPE)
            and row.heating in ("", heating)
            and row.boarding in (None, boarding)
        ),
        None,
    )
