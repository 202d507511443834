"""What findings about a meter itself have in common: they name the meter, cost nothing, and have no rate."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from analytics.detector import Context
from analytics.hours import Hours
from analytics.wording import place_facts
from campus.results import Finding
from campus.schema import from_ms, meter_subject
from campus.units import QUANTITIES

BEFORE, AFTER = timedelta(days=7), timedelta(days=7)
_HOUR = timedelta(hours=1)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Facts = dict[str, str | float]


def seen_until(hours: Hours) -> datetime | None:
    """Return the end of the last known hour, None where none is known."""
    known = np.flatnonzero(np.isfinite(hours.value))
    return from_ms(hours.start_ms[known[-1]]) + _HOUR if len(known) else None


def bare(rule: str, context: Context, span: tuple[datetime, datetime | None], seen: datetime) -> Finding:
    """Return a finding about a meter over `span`, without rate and amount."""
    start, end = span
    meter, quantity = context.meter, QUANTITIES[context.quantity]
    several = sum(not register.quantity.gauge for register in meter.registers) > 1
    return Finding(
        rule=rule,
        subject=meter_subject(meter.key),
        quantity=quantity.key,
        start=start,
        end=end,
        seen_until=seen,
        size=None,
        size_unit=quantity.unit,
        usual=None,
        per_day=None,
        to_date=None,
        unit=quantity.unit,
        yuan_per_day=None,
        facts={
            **place_facts(context),
            "meter": meter.key,
            "meter_zh": meter.name + f"（{quantity.zh}）" * several,
            "meter_en": (meter.name_en or meter.name) + f" ({quantity.en.lower()})" * several,
        },
        evidence=((start - BEFORE, min(start + AFTER, seen)),) if start - BEFORE < min(start + AFTER, seen) else (),
    )


def meter(finding: Finding, lang: str) -> str:
    """Return what the meter of a finding is called."""
    return str(finding.facts[f"meter_{lang}"])


def day(finding: Finding, instant: datetime, lang: str) -> str:
    """Return a local day, "10月2日" or "2 Oct"; with the year if it is not that of the newest data."""
    zone = ZoneInfo(str(finding.facts["zone"]))
    local = instant.astimezone(zone)
    other_year = local.year != finding.seen_until.astimezone(zone).year
    if lang == "zh":
        return f"{local.year}年" * other_year + f"{local.month}月{local.day}日"
    return f"{local.day} {_MONTHS[local.month - 1]}" + f" {local.year}" * other_year


def clock(finding: Finding, instant: datetime, lang: str) -> str:
    """Return a local day and time to the minute, "10月2日22:05" or "22:05 on 2 Oct"."""
    local = instant.astimezone(ZoneInfo(str(finding.facts["zone"])))
    said = day(finding, instant, lang)
    return f"{said}{local:%H:%M}" if lang == "zh" else f"{local:%H:%M} on {said}"


def stamp(finding: Finding, instant: datetime) -> str:
    """Return an instant as it is typed at the school's clock: 2026-10-02T22:05."""
    return f"{instant.astimezone(ZoneInfo(str(finding.facts['zone']))):%Y-%m-%dT%H:%M}"
