"""A meter's life as people enter it: replaced, or with another ratio from a time on; tried on the readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from analytics import consumption, corrected
from analytics.series import Use
from app import correct
from app.recompute import raw_around
from app.workbook_edits import Edit, Insert, Put
from campus.errors import CampusError
from campus.ports import Store
from campus.registry import Change, Meter, Register, Registry, Replacement
from campus.schema import REGISTER, Columns, SeriesId, from_ms, to_ms
from campus.units import factor

# What rounding leaves of a register read by eye and one sent [register unit].
ROUNDING = 1e-6


class CannotChange(CampusError):
    """A change of a meter that makes no sense here; its text says what would."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a register showed at a time [register unit], and the number on its plate where it told one."""

    time: datetime
    value: float
    serial: str


@dataclass(frozen=True, slots=True)
class Swap:
    """A replacement with the readings around it (None: there is none), and the use of that time without and with."""

    meter: Meter
    register: Register
    entered: Replacement
    before: Shown | None
    after: Shown | None
    was: Use | None = None
    becomes: Use | None = None

    @property
    def old(self) -> float | None:
        """What the old meter still counted [kept unit], before the ratio."""
        return None if self.before is None else (self.entered.end - self.before.value) * self._scale

    @property
    def new(self) -> float | None:
        """What the new meter had counted by its first reading [kept unit], before the ratio."""
        return None if self.after is None else (self.after.value - self.entered.start) * self._scale

    @property
    def _scale(self) -> float:
        return factor(self.register.unit, self.register.quantity)


def swap(registry: Registry, store: Store, told: Mapping[str, Any]) -> Swap:
    """Return a replacement as told (meter, quantity, at, end, start, serial, by, photo), tried on the readings.

    Raises `CannotChange` where it does not fit them, `CannotCorrect` for a meter or a time nobody knows.
    """
    meter, quantity = correct.meter_of(registry, told["meter"], told["quantity"])
    register = meter.register(quantity)
    assert register is not None
    at = correct.instant(told["at"], registry.school.timezone)
    _alive(meter, at)
    before, after = _around(store, meter, register, at)
    serial = told["serial"] or _new_serial(before, after)
    several = sum(not r.quantity.gauge for r in meter.registers) > 1
    named = quantity if several else ""
    entered = Replacement(at, told["end"], told["start"], serial, named, told["by"], told["photo"])
    found = Swap(meter, register, entered, before, after)
    _fits(found, registry)
    return _tried(found, store)


def _alive(meter: Meter, at: datetime) -> None:
    if not meter.in_force(at):
        raise CannotChange(
            f"{meter.key} 在 {at:%F %H:%M} 没有启用 / {meter.key} is not in force at that time: "
            f"{_day(meter.since)} – {_day(meter.until)}"
        )


def _day(time: datetime | None) -> str:
    return "…" if time is None else f"{time:%F %H:%M}"


def _around(store: Store, meter: Meter, register: Register, at: datetime) -> tuple[Shown | None, Shown | None]:
    """Return the last good reading before a time and the first after it."""
    raw = raw_around(store, SeriesId(REGISTER, meter.key, register.quantity.key), at, at)
    rows = corrected.readings(raw, meter, register)
    counter = np.flatnonzero(rows.fields["seconds"].astype(np.float64) == 0)
    late = (rows.time_ms[counter] >= to_ms(at)).astype(np.int64)
    good = ~consumption.glitches(rows.value[counter], late)
    before, after = counter[good & (late == 0)], counter[good & (late == 1)]
    return (
        _shown(rows, int(before[-1]), register) if len(before) else None,
        _shown(rows, int(after[0]), register) if len(after) else None,
    )


def _shown(rows: Columns, row: int, register: Register) -> Shown:
    value = float(rows.value[row]) / factor(register.unit, register.quantity)
    return Shown(from_ms(int(rows.time_ms[row])), value, str(rows.fields["serial"][row] or ""))


def _new_serial(before: Shown | None, after: Shown | None) -> str:
    if after is None or (before is not None and before.serial == after.serial):
        return ""
    return after.serial


def _goes_on(before: Shown, after: Shown) -> bool:
    """Whether the readings around a time are those of one meter that went on counting."""
    another = before.serial != after.serial and "" not in (before.serial, after.serial)
    return not another and after.value >= before.value


def _fits(found: Swap, registry: Registry) -> None:
    zone, entered = registry.school.timezone, found.entered
    if found.before is not None and found.after is not None and _goes_on(found.before, found.after):
        raise CannotChange(
            f"读数在这时是连续的：{found.before.value:,.12g}（{found.before.time.astimezone(zone):%F %H:%M}）到 "
            f"{found.after.value:,.12g}（{found.after.time.astimezone(zone):%F %H:%M}） / the readings go on without "
            "a break there: check the time of the replacement (--at); the finding names it"
        )
    if found.before is not None and entered.end < found.before.value - ROUNDING:
        raise CannotChange(
            f"旧表止数 {entered.end:,.12g} 小于换表前最后读数 {found.before.value:,.12g}"
            f"（{found.before.time.astimezone(zone):%F %H:%M}） / the old end lies below the last reading before: "
            "check the number, or the time of the replacement (--at)"
        )
    if found.after is not None and entered.start > found.after.value + ROUNDING:
        raise CannotChange(
            f"新表起数 {entered.start:,.12g} 大于换表后第一个读数 {found.after.value:,.12g}"
            f"（{found.after.time.astimezone(zone):%F %H:%M}） / the new start lies above the first reading after: "
            "check the number, or the time of the replacement (--at)"
        )


def _tried(found: Swap, store: Store) -> Swap:
    if found.before is None or found.after is None:
        return found
    edges = [found.before.time, found.after.time]
    if edges[0] >= edges[1]:
        return found
    quantity = found.register.quantity.key
    changed = replace(found.meter, replacements=_in_order(found.meter, found.entered))
    was, becomes = (correct.used(store, meter, quantity, edges) for meter in (found.meter, changed))
    return replace(found, was=was, becomes=becomes)


def _in_order(meter: Meter, entered: Replacement) -> tuple[Replacement, ...]:
    return tuple(sorted((*meter.replacements, entered), key=lambda each: each.time))


def swap_edits(registry: Registry, found: Swap) -> list[Edit]:
    """Return the edit that writes a replacement into the school's file, in the order of time."""
    place, entered = list(registry.meters).index(found.meter.key), found.entered
    values = {"at": entered.time.astimezone(registry.school.timezone), "end": entered.end, "start": entered.start}
    values |= {name: said for name in ("serial", "quantity", "by", "photo") if (said := getattr(entered, name))}
    position = sum(each.time <= entered.time for each in found.meter.replacements)
    return [Insert(("meter", place, "replaced"), position, values)]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Another ratio of a meter from a time on, and the use of a day after it with the old ratio and with the new."""

    meter: Meter
    since: datetime
    ratio: float
    by: str
    was: Use
    becomes: Use

    @property
    def before(self) -> float:
        """The ratio in force until then."""
        return self.meter.at(self.since).ratio


def ratio(registry: Registry, store: Store, told: Mapping[str, Any]) -> Ratio:
    """Return another ratio as told (meter, ratio, since, by), tried on the readings.

    Raises `CannotChange` where nothing changes, `CannotCorrect` for a meter or a time nobody knows.
    """
    meter, quantity = correct.meter_of(registry, told["meter"], "")
    since, new = correct.instant(told["since"], registry.school.timezone), float(told["ratio"])
    _alive(meter, since)
    if new <= 0:
        raise CannotChange("倍率要大于 0 / a ratio is above 0")
    if meter.at(since).ratio == new:
        raise CannotChange(f"{meter.key} 从那时起的倍率已经是 {new:g} / its ratio is {new:g} from then on already")
    changed = replace(meter, changes=_changed(meter, Change(since, {"ratio": new}, told["by"])))
    edges = [since, since + timedelta(days=1)]
    was, becomes = (correct.used(store, each, quantity, edges) for each in (meter, changed))
    return Ratio(meter, since, new, told["by"], was, becomes)


def _changed(meter: Meter, change: Change) -> tuple[Change, ...]:
    same = [c for c in meter.changes if c.since == change.since]
    values = {**same[0].values, **change.values} if same else change.values
    others = [c for c in meter.changes if c.since != change.since]
    return tuple(sorted((*others, replace(change, values=values)), key=lambda each: each.since))


def ratio_edits(registry: Registry, found: Ratio) -> list[Edit]:
    """Return the edits that write a ratio into the school's file: into the change of that time where there is one."""
    place = list(registry.meters).index(found.meter.key)
    path: tuple[str | int, ...] = ("meter", place, "change")
    for row, change in enumerate(found.meter.changes):
        if change.since == found.since:
            signed = [Put((*path, row, "by"), found.by)] if found.by else []
            return [Put((*path, row, "ratio"), found.ratio), *signed]
    position = sum(change.since < found.since for change in found.meter.changes)
    since = found.since.astimezone(registry.school.timezone)
    return [Insert(path, position, {"from": since, "ratio": found.ratio, **({"by": found.by} if found.by else {})})]
