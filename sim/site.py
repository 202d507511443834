"""The simulated school as its seed draws it: buildings, equipment, meters with their registers."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from campus.people import People, of_year
from campus.quotas import WaterPlan
from campus.registry import Contact, Location, School, Season, Term
from sim.noise import between
from sim.weather import LATITUDE_DEG, LONGITUDE_DEG

HEATED_SHARE = 0.9  # of a heated building's floor area; stairs and stores are not heated
# Heating season of Jinan: 15 November to 15 March, the last day not heated (120 days; users.md 2, row 20).
HEATING_FIRST, HEATING_LAST = (11, 15), (3, 14)
HEATING_DOCUMENT = "演示：济南供暖期，11月15日至次年3月15日，末日不供"
_SPANS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class SimMeter:
    """A meter: its registers' quantities, and how it counts: `resolution` [unit], starting anew at 10**`width`.

    A register times `ratio` and `unit_in_kept` is the use in the quantity's kept unit.
    """

    key: str
    quantities: tuple[str, ...]
    unit: str
    unit_in_kept: float
    resolution: float
    width: int | None
    ratio: float
    interval: timedelta
    live: bool
    format: str
    topic: str
    channel: str
    parent: str
    building: str
    serial: str


@dataclass(frozen=True, slots=True)
class Site:
    """A seed's school; `equipment` and `buildings` hold the drawn numbers, `rows` the registry tables."""

    seed: int
    school: School
    equipment: Mapping[str, float]
    buildings: Mapping[str, Mapping[str, float]]
    meters: Mapping[str, SimMeter]
    rows: Mapping[str, Any]


@cache
def template() -> dict[str, Any]:
    """Return the shipped description of the simulated school, its ranges still open."""
    text = resources.files("campus").joinpath("data/demo_school.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def zone() -> ZoneInfo:
    """Return the school's clock."""
    return ZoneInfo(template()["school"]["timezone"])


def draw(seed: int, first: date, last: date, edit: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> Site:
    """Return the school of a seed, with a calendar that covers [first, last]; `edit` changes its rows before."""
    rows = {key: _drawn(seed, key, value) for key, value in edit(template()).items()}
    # What is below the boiler room's outlet.
    heated = {row["building"] for row in rows["meter"] if row["quantity"] == "heat" and "parent" in row}
    for row in rows["building"]:
        if row["key"] in heated:
            row["heated_area_m2"] = round(row["floor_area_m2"] * HEATED_SHARE)
    for account in rows["account"]:
        account["number"] = str(round(between(seed, f"account/{account['key']}", 1e9, 9e9)))
    for meter in rows["meter"]:
        meter.setdefault("topic", f"campus/{rows['school']['key']}/{meter['key']}")
        meter.setdefault("format", "native")
        meter["serial"] = serial(seed, meter["key"], 0)
    rows["term"] = _terms(first, last)
    rows["heating"] = _seasons(first, last)
    rows["weather"] = {"latitude": LATITUDE_DEG, "longitude": LONGITUDE_DEG}
    rows["water_plan"] = _water_plans(rows["water_plan"], first, last)
    return Site(
        seed=seed,
        school=_school(rows),
        equipment=rows["equipment"],
        buildings={row["key"]: row for row in rows["building"]},
        meters={row["key"]: _meter(row) for row in rows["meter"]},
        rows=rows,
    )


def serial(seed: int, meter: str, generation: int) -> str:
    """Return the number on the plate of a meter's n-th device."""
    number = round(between(seed, f"serial/{meter}/{generation}", 1e7, 9.9e7))
    return f"{meter[0].upper()}{number}"


def _drawn(seed: int, path: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _drawn(seed, f"{path}/{value.get('key', '')}{key}", inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    if all(isinstance(inner, str) for inner in value):
        return value
    if any(isinstance(inner, dict) for inner in value):
        return [_drawn(seed, path, inner) for inner in value]
    low, high = value
    drawn = between(seed, path, low, high)
    return round(drawn) if isinstance(low, int) else round(drawn, 4)


def _meter(row: Mapping[str, Any]) -> SimMeter:
    number = row["interval"].rstrip("minhd")
    return SimMeter(
        key=row["key"],
        quantities=(row["quantity"], *(further["quantity"] for further in row.get("register", ()))),
        unit=row["unit"],
        unit_in_kept=0.001 if row["unit"] == "Wh" else 1.0,
        resolution=row["resolution"],
        width=row.get("width"),
        ratio=float(row.get("ratio", 1)),
        interval=int(number) * _SPANS[row["interval"].removeprefix(number)],
        live=row["arrival"] == "live",
        format=row["format"],
        topic=row["topic"],
        channel=row.get("channel", ""),
        parent=row.get("parent", ""),
        building=row.get("building", ""),
        serial=row["serial"],
    )


def _terms(first: date, last: date) -> list[dict[str, Any]]:
    """Return two terms and two vacations a school year, from the year before `first` to the one after `last`."""
    spans = (
        ("term", "春季学期", (0, 2, 24), (0, 7, 10)),
        ("vacation", "暑假", (0, 7, 11), (0, 8, 31)),
        ("term", "秋季学期", (0, 9, 1), (1, 1, 22)),
        ("vacation", "寒假", (1, 1, 23), (1, 2, 23)),
    )
    return [
        {"first": date(year + a[0], *a[1:]), "last": date(year + b[0], *b[1:]), "kind": kind, "name": name}
        for year in range(first.year - 1, last.year + 2)
        for kind, name, a, b in spans
    ]


def _seasons(first: date, last: date) -> list[dict[str, Any]]:
    """Return the winters from the one before `first` to the one after `last`."""
    return [
        {"first": date(year, *HEATING_FIRST), "last": date(year + 1, *HEATING_LAST), "document": HEATING_DOCUMENT}
        for year in range(first.year - 1, last.year + 1)
    ]


def _water_plans(quarters: Sequence[Mapping[str, Any]], first: date, last: date) -> list[dict[str, Any]]:
    """Return the water plan of every quarter, the same each year."""
    years = range(first.year, last.year + 1)
    return [{**row, "quarter": f"{year}-{row['quarter']}"} for year in years for row in quarters]


def _school(rows: Mapping[str, Any]) -> School:
    named = {key: value for key, value in rows["school"].items() if key != "timezone"}
    groups = tuple(People(**row) for row in rows["people"])
    return School(
        people=round(of_year(groups, date.max.year).heads or 0),
        groups=groups,
        water_plans=tuple(_plan(row) for row in rows["water_plan"]),
        timezone=ZoneInfo(rows["school"]["timezone"]),
        terms=tuple(Term(**term) for term in rows["term"]),
        heating=tuple(Season(**season) for season in rows["heating"]),
        location=Location(**rows["weather"]),
        contacts=tuple(_contact(row) for row in rows["contact"]),
        **named,
    )


def _plan(row: Mapping[str, Any]) -> WaterPlan:
    year, _, number = row["quarter"].partition("-Q")
    return WaterPlan(int(year), int(number), row["m3"])


def _contact(row: Mapping[str, Any]) -> Contact:
    return Contact(row["name"], row["mail"], row.get("lang", "both"), tuple(row.get("media", ())))
