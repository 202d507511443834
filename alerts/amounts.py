"""Numbers, amounts, money, times and places in the words of the people who act: 吨 and 度, and the clock's 点."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import floor, log10
from zoneinfo import ZoneInfo

from alerts.plain import one_line
from campus.gateways import called, gateway_of
from campus.registry import Building, Meter, Registry
from campus.results import Finding, Price, says_assumed
from campus.units import QUANTITIES

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS_ZH = {"kWh": "度", "kW": "千瓦", "GJ": "吉焦", "m³": "立方米"}
# A plumber says tonnes of water, but nobody says tonnes of gas.
_WATER_ZH = "吨"
_PER_HOUR = "/h"


def number(value: float) -> str:
    """Return a number as the rules say it: two figures below ten, whole from ten on."""
    if abs(value) >= 10:
        return f"{value:.0f}"
    if value == 0:
        return "0"
    return f"{value:.{max(0, 1 - floor(log10(abs(value))))}f}".rstrip("0").rstrip(".") or "0"


def medium(finding: Finding) -> str:
    """Return the medium a finding is about, "" for a quantity nobody knows."""
    quantity = QUANTITIES.get(finding.quantity)
    return quantity.medium if quantity else ""


def _unit_zh(unit: str, of: str) -> str:
    return _WATER_ZH if of == "water" and unit == "m³" else _UNITS_ZH.get(unit, unit)


def amount(finding: Finding, value: float, lang: str) -> str:
    """Return an amount [unit of the finding]: "19吨" or "19 m³"."""
    if lang == "en":
        return f"{number(value)} {finding.unit}"
    return f"{number(value)}{_unit_zh(finding.unit, medium(finding))}"


def rate(finding: Finding, value: float, lang: str) -> str:
    """Return a rate [size unit of the finding]: "每小时0.8吨" or "0.8 m³/h"."""
    unit = finding.size_unit
    if lang == "en":
        return f"{number(value)} {unit}"
    if unit.endswith(_PER_HOUR):
        return f"每小时{number(value)}{_unit_zh(unit.removesuffix(_PER_HOUR), medium(finding))}"
    return f"{number(value)}{_unit_zh(unit, medium(finding))}"


def yuan(value: float, lang: str) -> str:
    """Return money: "86元" or "¥86"."""
    return f"¥{number(value)}" if lang == "en" else f"{number(value)}元"


def price_text(price: Price, of: str, lang: str) -> str:
    """Return what one unit costs and who says so, and that it is only assumed where it is."""
    unsaid = price.assumed and not says_assumed(price.document, lang)
    if lang == "en":
        mean = " (time of use, mean of these hours)" * price.timed
        return f"¥{price.shown}/{price.unit}{mean}, {price.document}" + " (assumed)" * unsaid
    mean = "（分时，这些时段的均价）" * price.timed
    return f"{price.shown}元/{_unit_zh(price.unit, of)}{mean}，{price.document}" + "（假设价）" * unsaid


def moment(instant: datetime, zone: ZoneInfo, lang: str) -> str:
    """Return a local time: "10月2日22点" or "22:00 on 2 Oct"; minutes only where there are some."""
    local = instant.astimezone(zone)
    if lang == "en":
        return f"{local:%H:%M} on {day(local.date(), lang)}"
    return f"{day(local.date(), lang)}{local.hour}点" + (f"{local.minute:02d}分" if local.minute else "")


def day(when: date, lang: str) -> str:
    """Return a day: "10月2日" or "2 Oct"."""
    return f"{when.day} {_MONTHS[when.month - 1]}" if lang == "en" else f"{when.month}月{when.day}日"


def length(span: timedelta, lang: str) -> str:
    """Return how long something lasted, to the hour: "3天11小时" or "3 d 11 h"."""
    hours = max(0, round(span / timedelta(hours=1)))
    days, rest = divmod(hours, 24)
    if lang == "en":
        return " ".join(part for part in (f"{days} d" * bool(days), f"{rest} h" * bool(rest or not days)) if part)
    return f"{days}天" * bool(days) + f"{rest}小时" * bool(rest or not days)


def _named(thing: Building | Meter, lang: str) -> str:
    return one_line((thing.name_en if lang == "en" else "") or thing.name or thing.key)


def school_name(registry: Registry, lang: str) -> str:
    """Return what the school is called."""
    school = registry.school
    return one_line((school.name_en if lang == "en" else "") or school.name or school.key)


def _subject(registry: Registry, subject: str) -> tuple[Building | None, Meter | None]:
    kind, _, key = subject.partition("/")
    if kind not in ("meter", "building"):
        return None, None
    meter = registry.meters.get(key) if kind == "meter" else None
    return registry.buildings.get(meter.building if meter else key), meter


def place(registry: Registry, subject: str, lang: str) -> str:
    """Return the place in one word, for a subject line: gateway, building, else the meter, else the school."""
    if gateway := gateway_of(subject):
        return one_line(called(gateway).to(lang))
    building, meter = _subject(registry, subject)
    thing = building or meter
    return _named(thing, lang) if thing else school_name(registry, lang)


def place_exact(registry: Registry, subject: str, lang: str) -> str:
    """Return the building and the meter in it, as far as there are such."""
    if gateway := gateway_of(subject):
        return one_line(called(gateway).to(lang))
    things = [thing for thing in _subject(registry, subject) if thing is not None]
    return " · ".join(_named(thing, lang) for thing in things) or school_name(registry, lang)
