"""When each meter spoke last, and whether that is late for the way its readings come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from campus.registry import SILENCE_LIMIT, Meter, Registry
from campus.said import Said
from campus.schema import REGISTER, Point, SeriesId, from_ms
from web.names import named

_SECONDS = 1  # the place of `seconds` among the fields of a register row


class Lamp(StrEnum):
    """Green: fine. Amber: look. Grey: unknown, which is neither. Red: what collects the numbers is in trouble."""

    GREEN = "green"
    AMBER = "amber"
    GREY = "grey"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Heard:
    """A meter in force and its newest reading; grey when it never spoke, amber when it is late."""

    meter: str
    name: Said
    building: Said | None
    media: tuple[str, ...]
    arrival: str
    newest: datetime | None
    lamp: Lamp


def register_ids(registry: Registry) -> list[SeriesId]:
    """Return the raw series of every meter."""
    return [
        SeriesId(REGISTER, meter.key, register.quantity.key)
        for meter in registry.meters.values()
        for register in meter.registers
    ]


def heard(registry: Registry, latest: Mapping[SeriesId, Point], now: datetime) -> list[Heard]:
    """Return every meter in force, those not heard in time first."""
    rows = [_heard(registry, meter, latest, now) for meter in registry.at(now).values()]
    order = {Lamp.AMBER: 0, Lamp.GREY: 1, Lamp.GREEN: 2}
    return sorted(rows, key=lambda row: order[row.lamp])


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
        lamp=_lamp(newest, now, SILENCE_LIMIT[meter.arrival]),
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
