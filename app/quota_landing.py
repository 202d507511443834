"""Where a running year will end against the quotas, and a quarter against its water plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.ahead import Past, apart, past
from analytics.indicator_terms import CONVENTIONAL, HEATING, WATER
from analytics.indicators import Indicator
from analytics.outlook import NEVER_USED, Outlook, outlook
from analytics.series import Floats
from analytics.virtual import whole
from app.quota_table import Days
from app.quota_year import YearQuota, rows_of_season, rows_of_year
from campus.quotas import WaterPlan
from campus.said import Said
from campus.schema import SCHOOL_SUBJECT

# What a sum of several energies strays like: the one that strays most, heat.
_MEDIA: Mapping[str, str] = {CONVENTIONAL: "electricity", WATER: "water"}
_OTHER_MEDIUM = "heat"
_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Landing:
    """Where an indicator will end: `outlook` of its sum, divided by `divisor`; or `why` that cannot be told.

    `line` is the worst value the quota allows, None without a quota.
    """

    key: str
    outlook: Outlook | None
    divisor: float
    line: float | None
    why: Said | None = None

    @property
    def value(self) -> float | None:
        """The middle of where it ends."""
        return None if self.outlook is None else self.outlook.value / self.divisor

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The interval that holds four in five."""
        if self.outlook is None:
            return None
        low, high = self.outlook.bounds()
        return low / self.divisor, high / self.divisor

    @property
    def chance(self) -> float | None:
        """The chance (0..1) that it ends above the line; None without a line."""
        if self.outlook is None or self.line is None:
            return None
        return self.outlook.chance_above(self.line * self.divisor)


def landings(of: YearQuota) -> tuple[Landing, ...]:
    """Return where each indicator of a year that is not over will end; of what lacks an input, nothing."""
    return tuple(_landings(of))


def _landings(of: YearQuota) -> Iterator[Landing]:
    for found in of.indicators:
        if found.kind not in (*_MEDIA, "non_heating", HEATING, "per_person") or not _can(found):
            continue
        rows = rows_of_year(of.days, of.year)
        if found.kind == HEATING:
            if of.season is None:
                continue
            rows = rows_of_season(of.days, of.season)
        yield _landing(of.days, found, rows)


def _can(found: Indicator) -> bool:
    """Whether an indicator lacks nothing but days to come."""
    return found.open and bool(found.divisor.value)


def _landing(days: Days, found: Indicator, rows: tuple[int, int]) -> Landing:
    quota, divisor = found.standing.quota, found.divisor.value or 1.0
    line = None if quota is None else quota.values[0]
    medium = _MEDIA.get(found.kind, _OTHER_MEDIUM)
    told = ahead(days, past_of(days, days.daily(found.key).value, medium), rows, medium)
    if isinstance(told, Said):
        return Landing(found.key, None, divisor, line, told)
    return Landing(found.key, told, divisor, line)


def ahead(days: Days, known: Past | None, rows: tuple[int, int], medium: str) -> Outlook | Said:
    """Return where the days [first, end) of `rows` of a series will end, or why that cannot be told."""
    if known is None:
        return NEVER_USED
    shift = (known.first - days.table.first).days
    return outlook(known, (rows[0] - shift, rows[1] - shift), medium)


def past_of(days: Days, value: Floats, medium: str) -> Past | None:
    """Return a daily series (n,) from its first known day to its last; None where none is known."""
    known = np.flatnonzero(np.isfinite(value))
    if not len(known):
        return None
    first, end = int(known[0]), int(known[-1]) + 1
    start = date.fromordinal(days.table.first.toordinal() + first)
    kind = days.kind[first:] if medium == "water" else apart(days.kind, days.table.heated)[first:]
    return past(start, value[first:end], kind)


@dataclass(frozen=True, slots=True)
class Metered:
    """What was metered of a quarter that is over [m³], on `known` of its `days` days."""

    m3: float
    known: int
    days: int


@dataclass(frozen=True, slots=True)
class QuarterLanding:
    """Where a quarter's water will end against its plan; `metered` once it is over."""

    plan: WaterPlan
    outlook: Outlook | None
    why: Said | None = None
    metered: Metered | None = None

    @property
    def chance(self) -> float | None:
        """The chance (0..1) that it ends above the plan."""
        return None if self.outlook is None else self.outlook.chance_above(self.plan.m3)


def quarters(days: Days, year: int, until: date) -> tuple[QuarterLanding, ...]:
    """Return where the quarters of a year that have begun will end against their plans."""
    use = days.table.uses.get((SCHOOL_SUBJECT, WATER))
    plans = sorted((p for p in days.school.water_plans if p.year == year), key=lambda plan: plan.quarter)
    begun = [plan for plan in plans if _first(plan) < until]
    if use is None:
        return ()
    value = whole(use).value
    known = past_of(days, value, WATER)
    found = []
    for plan in begun:
        rows = days.row(_first(plan)), days.row(_end(plan))
        told, metered = ahead(days, known, rows, WATER), _metered(value, rows) if _end(plan) <= until else None
        outlook, why = (None, told) if isinstance(told, Said) else (told, None)
        found.append(QuarterLanding(plan, outlook, why, metered))
    return tuple(found)


def _metered(value: Floats, rows: tuple[int, int]) -> Metered:
    """Return what the known days among `rows` used; days before the data begin are unknown."""
    used = value[max(rows[0], 0) : max(rows[1], 0)]
    return Metered(float(np.nansum(used)), int(np.isfinite(used).sum()), rows[1] - rows[0])


def _first(plan: WaterPlan) -> date:
    return date(plan.year, _MONTHS * (plan.quarter - 1) + 1, 1)


def _end(plan: WaterPlan) -> date:
    months = 12 * plan.year + _MONTHS * plan.quarter
    return date(months // 12, months % 12 + 1, 1)
