"""`campus quota --json`: a school's year against the quotas as plain values."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.quota_landing import Landing, QuarterLanding
from app.quota_told import Told, YearTold
from campus.said import Said


def plain(told: YearTold, until: date) -> dict[str, Any]:
    """Return a year as JSON values; what is not known is null."""
    of = told.of
    return {
        "school": of.school.key,
        "type": of.school.type,
        "year": of.year,
        "over": of.over,
        "data_until": until.isoformat(),
        "data": None if (known := of.days.known(of.year)) is None else [day.isoformat() for day in known],
        "heat_season": of.school.heat_season,
        "season": None if of.season is None else [of.season.first.isoformat(), of.season.last.isoformat()],
        "heating_calendar_year_kgce": of.heating_year.known(),
        "heating_season_kgce": of.heating_season.known(),
        "people_of": of.people.of,
        "indicators": [_told(one) for one in told.told],
        "per_head": _told(told.per_head),
        "water_plan": [_quarter(one) for one in told.quarters],
        "remarks": [_said(remark) for remark in of.remarks],
    }


def _told(told: Told) -> dict[str, Any]:
    found, quota = told.indicator, told.indicator.standing.quota
    return {
        "key": found.key,
        "name": _said(told.name),
        "value": found.value,
        "unit": found.unit,
        "band": found.standing.band,
        "words": _said(told.words),
        "lines": dict(told.lines),
        "to_next": found.standing.to_next,
        "document": told.document or None,
        "clause": told.clause,
        "status_checked_on": None if quota is None else quota.standard.status_checked_on.isoformat(),
        "confidence": found.confidence or None,
        "coverage": found.coverage,
        "estimated": found.estimated,
        "corrected": found.corrected,
        "amount": found.amount,
        "amount_unit": found.unit_of_amount,
        "divisor": found.divisor.value,
        "divisor_unit": found.divisor.unit,
        "divisor_name": _said(found.divisor.name),
        "lacking": [_said(said) for said in found.lacking],
        "notes": [_said(note) for note in told.notes],
        "inputs": [
            {
                "subject": term.subject,
                "quantity": term.quantity,
                "sign": term.sign,
                "heated_days_only": term.heated,
                "amount": used,
                "factor": None if term.factor is None else term.factor.id,
                "factor_value": None if term.factor is None else term.factor.value,
            }
            for term, used in told.parts
        ],
        "landing": _landing(told.landing),
    }


def _landing(landing: Landing | None) -> dict[str, Any] | None:
    if landing is None:
        return None
    low, high = landing.bounds or (None, None)
    why = None if landing.why is None else _said(landing.why)
    return {"value": landing.value, "low": low, "high": high, "chance_above": landing.chance, "why": why}


def _quarter(one: QuarterLanding) -> dict[str, Any]:
    low, high = (None, None) if one.outlook is None else one.outlook.bounds()
    return {
        "quarter": f"{one.plan.year}-Q{one.plan.quarter}",
        "plan_m3": one.plan.m3,
        "document": one.plan.document or None,
        "value": None if one.outlook is None else one.outlook.value,
        "low": low,
        "high": high,
        "chance_above": one.chance,
        "why": None if one.why is None else _said(one.why),
    }


def _said(said: Said) -> dict[str, str]:
    return {"zh": said.zh, "en": said.en}
