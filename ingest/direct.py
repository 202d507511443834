"""The short way from a message to rows: where one meter that never changes tells registers that are all alike.

Nearly every message is such a one, and becomes rows without an object for each value. Whatever is less plain, or at
fault, takes the long way (`ingest.checks`), which says the same of all that both can read (a law of the tests).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from campus.errors import UnknownUnit
from campus.readings import Quality
from campus.registry import Meter
from campus.schema import REGISTER, Point, SeriesId, from_ms, to_ms
from campus.units import factor
from ingest.checks import CLOCK_TOLERANCE, EARLIEST, Routes, Speakers
from ingest.payload import Registers
from ingest.records import Record

_EARLIEST_MS = to_ms(EARLIEST)
_MOST_KEPT = 100  # what devices call their units fills no memory
_GOOD = Quality.GOOD.value
_TOLERANCE_MS = CLOCK_TOLERANCE // timedelta(milliseconds=1)


class Direct(NamedTuple):
    """The one meter that ever speaks on a topic, and what reads it; it is in force in [since, until) [epoch ms].

    `kept` remembers, by quantity and unit as told, the series meant and the factor to the unit it is kept in.
    """

    school: str
    meter: Meter
    plain: Callable[[bytes], Registers | None]
    since_ms: float
    until_ms: float
    kept: dict[tuple[str, str], tuple[SeriesId, float] | None]


def direct(known: Routes, topic: str) -> Direct | None:
    """Return the short way of a topic, if it has one."""
    if topic not in known.direct:
        speakers = known.by_topic.get(topic, ())
        if not speakers:
            return None  # and not remembered: strangers may name any number of topics
        known.direct[topic] = _direct(known, speakers, topic)
    return known.direct[topic]


def _direct(known: Routes, speakers: Speakers, topic: str) -> Direct | None:
    (school, meter), *others = speakers
    plain = known.formats[meter.format].plain
    if others or plain is None or meter.changes or meter.channel or _in_session(known, topic):
        return None
    if not all(edge is None or from_ms(to_ms(edge)) == edge for edge in (meter.since, meter.until)):
        return None  # a row's time, in whole milliseconds, could not tell on which side of the edge it lies
    return Direct(school, meter, plain, _edge_ms(meter.since, -math.inf), _edge_ms(meter.until, math.inf), {})


def _in_session(known: Routes, topic: str) -> bool:
    return any(one.session is not None and one.session.key(topic) is not None for one in known.formats.values())


def _edge_ms(edge: datetime | None, otherwise: float) -> float:
    return otherwise if edge is None else to_ms(edge)


def points(way: Direct, record: Record) -> list[Point]:
    """Return the rows of a message; none where it is not that plain, and the long way has to say what it holds."""
    said = way.plain(record.payload)
    if said is None or (kept := _kept(way, said)) is None or not _in_force(way, said.times_ms, record.arrived_ms):
        return []
    series, scale = kept
    values = said.values if scale == 1.0 else [value * scale for value in said.values]
    # Of finite values the sum may still be none: then the long way takes them, and stores them all the same.
    if not math.isfinite(sum(values)):
        return []
    rest = (0.0, _GOOD, said.serial or way.meter.serial)
    return [Point(series, at, (value, *rest)) for at, value in zip(said.times_ms, values, strict=True)]


def _kept(way: Direct, said: Registers) -> tuple[SeriesId, float] | None:
    """Return the series registers belong to and what their values are multiplied by."""
    asked = (said.quantity, said.unit)
    if asked not in way.kept:
        if len(way.kept) >= _MOST_KEPT:
            way.kept.clear()
        way.kept[asked] = _found(way.meter, *asked)
    return way.kept[asked]


def _found(meter: Meter, quantity: str, unit: str) -> tuple[SeriesId, float] | None:
    register = meter.register(quantity) if quantity else meter.registers[0]
    if register is None or register.quantity.gauge:
        return None
    try:
        scale = factor(unit or register.unit, register.quantity)
    except UnknownUnit:
        return None
    return SeriesId(REGISTER, meter.key, register.quantity.key), scale


def _in_force(way: Direct, times_ms: list[int], arrived_ms: int) -> bool:
    """Whether every time can be true and is the meter's own; a time cut to the millisecond may be a hair later."""
    first, last = min(times_ms), max(times_ms)
    in_force = way.since_ms <= first and last < way.until_ms
    return in_force and first >= _EARLIEST_MS and last < arrived_ms + _TOLERANCE_MS
