"""When each meter spoke last, and whether that is late for the way its readings come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from campus.gateways import called, gateways
from campus.registry import Meter, Registry
from campus.said import Said
from campus.schema import REGISTER, Point, SeriesId, from_ms
from web.names import named
from web.words import PROMISES

_SECONDS = 1  # the place of `seconds` among the fields of a register row


class Lamp(StrEnum):
    """Green: fine. Amber: look. Grey: unknown, which is neither. Red: what collects the numbers is in trouble."""

    GREEN = "green"
    AMBER = "amber"
    GREY = "grey"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Heard:
    """A meter in force and its newest reading; grey when it never spoke, amber when it is late.

    `clock` says how far its clock is off, where that matters.
    """

    meter: str
    name: Said
    building: Said | None
    media: tuple[str, ...]
    arrival: str
    newest: datetime | None
    lamp: Lamp
    clock: Said | None = None


@dataclass(frozen=True, slots=True)
class Hanging:
    """A gateway of which meters are late: how many of how many, the newest reading of those, when to look again."""

    name: Said
    silent: int
    all: int
    newest: datetime
    promise: Said


def register_ids(registry: Registry) -> list[SeriesId]:
    """Return the raw series of every meter."""
    return [
        SeriesId(REGISTER, meter.key, register.quantity.key)
        for meter in registry.meters.values()
        for register in meter.registers
    ]


def heard(
    registry: Registry, latest: Mapping[SeriesId, Point], now: datetime, clocks: Mapping[str, Said] | None = None
) -> list[Heard]:
    """Return every meter in force, those not heard in time first; `clocks` says whose clock is off."""
    off = clocks or {}
    rows = [
        replace(_heard(registry, meter, latest, now), clock=off.get(key)) for key, meter in registry.at(now).items()
    ]
    order = {Lamp.AMBER: 0, Lamp.GREY: 1, Lamp.GREEN: 2}
    return sorted(rows, key=lambda row: order[row.lamp])


def hanging(registry: Registry, rows: Sequence[Heard], now: datetime) -> list[Hanging]:
    """Return the gateways of which meters are late, by `rows`; first the one of which most are."""
    late = {row.meter: row for row in rows if row.lamp is Lamp.AMBER}
    found = []
    for name, below in gateways(registry.at(now).values()).items():
        mine = [late[meter.key] for meter in below if meter.key in late]
        newest = [row.newest for row in mine if row.newest is not None]
        if newest:
            found.append(Hanging(called(name), len(mine), len(below), max(newest), PROMISES[mine[0].arrival]))
    return sorted(found, key=lambda one: -one.silent)


def _heard(registry: Registry, meter: Meter, latest: Mapping[SeriesId, Point], now: datetime) -> Heard:
    ids = (SeriesId(REGISTER, meter.key, register.quantity.key) for register in meter.registers)
    ends = [_end(latest[series]) for series in ids if series in latest]
    newest = max(ends, default=None)
    building = registry.buildings.get(meter.building)
    return Heard(
        meter=meter.key,
        name=named(meter),
        building=named(building) if building else None,
        media=tuple(dict.fromkeys(register.quantity.medium for register in meter.registers)),
        arrival=meter.arrival.value,
        newest=newest,
        lamp=_lamp(newest, now, meter.silence_limit),
    )


def _end(point: Point) -> datetime:
    """Return the time up to which a register row speaks: an interval's end, else its time."""
    seconds = point.values[_SECONDS]
    length = timedelta(seconds=max(0.0, float(seconds))) if seconds is not None else timedelta(0)
    return from_ms(point.time_ms) + length


def _lamp(newest: datetime | None, now: datetime, limit: timedelta) -> Lamp:
    if newest is None:
        return Lamp.GREY
    return Lamp.GREEN if now - newest <= limit else Lamp.AMBER
