"""The tables of a school's TOML: their keys, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from app import correction_toml, plan_toml, price_fields
from app.check_rows import KEY
from app.toml_fields import (
    EARLIEST,
    LATEST,
    Field,
    Fields,
    Wrong,
    between,
    day,
    flag,
    instant,
    interval,
    matching,
    not_negative,
    one_of,
    or_empty,
    positive,
    several,
    text,
    timezone,
    whole,
)
from app.virtual_formula import formula
from campus.gateways import COLLECTION
from campus.people import Category
from campus.ports import State
from campus.quotas import HEATING_COLUMN
from campus.registry import MAKEUP, Arrival
from campus.trades import Trade
from campus.units import QUANTITIES

# DB37/T 2671-2019 tables 1 to 4 (standards.md, 3.1): the rows a school can stand in; `other` has no quota.
SCHOOL_TYPES = (
    "kindergarten",
    "primary",
    "secondary_day",
    "secondary_boarding",
    "vocational",
    "college",
    "university",
    "special",
    "other",
)
# Our own names for the classes of the 2009 campus guide and what K-12 adds to them (standards.md, 2.2).
BUILDING_CLASSES = (
    "administration",
    "library",
    "teaching",
    "research",
    "mixed",
    "hall",
    "canteen",
    "bathhouse",
    "dormitory",
    "laboratory",
    "hospital",
    "guesthouse",
    "kindergarten",
    "sports",
    "boiler_room",
    "pump_room",
    "charging",
    "gatehouse",
    "other",
)
MEDIA = tuple(dict.fromkeys(q.medium for q in QUANTITIES.values() if not q.gauge))
# How an account is billed (users.md, 1.1): 居民合表, 单一制, 两部制, 分时, a flat or tiered price, heat by area.
TARIFFS = ("resident", "single", "two_part", "tou", "flat", "tiered", "area")
TERM_KINDS = ("term", "vacation", "exam", "holiday", "makeup")
CALENDARS = ("CN", "none")
# Which heating season a year is held against, where it holds parts of two (standards.md, section 8).
HEAT_SEASONS = ("ending", "beginning")
MOST_DAYS = 366
# Counters of more digits do not exist, and beyond 15 a float no longer holds every step.
MOST_DIGITS = 15

_key = matching(KEY.pattern, "letters, digits and - _ . (it names files, series and pages)")
_school_key = matching(r"[a-z0-9][a-z0-9_-]*", "small letters, digits, - and _ (it names files and databases)")
_region = matching(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", 'an ISO 3166 code such as "CN-SD" or "GB"')
# Sub-item codes of electricity: 01 + letter + digit + letter or 0 (standards.md, 2.4); of water what tops a heating
# network up.
ITEM = r"01(000|[A-Z]00|[A-Z][0-9][A-Z0])"
_item = matching(
    rf"{ITEM}|{MAKEUP}",
    f'a sub-item code (分项) such as "01A00" or "01B1A", or "{MAKEUP}" for the make-up water of a heating network',
)
_quantity = one_of(QUANTITIES, "quantity")
_counted = one_of((key for key, quantity in QUANTITIES.items() if not quantity.gauge), "quantity that is counted")
_width = whole(1, MOST_DIGITS)
_heating_type = one_of(HEATING_COLUMN, "way of heating")


def _days_present(value: object) -> float | Wrong:
    """Read how many days of a year somebody is at the school."""
    days = not_negative(value)
    return days if isinstance(days, Wrong) or days <= MOST_DAYS else Wrong(f"must not be above {MOST_DAYS} days")


def quarter(value: object) -> tuple[int, int] | Wrong:
    """Read a quarter of a year such as "2026-Q3"."""
    found = re.fullmatch(r"(\d{4})-Q([1-4])", value) if isinstance(value, str) else None
    if found is None or not EARLIEST <= int(found[1]) <= LATEST:
        return Wrong('must be a quarter such as "2026-Q3"')
    return int(found[1]), int(found[2])


def topic(value: object) -> str | Wrong:
    """Read an MQTT topic to which a device may publish (MQTT 5.0, 4.7)."""
    name = text(value)
    if isinstance(name, Wrong):
        return name
    if "#" in name or "+" in name:
        return Wrong("holds a wildcard (# or +): a meter has one topic, written out")
    if name.startswith("$"):
        return Wrong("begins with $: such topics are the broker's own")
    return name if name == name.strip() and "\0" not in name else Wrong("has blanks at its ends")


SCHOOL: Fields = {
    "key": Field(_school_key, required=True),
    "name": Field(text, required=True),
    "name_en": Field(text),
    "type": Field(one_of(SCHOOL_TYPES, "type of school"), required=True),
    "timezone": Field(timezone, required=True),
    "region": Field(_region, required=True),
    "calendar": Field(one_of(CALENDARS, "calendar"), required=True),
    "boarding": Field(flag),
    "code": Field(matching(r"[0-9A-HJ-NPQRTUWXY]{18}", "the 18 characters of the 统一社会信用代码 (GB 32100-2015)")),
    "people": Field(whole(1, 1_000_000)),
    "floor_area_m2": Field(positive),
    "heated_area_m2": Field(not_negative),
    "garage_area_m2": Field(not_negative),
    "heating_type": Field(_heating_type),
    "heat_season": Field(one_of(HEAT_SEASONS, "choice")),
}
# Who is at the school, by category, and for how many days of the year (DB37/T 2671-2019, 6.7; DB37/T 4452-2021).
PEOPLE: Fields = {
    "key": Field(_key, required=True),
    "category": Field(one_of(Category, "category of people"), required=True),
    "heads": Field(not_negative, required=True),
    "days": Field(_days_present),
    "year": Field(whole(EARLIEST, LATEST)),
    "basis": Field(text),
}
# What the water office lets a school take in a quarter (计划用水指标).
WATER_PLAN: Fields = {
    "quarter": Field(quarter, required=True),
    "m3": Field(positive, required=True),
    "document": Field(text),
}
# Who is told of findings; without media or states, of all.
CONTACT: Fields = {
    "name": Field(text, required=True),
    "mail": Field(matching(r"[^@\s]+@[^@\s]+", "a mail address such as hq@school.example"), required=True),
    "lang": Field(one_of(("zh", "en", "both"), "language")),
    "media": Field(several(one_of((*MEDIA, COLLECTION), "medium"))),
    "states": Field(several(one_of([s for s in State if s is not State.WITHDRAWN], "state"))),
    "trades": Field(several(one_of(Trade, "trade"))),
}
# Where the school lies, and whom its weather is asked of: nobody unless a source is named.
WEATHER_SOURCES = ("open-meteo",)
PLACE: Fields = {
    "latitude": Field(between(-90, 90), required=True),
    "longitude": Field(between(-180, 180), required=True),
    "source": Field(one_of(WEATHER_SOURCES, "source of weather")),
}
TERM: Fields = {
    "first": Field(day, required=True),
    "last": Field(day, required=True),
    "kind": Field(one_of(TERM_KINDS, "kind of term"), required=True),
    "name": Field(text),
}
BUILDING: Fields = {
    "key": Field(_key, required=True),
    "name": Field(text, required=True),
    "name_en": Field(text),
    "class": Field(one_of(BUILDING_CLASSES, "class of building"), "kind", required=True),
    "floor_area_m2": Field(positive),
    "heated_area_m2": Field(not_negative),
    "garage_area_m2": Field(not_negative),
    "special_area_m2": Field(not_negative),
    "heating_type": Field(_heating_type),
    "independent": Field(flag),
    "people": Field(whole(0, 1_000_000)),
}
# A meter that is computed from others; what its formula's words mean is known when all meters are.
VIRTUAL: Fields = {
    "key": Field(_key, required=True),
    "name": Field(text, required=True),
    "name_en": Field(text),
    "quantity": Field(_counted, required=True),
    "formula": Field(formula, required=True),
    "building": Field(text),
}
REGISTER: Fields = {
    "quantity": Field(_quantity, required=True),
    "unit": Field(text, required=True),
    "width": Field(_width),
}
REPLACED_NUMBERS: Fields = {
    "end": Field(not_negative, required=True),
    "start": Field(not_negative, required=True),
    "serial": Field(text),
    "quantity": Field(_quantity),
    "by": Field(text),
    "photo": Field(text),
}
# What a [[meter.change]] may change. An empty text ends it: from then on no parent, no building.
CHANGEABLE: Fields = {
    "topic": Field(topic),
    "channel": Field(or_empty(text)),
    "ratio": Field(positive),
    "parent": Field(or_empty(_key)),
    "building": Field(or_empty(_key)),
    "account": Field(or_empty(_key)),
    "item": Field(or_empty(_item)),
    "serial": Field(or_empty(text)),
}
_METER: Fields = {
    "key": Field(_key, required=True),
    "name": Field(text, required=True),
    "name_en": Field(text),
    "interval": Field(interval, required=True),
    "arrival": Field(one_of(Arrival, "class of arrival")),
    "gateway": Field(text),
    "max_rate": Field(positive),
    "pulse": Field(positive),
    "night_use_m3_h": Field(not_negative),
}
INSIDE_METER = ("register", "change", "replaced", "correction", "survey")
INSIDE_ACCOUNT = ("price", "survey")


def iso_day(value: object) -> str | Wrong:
    """Read a calendar day written as text, as a survey holds it."""
    word = text(value)
    if isinstance(word, Wrong):
        return word
    try:
        return word if date.fromisoformat(word).isoformat() == word else Wrong(_ISO_DAY)
    except ValueError:
        return Wrong(_ISO_DAY)


_ISO_DAY = 'must be a day such as "2027-05-31"'
_SOURCE: Fields = {"source": Field(text), "responsible": Field(text), "phone": Field(text)}
# What a survey asks beyond what is computed with (users.md, section 6, sheets 2 to 5), by the row's own table.
SURVEYS: Mapping[str, Fields] = {
    "building": {
        "built_year": Field(text),
        "floors": Field(text),
        "retrofit": Field(text),
        "units": Field(text),
        "closed_in_holidays": Field(one_of(("yes", "no"), "answer")),
        **_SOURCE,
    },
    "people": _SOURCE,
    "account": {
        "supplier": Field(text),
        "category": Field(text),
        "voltage": Field(text),
        "metering": Field(text),
        "ratio": Field(text),
        "transformer_kva": Field(text),
        "reading_day": Field(text),
        "price_document": Field(text),
        **_SOURCE,
    },
    "meter": {
        "spot": Field(text),
        "model": Field(text),
        "accuracy": Field(text),
        "maker": Field(text),
        "calibration_due": Field(iso_day),
        "start_register": Field(text),
        "end_register": Field(text),
        "photo": Field(text),
        **_SOURCE,
    },
}


# What a survey only noted before it was reckoned with: it belongs to the account's own table.
MOVED = ("contract_demand_kw", "power_factor_standard", "fixed_share")


@dataclass(frozen=True, slots=True)
class Dated:
    """The tables that hold instants or formats, which are read with the school's clock and the known formats."""

    account: Fields
    meter: Fields
    change: Fields
    replaced: Fields
    correction: Fields
    plan: Fields


def dated(zone: ZoneInfo, formats: Collection[str]) -> Dated:
    """Return the tables whose reading depends on the school's time zone or on the formats there are."""
    at = instant(zone)
    validity: Fields = {"from": Field(at, "since"), "to": Field(at, "until")}
    return Dated(
        account={**price_fields.account(_key, MEDIA, TARIFFS), **validity},
        meter={**_METER, **REGISTER, **CHANGEABLE, "format": Field(one_of(formats, "format")), **validity},
        change={"from": Field(at, "since", required=True), "by": Field(text), **CHANGEABLE},
        replaced={"at": Field(at, "time", required=True), **REPLACED_NUMBERS},
        correction=correction_toml.fields(at),
        plan=plan_toml.fields(at, MEDIA),
    )
