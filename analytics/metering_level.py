"""How finely a subject is metered: bills only, a main meter that is read by itself, or sub-meters too."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from campus.registry import Arrival, Registry
from campus.said import Said


class Level(StrEnum):
    """How finely a quantity of a school or building is metered (users.md, A3)."""

    BILLS = "L0"
    MAIN = "L1"
    SUB = "L2"


NAMES: dict[Level, Said] = {
    Level.BILLS: Said("只有账单或人工抄表", "bills or readings by hand only"),
    Level.MAIN: Said("总表自动采集", "main meter read by itself"),
    Level.SUB: Said("有分表", "sub-meters"),
}


def level(registry: Registry, subject: str, quantity: str, time: datetime) -> Level | None:
    """Return how finely a subject's quantity is metered at an instant, None where it has no meter.

    A building's own meter is a sub-meter of its school, unless people read it.
    """
    leaves = registry.leaves(subject, quantity, time)
    if not leaves:
        return None
    if all(meter.arrival is Arrival.MANUAL for meter in leaves):
        return Level.BILLS
    keys = {meter.key for meter in leaves}
    below = [m for m in registry.at(time).values() if m.register(quantity) is not None and m.parent in keys]
    return Level.SUB if below or subject.startswith("building/") else Level.MAIN
