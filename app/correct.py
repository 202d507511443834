"""Corrections as people enter them: made, tried on the readings, written into the school's file, withdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from analytics import corrected, series
from analytics.series import Use
from app.recompute import raw_around
from app.workbook_edits import Edit, Insert, Put
from campus.corrections import Correction, Kind
from campus.errors import CampusError
from campus.ports import Store
from campus.registry import Meter, Registry
from campus.schema import REGISTER, SeriesId, from_ms, to_ms


class CannotCorrect(CampusError):
    """A correction that makes no sense here; its text says what would."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A correction on the readings there are: the use of its time without it and with it.

    Of a reading these are two windows, what it ended and what it began; of all others one.
    """

    before: Use
    after: Use


def instant(text: str, zone: ZoneInfo) -> datetime:
    """Return a time of the school's own clock, such as 2026-06-01 or 2026-06-01T08:15. Raises `CannotCorrect`."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CannotCorrect(
            f"看不懂时间 {text}：写成 2026-06-01 或 2026-06-01T08:15 / {text!r} is no time: write it as 2026-06-01 "
            "or 2026-06-01T08:15"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=zone)


def meter_of(registry: Registry, key: str, quantity: str) -> tuple[Meter, str]:
    """Return a meter and the quantity of it that is meant, its first counter where none is named."""
    meter = registry.meters.get(key)
    if meter is None:
        known = "、".join(registry.meters)
        raise CannotCorrect(f"没有编号为 {key} 的表 / no meter has the key {key!r}: {known}")
    counters = [r.quantity.key for r in meter.registers if not r.quantity.gauge]
    wanted = quantity or next(iter(counters), "")
    if wanted not in counters:
        raise CannotCorrect(
            f"{key} 没有 {wanted or '可更正'} 的计量 / {key} counts no {wanted or 'amount'}: {', '.join(counters)}"
        )
    return meter, wanted


def free_id(registry: Registry) -> str:
    """Return an id no correction of the school has."""
    taken = {one.id for meter in registry.meters.values() for one in meter.corrections}
    return next(name for name in (f"c{number}" for number in count(1)) if name not in taken)


def make(registry: Registry, said: Mapping[str, Any], now: datetime) -> Correction:
    """Return a correction of what was said (kind, start, end, value, quantity, by, reason), signed today.

    Raises `CannotCorrect` for a use of a time that is not over.
    """
    zone = registry.school.timezone
    start = instant(said["start"], zone)
    end = start if said["kind"] == Kind.READING else instant(said["end"], zone)
    if end > now:
        raise CannotCorrect("这段时间还没有过完 / that time is not over yet: correct what is past")
    return Correction(
        free_id(registry),
        Kind(said["kind"]),
        said["quantity"],
        start,
        end,
        said["by"],
        now.astimezone(zone).date(),
        said["reason"],
        said["value"],
    )


def with_correction(meter: Meter, one: Correction) -> Meter:
    """Return the meter with a correction, in the place of one with its id."""
    others = tuple(other for other in meter.corrections if other.id != one.id)
    return replace(meter, corrections=(*others, one))


def find(registry: Registry, id_: str) -> tuple[Meter, Correction]:
    """Return a correction and its meter. Raises `CannotCorrect` for one nobody wrote."""
    every = [(meter, one) for meter in registry.meters.values() for one in meter.corrections]
    for meter, one in every:
        if one.id == id_:
            return meter, one
    known = "、".join(one.id for _, one in every) or "—"
    raise CannotCorrect(
        f"没有编号为 {id_} 的更正（有 {known}） / no correction has the id {id_!r} (there are: {known})"
    )


def withdrawn(one: Correction, by: str, on: date, reason: str) -> Correction:
    """Return a correction that no longer holds. Raises `CannotCorrect` where it does not already."""
    if one.withdrawn:
        raise CannotCorrect(
            f"{one.id} 已由 {one.withdrawn_by} 撤销 / {one.id} was withdrawn by {one.withdrawn_by} before"
        )
    return replace(one, withdrawn_by=by, withdrawn_on=on, withdrawn_reason=reason)


def tried(store: Store, meters: tuple[Meter, Meter], one: Correction) -> Tried:
    """Return the use of a correction's time by two states of its meter: before and after."""
    edges = [one.start, one.end]
    if one.kind is Kind.READING:
        edges = _reach(store, meters[0].key, one)
    before, after = (used(store, meter, one.quantity, edges) for meter in meters)
    return Tried(before, after)


def used(store: Store, meter: Meter, quantity: str, edges: Sequence[datetime]) -> Use:
    """Return what a meter used between `edges` (k+1,) as its corrections have it, read from its registers."""
    window = edges[0], edges[-1]
    register = meter.register(quantity)
    assert register is not None
    held = corrected.reaching(meter.corrections, quantity, window)
    wide = min([window[0], *(c.start for c in held)]), max([window[1], *(c.end for c in held)])
    raw = raw_around(store, SeriesId(REGISTER, meter.key, quantity), *wide)
    return series.resample(corrected.read(raw, meter, register), np.array(list(map(to_ms, edges)), np.int64))


def _reach(store: Store, meter: str, one: Correction) -> list[datetime]:
    """Return a reading's time between its neighbours'. Raises `CannotCorrect` where there is no such reading."""
    raw = SeriesId(REGISTER, meter, one.quantity)
    before, after = store.neighbours(raw, one.start)
    if not len(store.series([raw], one.start, one.start + timedelta(milliseconds=1))[raw]):
        near = "、".join(f"{from_ms(ms).astimezone(one.start.tzinfo):%FT%T}" for ms in (*before, *after)) or "—"
        raise CannotCorrect(
            f"{meter} 在 {one.start:%FT%T} 没有读数，前后是 {near} / {meter} has no reading at that moment; the ones "
            f"around it are at {near}"
        )
    return [*(from_ms(ms) for ms in before), one.start, *(from_ms(ms) for ms in after)]


def written(registry: Registry, meter: Meter, one: Correction) -> Edit:
    """Return the edit that writes a new correction into the school's file."""
    place = list(registry.meters).index(meter.key)
    zone = registry.school.timezone
    window: dict[str, Any] = {"from": one.start.astimezone(zone), "until": one.end.astimezone(zone)}
    if one.kind is Kind.READING:
        window = {"at": one.start.astimezone(zone)}
    values = {"id": one.id, "kind": str(one.kind), "quantity": one.quantity, **window, "value": one.value}
    values |= {"by": one.by, "on": one.on, "reason": one.reason}
    return Insert(("meter", place, "correction"), None, {k: v for k, v in values.items() if v is not None})


def withdrawal(registry: Registry, meter: Meter, one: Correction) -> Iterator[Edit]:
    """Yield the edits that write who withdrew a correction beneath it; the row itself stays."""
    place = list(registry.meters).index(meter.key)
    row = [other.id for other in meter.corrections].index(one.id)
    for key in ("withdrawn_by", "withdrawn_on", "withdrawn_reason"):
        yield Put(("meter", place, "correction", row, key), getattr(one, key))
