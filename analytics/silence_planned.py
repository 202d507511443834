"""Which silence is planned: meters of a place whose power or water is off on purpose have no say until it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from campus.calendar import local_date
from campus.plans import Plan, PlanKind
from campus.registry import Meter, Registry

_OFF = frozenset({PlanKind.OUTAGE, PlanKind.LIGHTS_OUT})
# How far a switch-off may lie from its plan.
SLACK = timedelta(minutes=15)
# What every meter and gateway lives on: with it all of a place falls silent.
_POWER = "electricity"


def off_until(registry: Registry, meter: Meter, now: datetime) -> datetime | None:
    """Return up to when a plan last kept a meter from speaking: `now` while it lasts, None where none ever did."""
    plans = [plan for plan in registry.plans if plan.kind in _OFF and _silences(plan, meter)]
    ends = (end for plan in plans for end in _ends(plan, now, registry.school.timezone))
    return max(ends, default=None)


def plan_of(registry: Registry, meter: Meter, silent: tuple[datetime, datetime]) -> str:
    """Return the key of the plan that explains a silence [last word, next word], "" where none does.

    It lies in one stretch of the plan, but for the turn the meter takes to fall silent and to speak again.
    """
    turn = meter.interval + SLACK
    for plan in registry.plans:
        if plan.kind in _OFF and _silences(plan, meter):
            for start, end in _stretches(plan, silent[0] + turn, registry.school.timezone):
                if max(start, plan.start) - turn <= silent[0] and silent[1] <= min(end, plan.end) + turn:
                    return plan.key
    return ""


def _silences(plan: Plan, meter: Meter) -> bool:
    if plan.meters and meter.key not in plan.meters:
        return False
    media = {register.quantity.medium for register in meter.registers} | {_POWER}
    return any(plan.concerns(meter.building, medium) for medium in media)


def _ends(plan: Plan, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the ends of a plan's newest stretches that have begun by `now`, none later than it."""
    for start, end in _stretches(plan, now, zone):
        if start <= now and start < plan.end and end > plan.start:
            yield min(end, plan.end, now)


def _stretches(plan: Plan, now: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield [start, end) of a plan, of one by the hour those of the last two days it may hold at `now` or before."""
    if plan.daily is None:
        yield plan.start, plan.end
        return
    first, until = plan.daily
    latest = local_date(min(now, plan.end), zone)
    for day in (latest - timedelta(days=2), latest - timedelta(days=1), latest):
        over = timedelta(days=0 if first < until else 1)
        yield datetime.combine(day, first, zone), datetime.combine(day + over, until, zone)
