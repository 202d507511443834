"""A school with something in every part of the dashboard: hours, days, buildings, carbon, a meter read once a day."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from campus.registry import Arrival, Building, Meter, Register, Registry, School
from campus.units import QUANTITIES


def meter(key: str, quantity: str, building: str = "", parent: str = "", every: timedelta | None = None) -> Meter:
    kind = QUANTITIES[quantity]
    registers = (Register(kind, kind.unit, 8),)
    interval = every or timedelta(minutes=15)
    return Meter(
        key,
        f"{kind.zh}表{key}",
        f"{kind.en} meter {key}",
        f"t/{key}",
        "native",
        registers,
        interval,
        Arrival.LIVE,
        building=building,
        parent=parent,
    )


def registry(key: str = "north", name: str = "北校区", **more: Meter) -> Registry:
    school = School(key, name, "North", "middle", ZoneInfo("Asia/Shanghai"), "CN-SD", "CN")
    buildings = {b: Building(b, f"楼{b}", f"Building {b}", "teaching") for b in ("a", "b")}
    meters = [
        meter("e", "electricity"),
        meter("e-a", "electricity", "a", "e"),
        meter("e_b.1", "electricity", "b", "e"),
        meter("w", "water"),
        meter("g", "gas", every=timedelta(days=1)),
        meter("pv", "generation"),
    ]
    return Registry(school, buildings, {}, {one.key: one for one in meters} | more)
