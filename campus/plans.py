"""Plans: what a school has announced, such as a closed holiday, a power cut, lights-out or a sports day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo


class PlanKind(StrEnum):
    """What is planned."""

    CLOSED = "closed"  # 假期用能方案: only what is on the keep-on list runs
    OUTAGE = "outage"  # 停电、停水: nothing comes, and nobody is to be told of it
    LIGHTS_OUT = "lights_out"  # dormitories are cut off every night
    EVENT = "event"  # more use than usual is meant: a sports day, the filling of a tank


@dataclass(frozen=True, slots=True)
class Keep:
    """What stays on while a building is closed: its registered `rate` [kW, m³/h or GJ/h] of a quantity.

    `building` is where, "" in a plan for the school as a whole; `meter` the one that measures it and nothing else,
    "" where it has none of its own.
    """

    what: str
    quantity: str
    rate: float
    building: str = ""
    meter: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds over [start, end) in `buildings` (empty: the whole school) for `media` (empty: all).

    `daily` (first, until) narrows it to these local hours of each day, over midnight where `until` is not later.
    `keep` and `setback_c` [°C room temperature] belong to a closed plan.
    """

    key: str
    kind: PlanKind
    start: datetime
    end: datetime
    name: str = ""
    buildings: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    daily: tuple[time, time] | None = None
    keep: tuple[Keep, ...] = ()
    setback_c: float | None = None
    document: str = ""

    def concerns(self, building: str, medium: str) -> bool:
        """Whether it speaks of a building ("" is what belongs to none) and a medium."""
        return (not self.buildings or building in self.buildings) and (not self.media or medium in self.media)

    def holds(self, instant: datetime, zone: ZoneInfo) -> bool:
        """Whether it is in force at an instant."""
        if not self.start <= instant < self.end or self.daily is None:
            return self.start <= instant < self.end
        first, until = self.daily
        clock = instant.astimezone(zone).time()
        return first <= clock < until if first < until else clock >= first or clock < until


def of_place(plans: Iterable[Plan], building: str, medium: str) -> tuple[Plan, ...]:
    """Return the plans that speak of a building and a medium, by their start."""
    return tuple(sorted((p for p in plans if p.concerns(building, medium)), key=lambda p: (p.start, p.key)))
