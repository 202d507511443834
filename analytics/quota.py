"""Where a school stands against its quota: the indicators of DB37/T 2671-2019 and DB37/T 4452-2021.

All clauses are of DB37/T 2671-2019 unless named otherwise. An indicator that lacks an input is None.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from campus.quotas import Quota
from campus.said import Said

# Weights of DB37/T 4452-2021: staff of a university count half, boarders of a school double.
STAFF_OF_UNIVERSITY = 0.5
BOARDER_OF_SCHOOL = 2.0

# What follows from a band (appendix A; a guide value reached leaves the target to the school).
WORDS: dict[str, Said] = {
    "over": Said(
        "超过约束值：限期整改，并做能源审计", "Above the limit: to be put right by a date, with an energy audit"
    ),
    "limit": Said("达到约束值：参照基准值定逐年目标", "Within the limit: yearly targets towards the base value"),
    "base": Said("达到基准值：鼓励达到引导值", "Within the base value: the guide value is encouraged"),
    "guide": Said("达到引导值：自定目标", "Within the guide value: the school sets its own target"),
    "over general": Said("超过通用值", "Above the general value"),
    "general": Said("达到通用值", "Within the general value"),
    "advanced": Said("达到先进值", "Within the advanced value"),
}
NO_QUOTA = Said("无对应定额", "No quota for this kind of school")


@dataclass(frozen=True, slots=True)
class Standing:
    """A value against a quota: `band` is the best word reached, or "over"; None where value or quota is missing.

    `to_next` is how far the value is above the next better line [unit], None at the best.
    """

    value: float | None
    quota: Quota | None
    band: str | None
    to_next: float | None

    @property
    def words(self) -> Said | None:
        """What follows from the band; "no quota" where the standard has no cell."""
        if self.quota is None:
            return NO_QUOTA
        if self.band is None:
            return None
        return WORDS[
            "over general" if self.band == "over" and self.quota.standard.words[0] == "general" else self.band
        ]


def standing(value: float | None, quota: Quota | None) -> Standing:
    """Return where a value [unit of the quota] stands. A value on a line has reached it (appendix A)."""
    if value is None or quota is None:
        return Standing(value, quota, None, None)
    reached = [word for word, line in zip(quota.standard.words, quota.values, strict=True) if value <= line]
    missed = [line for line in quota.values if value > line]
    return Standing(value, quota, reached[-1] if reached else "over", value - missed[0] if missed else None)


def energy_users(people: Iterable[Heads], year: int) -> float | None:
    """Return P [persons], each head weighted by the share of the year's days present (clause 6.7)."""
    days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    listed = list(people)
    if not listed or any(group.days is None for group in listed):
        return None
    return sum(group.heads * (group.days or 0.0) / days for group in listed)


def standard_people(people: Iterable[Heads], school_type: str) -> float | None:
    """Return the standard persons N of the water quota (DB37/T 4452-2021), None without people.

    University: full-time + foreign students + half the staff; school: day pupils + 2 × boarders + staff.
    """
    university = school_type in UNIVERSITIES
    weight = {
        STAFF: STAFF_OF_UNIVERSITY if university else 1.0,
        BOARDER: 1.0 if university else BOARDER_OF_SCHOOL,
    }
    listed = list(people)
    return sum(group.heads * weight.get(group.category, 1.0) for group in listed) if listed else None


@dataclass(frozen=True, slots=True)
class Energy:
    """A calendar year's energy by use [kgce, electricity at 0.31 kgce/kWh, own PV left out: clauses 5.1.4, 6.1].

    `total` is all of it, `heating` the calendar year's heat, `special` that of special systems (kitchen, data
    centre, large laboratory); `season_heating` one heating season's; `conventional_kwh` electricity without them.
    """

    total: float | None
    heating: float | None
    special: float | None
    season_heating: float | None
    conventional_kwh: float | None


def indicators(
    energy: Energy, area_m2: float | None, heated_m2: float | None, persons: float | None
) -> dict[str, float | None]:
    """Return the indicators of 6.2 to 6.5: [kgce/m²·a], [kgce/heated m²·season], [kgce/person·a], [kWh/m²·a]."""
    rest = None
    if energy.total is not None and energy.heating is not None and energy.special is not None:
        rest = energy.total - energy.heating - energy.special
    return {
        "non_heating": _over(rest, area_m2),
        "heating": _over(energy.season_heating, heated_m2),
        "per_person": _over(energy.total, persons),
        "conventional_electricity": _over(energy.conventional_kwh, area_m2),
    }


def _over(amount: float | None, by: float | None) -> float | None:
    return None if amount is None or not by else amount / by
