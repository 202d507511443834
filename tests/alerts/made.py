"""A school, findings of every rule and letters in every state, for the tests of what mails say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.content import Site
from analytics.detector import detectors
from app.wording import Wording
from campus.ports import Address, Episode, Letter, State
from campus.registry import Arrival, Building, Meter, Register, Registry, School
from campus.results import Finding, Price
from campus.units import QUANTITIES

START = datetime(2026, 10, 2, 14, tzinfo=UTC)  # 22:00 in Jinan
NOW = datetime(2026, 10, 5, 1, tzinfo=UTC)
WATER, POWER = Price(4.5, "m³", "济发改〔2024〕1号"), Price(0.555, "kWh", "居民合表价", assumed=True)
PAGE = "http://10.1.2.3:8000/"
LANGS = ("zh", "en", "both")


def _meter(key: str, names: tuple[str, str], quantity: str) -> Meter:
    kept = QUANTITIES[quantity]
    register = Register(kept, kept.unit)
    interval = timedelta(minutes=15)
    return Meter(key, *names, f"t/{key}", "native", (register,), interval, Arrival.LIVE, building="dorm3")


def registry(name: str = "示范学校") -> Registry:
    """Return a school of one dormitory with a water and an electricity meter."""
    school = School("demo", name, "Demo School", "middle", ZoneInfo("Asia/Shanghai"), "CN-SD", "CN")
    meters = (
        _meter("w-dorm3", ("3号宿舍楼水表", "Dormitory 3, water"), "water"),
        _meter("e-dorm3", ("3号宿舍楼电表", "Dormitory 3, electricity"), "electricity"),
    )
    dorm = Building("dorm3", "3号宿舍楼", "Dormitory 3", "dormitory")
    return Registry(school, {"dorm3": dorm}, {}, {meter.key: meter for meter in meters})


def site(**more: object) -> Site:
    """Return what letters are written from."""
    values: dict[str, object] = {"registry": registry(), "wording": Wording(), "page": PAGE, **more}
    return Site(**values)  # type: ignore[arg-type]


# What the rules about meters themselves know: no rate, no amount.
_OF_METERS: dict[str, dict[str, str | float]] = {
    "replaced": {"kind_of": "replacement", "before": 8123.4, "after": 2.5, "end": 8124.0, "start": 2.0},
    "ratio_step": {"factor": 10.0, "before": 120.0, "after": 1200.0, "witness": "parent", "ratio": 80, "fits": 8.0},
    "unit_step": {"factor": 0.001, "before": 12.0, "after": 0.012, "witness": "", "ratio": 1.0, "fits": 1000.0},
    "stuck": {"a_day": 120.0, "hours": 30.0},
    "drift": {"a_month": -0.06, "off": -0.11},
}
_NAMES = {"meter": "e-dorm3", "meter_zh": "3号宿舍楼电表", "meter_en": "Dormitory 3, electricity"}
_PARTED = {"cause": "steady", "now": 0.11, "usual": 0.03, "uncertain": 0.01, "apart": 0.08, "counts": 0.9}
_CLOCK = {"hours_zh": "02:10到02:40", "hours_en": "02:10–02:40"}
# What further rules know besides the place.
_BESIDES: dict[str, dict[str, str | float]] = {
    "balance": {**_NAMES, **_PARTED},
    "burst": {"flow": 14.0},
    "daily_flow": {"least": 9.1, "usual_least": 3.4},
    "chiller_efficiency": {"now": 3.1, "before": 4.4, "cannot_be": 14.0, "gj": 0.0036},
    "demand": {"contract": 400, "so_far": 431, "at_ms": 1.7909e12, "hour": 14, "foreseen": 440, "month": 10},
    "dip": {"used": 0.0},
    "gas_at_night": {"nights": 2, "night": 3.0, "whole_day": 20.0, "day": 1.7909e9, **_CLOCK},
    "heat_free_days": {"nth": 2},
    "heat_network_loss": {"now": 0.15, "usual": 0.08, "doubt": 0.03, "worse": 1.0},
    "heat_station_efficiency": {"now": 0.7, "usual": 0.8, "cannot_be": 1.2, "gj": 0.0039},
    "pv_low": {"share": 0.6},
    "simultaneous": {"share": 0.3, "kwh": 120.0},
    "spike": {"top": 180.0, "greatest": 60.0, "more": 150.0},
}
MEASURED = ("night_flow", "out_of_hours")  # the rules with a rate and an amount


def of_meter(rule: str) -> Finding:
    """Return a finding of a rule about meters, as such a rule makes it."""
    related = {"relation_zh": "脉冲或倍率差10倍", "relation_en": "a ratio 10 times off"}
    nothing = {"size": None, "usual": None, "per_day": None, "to_date": None, "yuan_per_day": None, "price": None}
    told = finding("out_of_hours")
    facts = {**told.facts, **_NAMES, **related, **_OF_METERS[rule]}
    return replace(told, rule=rule, facts=facts, **nothing)  # type: ignore[arg-type]


def finding(rule: str = "night_flow", priced: bool = True) -> Finding:
    """Return a finding of a rule, three nights old and still lasting."""
    if rule in _OF_METERS:
        return of_meter(rule)
    facts = {
        "place_zh": "3号宿舍楼",
        "place_en": "Dormitory 3",
        "kind": "dormitory",
        "zone": "Asia/Shanghai",
        "when": "night",
        "shut_from": 22,
        **_BESIDES.get(rule, {}),
    }
    water = "water" in detectors()[rule].quantities
    price = WATER if water else POWER
    per_day, to_date = (19.2, 47.5) if water else (208.0, 531.0)
    return Finding(
        rule=rule,
        subject="meter/w-dorm3" if water else "meter/e-dorm3",
        quantity="water" if water else "electricity",
        start=START,
        end=START + timedelta(hours=2) if rule == "spike" else None,  # told once it is over
        seen_until=NOW,
        size=0.8 if water else 26.0,
        size_unit="m³/h" if water else "kW",
        usual=0.3 if water else 12.0,
        per_day=per_day,
        to_date=to_date,
        unit="m³" if water else "kWh",
        yuan_per_day=per_day * price.yuan if priced else None,
        price=price if priced else None,
        facts=facts,
        evidence=((START - timedelta(days=3), NOW),),
    )


def episode(state: State = State.NEW, of: Finding | None = None) -> Episode:
    """Return episode 12 in a state, with all that the state knows."""
    found = of or finding()
    if state is State.CLOSED_BY_METER:
        found = replace(found, end=NOW - timedelta(hours=4))
    made = Episode(12, "demo", state, found, START + timedelta(hours=9), NOW, 3)
    match state:
        case State.NEW | State.WITHDRAWN | State.CLOSED_BY_METER:
            return made
        case State.ACKNOWLEDGED:
            return replace(made, acted_by="李主任")
        case State.IN_WORK:
            return replace(made, acted_by="李主任", owner="王师傅", deadline=date(2026, 10, 9))
        case State.REPAIRED:
            return replace(made, acted_by="王师傅", owner="王师傅", repaired=NOW - timedelta(hours=2))
        case State.REOPENED:
            return replace(made, round=2)
        case State.DISMISSED:
            return replace(made, acted_by="李主任", reason="绿化浇水，月底结束")


def letter(
    of: Episode | None = None, lang: str = "zh", to: str = "plumber@school.example", number: int = 1
) -> Letter:
    """Return a letter about an episode."""
    return Letter(number, of or episode(), Address("mail", to, lang), NOW)
