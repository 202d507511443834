"""Numbers, times and places in the words of the people who act on a Finding."""

from __future__ import annotations

from datetime import datetime
from math import floor, log10
from zoneinfo import ZoneInfo

from analytics.detector import Context
from campus.results import Finding

_UNITS_ZH = {"m³": "立方米", "kWh": "度", "GJ": "吉焦"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: float | None) -> str:
    """Return a number as one says it: two figures below ten, whole from ten on; a dash where it is not known."""
    if value is None:
        return "—"
    if abs(value) >= 10:
        return f"{value:.0f}"
    if value == 0:
        return "0"
    return f"{value:.{max(0, 1 - floor(log10(abs(value))))}f}".rstrip("0").rstrip(".") or "0"


def place_facts(context: Context) -> dict[str, str | float]:
    """Return the facts every message needs: what to call the place, its class and its clock."""
    building, meter = context.building, context.meter
    return {
        "place_zh": building.name if building else meter.name,
        "place_en": (building.name_en or building.name) if building else (meter.name_en or meter.name),
        "kind": context.kind,
        "zone": context.school.timezone.key,
    }


def place(finding: Finding, lang: str) -> str:
    """Return the place of a finding."""
    return str(finding.facts[f"place_{lang}"])


def moment(finding: Finding, instant: datetime, lang: str) -> str:
    """Return a local hour, "10月2日22点" or "22:00 on 2 Oct"; with the year if it is not that of the newest data."""
    zone = ZoneInfo(str(finding.facts["zone"]))
    local, now = instant.astimezone(zone), finding.seen_until.astimezone(zone)
    other_year = local.year != now.year
    if lang == "zh":
        return f"{local.year}年" * other_year + f"{local.month}月{local.day}日{local.hour}点"
    return f"{local:%H}:00 on {local.day} {_MONTHS[local.month - 1]}" + f" {local.year}" * other_year


def unit(finding: Finding, lang: str) -> str:
    """Return the unit of a finding's amounts as one says it: nobody says tonnes of gas."""
    if lang == "en":
        return finding.unit
    return "吨" if finding.quantity == "water" and finding.unit == "m³" else _UNITS_ZH.get(finding.unit, finding.unit)


def cost(finding: Finding, lang: str) -> str:
    """Return what it costs a day, naming an assumed price; without a price the amount and that none is set.

    "约86元" (to be put after "每天" and a verb) or "about ¥86 a day".
    """
    unit_zh = unit(finding, "zh")
    amount = number(finding.per_day)
    if finding.yuan_per_day is None or finding.price is None:
        none = f"约{amount}{unit_zh}（没有登记价格）", f"about {amount} {finding.unit} a day (no price set)"
        return none[0] if lang == "zh" else none[1]
    yuan, price = number(finding.yuan_per_day), finding.price
    if lang == "zh":
        by_hour = "分时均价" * price.timed
        return f"约{yuan}元" + f"（按{price.document}，{by_hour}{price.shown}元/{unit_zh}）" * price.assumed
    by_hour = " on average over its hours" * price.timed
    return f"about ¥{yuan} a day" + f" (assumed ¥{price.shown}/{price.unit}{by_hour})" * price.assumed
