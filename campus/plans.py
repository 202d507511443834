"""Plans: what a school has announced, such as a closed holiday, a power cut, lights-out or a sports day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from campus.said import Said


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
    `meters` narrows it to these meters of the place: lights-out cuts the rooms, not the corridors. `keep` and
    `setback_c` [°C room temperature] belong to a closed plan.
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
    meters: tuple[str, ...] = ()

    def concerns(self, building: str, medium: str) -> bool:
        """Whether it speaks of a building ("" is what belongs to none) and a medium."""
        return (not self.buildings or building in self.buildings) and self.of_medium(medium)

    def of_medium(self, medium: str) -> bool:
        """Whether it speaks of a medium."""
        return not self.media or medium in self.media

    def holds(self, instant: datetime, zone: ZoneInfo) -> bool:
        """Whether it is in force at an instant."""
        if not self.start <= instant < self.end or self.daily is None:
            return self.start <= instant < self.end
        first, until = self.daily
        clock = instant.astimezone(zone).time()
        return first <= clock < until if first < until else clock >= first or clock < until


# What people call them.
KINDS: dict[PlanKind, Said] = {
    PlanKind.CLOSED: Said("假期用能方案", "Closed"),
    PlanKind.OUTAGE: Said("停电停水", "Outage"),
    PlanKind.LIGHTS_OUT: Said("熄灯", "Lights-out"),
    PlanKind.EVENT: Said("活动", "Event"),
}


class Stage(StrEnum):
    """Where a plan stands at an instant."""

    COMING = "coming"
    RUNNING = "running"
    OVER = "over"


STAGES: dict[Stage, Said] = {
    Stage.COMING: Said("未开始", "to come"),
    Stage.RUNNING: Said("进行中", "in force"),
    Stage.OVER: Said("已结束", "over"),
}


def stage(plan: Plan, now: datetime) -> Stage:
    """Return where a plan stands."""
    if now < plan.start:
        return Stage.COMING
    return Stage.RUNNING if now < plan.end else Stage.OVER


# What a rate of a quantity is written in, by the unit its amounts are kept in.
RATE_UNITS = {"kWh": "kW", "m³": "m³/h", "GJ": "GJ/h"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of what became of a closed plan (关停清单): what a place was allowed, and what its meters showed.

    `what` is a line of the keep-on list, or all that was on of a `quantity` in the building ("" is the school).
    `allowed`, `low`, `median` and `high` are rates [kW, m³/h, GJ/h] over the closed hours, of which `coverage` was
    measured; `over` [kWh, m³, GJ] and `yuan` are what went beyond the allowance. Each is None where it is not known.
    `priced` says by which prices those yuan are reckoned.
    `kept` is None where it cannot be judged, for the `reason`; `by_day` says that the rates are means of whole days.
    """

    building: str
    what: Said
    quantity: str
    meters: tuple[str, ...] = ()
    allowed: float | None = None
    low: float | None = None
    median: float | None = None
    high: float | None = None
    coverage: float = 0.0
    over: float | None = None
    yuan: float | None = None
    kept: bool | None = None
    reason: Said | None = None
    by_day: bool = False
    priced: Said | None = None


def of_place(plans: Iterable[Plan], building: str, medium: str) -> tuple[Plan, ...]:
    """Return the plans that speak of a building and a medium, by their start."""
    return tuple(sorted((p for p in plans if p.concerns(building, medium)), key=lambda p: (p.start, p.key)))
