"""What plans make of a meter's hours: when nothing is to be judged, and what a closed building may use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.hours import DayGrid, Hours, Numbers
from analytics.series import Ints
from campus.calendar import local_hours
from campus.plans import Keep, Plan, PlanKind, of_place
from campus.registry import Meter, Registry
from campus.schema import SCHOOL_SUBJECT, building_subject, to_ms
from campus.units import QUANTITIES

# Of these the hours are as they are on purpose: no rule holds them against anybody, nor learns from them.
SET_ASIDE = frozenset({PlanKind.OUTAGE, PlanKind.LIGHTS_OUT, PlanKind.EVENT})
_HOUR_MS = 3_600_000


def of_meter(registry: Registry, meter: Meter, register_at: tuple[str, datetime]) -> tuple[Plan, ...]:
    """Return the plans that speak of a meter's place and of the medium of a quantity, by their start.

    Each has those lines of its keep-on list that the meter can be held to: the lines it measures alone; else, where
    it alone feeds the building (or, belonging to none, the school), all of that place.
    """
    quantity, at = register_at
    place = of_place(registry.plans, meter.building, QUANTITIES[quantity].medium)
    mine = [plan for plan in place if not plan.meters or meter.key in plan.meters]
    return tuple(
        replace(plan, keep=_lines(registry, meter, (plan, quantity, at))) if plan.keep else plan for plan in mine
    )


def upward(registry: Registry, meters: Mapping[str, Meter]) -> list[tuple[Plan, frozenset[str]]]:
    """Return the outages and events of a place with the meters (as they stand at an instant) outside it through which
    its use passes: what is off in one building is lacking at the main meter too.

    Lights-out is not among them: night after night nothing would be known of the main meter's nights.
    """
    found = []
    for plan in registry.plans:
        if plan.kind in (PlanKind.OUTAGE, PlanKind.EVENT) and (plan.buildings or plan.meters):
            inside = [meter for meter in meters.values() if _meant(plan, meter)]
            above = {key for meter in inside for key in _chain(meter, meters)}
            found.append((plan, frozenset(above - {meter.key for meter in inside})))
    return found


def felt(passing: Iterable[tuple[Plan, frozenset[str]]], meter: Meter, quantity: str) -> tuple[Plan, ...]:
    """Return the plans of other places that a meter feels in a quantity, of those that `upward` gave."""
    medium = QUANTITIES[quantity].medium
    return tuple(plan for plan, keys in passing if meter.key in keys and plan.of_medium(medium))


def _meant(plan: Plan, meter: Meter) -> bool:
    return meter.key in plan.meters if plan.meters else meter.building in plan.buildings


def _chain(meter: Meter, meters: Mapping[str, Meter]) -> Iterator[str]:
    """Yield the meters above one, nearest first."""
    seen, above = {meter.key}, meter.parent
    while above in meters and above not in seen:
        yield above
        seen.add(above)
        above = meters[above].parent


def _lines(registry: Registry, meter: Meter, which: tuple[Plan, str, datetime]) -> tuple[Keep, ...]:
    plan, quantity, at = which
    lines = [line for line in plan.keep if line.quantity == quantity]
    own = tuple(line for line in lines if line.meter == meter.key)
    if own:
        return own
    subject = building_subject(meter.building) if meter.building else SCHOOL_SUBJECT
    if [leaf.key for leaf in registry.leaves(subject, quantity, at)] != [meter.key]:
        return ()
    return tuple(line for line in lines if not meter.building or line.building == meter.building)


def inside(plan: Plan, start_ms: Ints, zone: ZoneInfo) -> NDArray[np.bool_]:
    """Return which hours beginning at `start_ms` (n,) a plan touches."""
    touched: NDArray[np.bool_] = (start_ms < to_ms(plan.end)) & (start_ms + _HOUR_MS > to_ms(plan.start))
    if plan.daily is None or not touched.any():
        return touched
    first, until = map(_minutes, plan.daily)
    minute = local_hours(start_ms, zone)[1] * 60
    after, before = minute + 60 > first, minute < until
    return touched & ((after & before) if first < until else (after | before))


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def without(hours: Hours, plans: Iterable[Plan], zone: ZoneInfo) -> Hours:
    """Return the hours, unknown where an outage, lights-out or an event was planned."""
    aside = np.zeros(len(hours.start_ms), bool)
    for plan in plans:
        if plan.kind in SET_ASIDE:
            aside |= inside(plan, hours.start_ms, zone)
    if not aside.any():
        return hours
    return Hours(
        hours.start_ms,
        np.where(aside, np.nan, hours.value),
        np.where(aside, 0.0, hours.coverage),
        np.where(aside, 0.0, hours.estimated),
    )


def closed(grid: DayGrid, plans: Iterable[Plan]) -> NDArray[np.bool_]:
    """Return in which hours (days, 24) a plan closes the place."""
    found = np.zeros(grid.value.shape, bool)
    for plan in plans:
        if plan.kind is PlanKind.CLOSED:
            found |= _laid(plan, grid)
    return found


def allowed(grid: DayGrid, plans: Iterable[Plan]) -> Numbers:
    """Return what a closed place may use by its keep-on list (days, 24) [kW, m³/h, GJ/h], NaN where none says."""
    rate = np.full(grid.value.shape, np.nan)
    for plan in plans:
        if plan.kind is PlanKind.CLOSED and plan.keep:
            rate[_laid(plan, grid)] = sum(line.rate for line in plan.keep)
    return rate


def _laid(plan: Plan, grid: DayGrid) -> NDArray[np.bool_]:
    """Return the hours of a grid that lie whole in a plan."""
    rows = np.arange(grid.value.size).reshape(grid.value.shape)
    first, last = (_place(at, grid) for at in (plan.start, plan.end))
    return np.asarray((rows >= np.ceil(first)) & (rows < np.floor(last)))


def _place(at: datetime, grid: DayGrid) -> float:
    """Return where an instant stands in a grid's local hours, counted from its first midnight."""
    local = at.astimezone(grid.zone)
    return (local.date() - grid.first).days * 24 + local.hour + _minutes(local.time()) % 60 / 60
