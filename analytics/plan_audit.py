"""What became of a closed plan (关停清单): its keep-on list held against the meters, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from analytics.hours import Hours, Numbers
from analytics.planned import SET_ASIDE, inside
from analytics.price_words import grounds_said
from analytics.slot_prices import Priced, grounds, mean_price, of_days, of_hours
from campus.calendar import local_hours
from campus.plans import Keep, Kept, Plan
from campus.registry import Meter, Registry
from campus.said import Said
from campus.schema import SCHOOL_SUBJECT, building_subject, meter_subject, to_ms
from campus.units import QUANTITIES

# A place kept to its plan when it used no more than this beyond its allowance, on average over the closed hours: a
# share of it, or a rate where little or nothing was allowed [kW, m³/h, GJ/h by the unit of the amount]. Ours.
TOLERANCE = 0.1
LEAST_RATE = {"kWh": 0.2, "m³": 0.02, "GJ": 0.005}
# Below this measured share of the closed hours nothing is said of them. Ours.
LEAST_COVERAGE = 0.8
# What comes in, not what is made or sent out: only of that a keep-on list speaks.
AUDITED = ("electricity", "water", "gas", "gas_energy", "heat")

_HOUR_MS = 3_600_000
_ALL = Said("合计", "in all")
_NO_METER = Said("没有表", "no meter measures it")
_NO_LINE = Said("方案没有写留用多少", "the plan does not say how much may stay on")
_TOGETHER = Said("没有单独的表，看合计", "no meter of its own: see the sum")
_NOT_BEGUN = Said("还没有开始", "not begun yet")


@dataclass(frozen=True, slots=True)
class Used:
    """The hours of a subject; `by_day` where it is only known by the day, each hour then being the day's mean."""

    hours: Hours
    by_day: bool = False


# Returns the use of a subject and quantity over the closed hours' window.
Read = Callable[[str, str], Used]


@dataclass(frozen=True, slots=True)
class _Case:
    plan: Plan
    registry: Registry
    window: tuple[datetime, datetime]
    read: Read


def audit(plan: Plan, registry: Registry, until: datetime, read: Read) -> list[Kept]:
    """Return a closed plan's lines, by building and quantity: what all of it came to, then the keep-on lines.

    Judged are the hours from the plan's begin to its end, or to `until` where that is earlier; hours of an outage or
    event of the place are none of them.
    """
    window = plan.start, min(plan.end, until)
    case = _Case(plan, registry, window, read)
    return [line for building in _places(plan, registry) for line in _of_building(case, building)]


def _places(plan: Plan, registry: Registry) -> list[str]:
    """Return the buildings a plan closes; "" is the school as a whole, where its list speaks of that."""
    if plan.buildings:
        return list(plan.buildings)
    whole = not registry.buildings or any(not line.building for line in plan.keep)
    return [*registry.buildings, *([""] if whole else [])]


def _of_building(case: _Case, building: str) -> Iterator[Kept]:
    quantities = [q for q in AUDITED if _speaks(case, building, q)]
    for quantity in quantities:
        lines = [k for k in case.plan.keep if k.building == building and k.quantity == quantity]
        total = _total(case, building, (quantity, lines))
        yield total
        for line in lines if len(lines) > 1 or any((k.meter,) not in (total.meters, ("",)) for k in lines) else ():
            yield _line(case, line, total)
    if not quantities:
        yield Kept(building, _ALL, "", reason=_NO_METER)


def _speaks(case: _Case, building: str, quantity: str) -> bool:
    if case.plan.media and QUANTITIES[quantity].medium not in case.plan.media:
        return False
    listed = any(line.building == building and line.quantity == quantity for line in case.plan.keep)
    return listed or bool(_feeding(case, building, quantity))


def _feeding(case: _Case, building: str, quantity: str) -> list[Meter]:
    subject = building_subject(building) if building else SCHOOL_SUBJECT
    return case.registry.leaves(subject, quantity, case.plan.start)


def _total(case: _Case, building: str, which: tuple[str, list[Keep]]) -> Kept:
    quantity, lines = which
    feeding = _feeding(case, building, quantity)
    name = _ALL if len(lines) != 1 else Said(lines[0].what, lines[0].what)
    allowed = sum(line.rate for line in lines) if lines else None
    bare = Kept(building, name, quantity, tuple(m.key for m in feeding), allowed)
    if not feeding:
        return replace(bare, reason=_NO_METER)
    subject = building_subject(building) if building else SCHOOL_SUBJECT
    found = _measured(case, bare, (subject, feeding))
    return found if allowed is not None else replace(found, reason=found.reason or _unsaid(case.plan, quantity))


def _unsaid(plan: Plan, quantity: str) -> Said:
    if quantity != "heat" or plan.setback_c is None:
        return _NO_LINE
    return Said(
        f"方案要求室温调到{plan.setback_c:g}℃，热量表看不出室温",
        f"rooms were to be set back to {plan.setback_c:g} °C, which no heat meter shows",
    )


def _line(case: _Case, line: Keep, total: Kept) -> Kept:
    """Return a line of the list: by its own meter; without one it was kept where all of them together were."""
    bare = Kept(line.building, Said(line.what, line.what), line.quantity, (), line.rate)
    meter = case.registry.meters.get(line.meter)
    if meter is None:
        return replace(bare, kept=True if total.kept else None, reason=None if total.kept else _TOGETHER)
    return _measured(case, replace(bare, meters=(meter.key,)), (meter_subject(meter.key), [meter]))


def _prices(case: _Case, meters: Sequence[Meter], used: Used, unit: str) -> Priced | None:
    """Return the prices of hours that all of the meters are billed by, None where they differ."""
    start_ms = used.hours.start_ms
    days, _ = local_hours(start_ms, case.registry.school.timezone)
    every = [
        of_days(case.registry, meter, days, unit=unit)
        if used.by_day
        else of_hours(case.registry, meter, start_ms, unit=unit)
        for meter in meters
    ]
    alike = all(np.array_equal(one.yuan, every[0].yuan, equal_nan=True) for one in every[1:])
    return every[0] if every and alike else None


def _measured(case: _Case, bare: Kept, of: tuple[str, Sequence[Meter]]) -> Kept:
    """Return a line with what its meters showed in the closed hours."""
    subject, meters = of
    used = case.read(subject, bare.quantity)
    closed = _closed(case, bare, used.hours)
    if not closed.any():
        return replace(bare, reason=_NOT_BEGUN)
    rate = used.hours.measured()[closed]
    known = rate[np.isfinite(rate)]
    coverage = len(known) / len(rate)
    if not len(known):
        return replace(bare, coverage=0.0, reason=_too_little(0.0))
    low, median, high = (float(found) for found in np.percentile(known, (0, 50, 100)))
    shown = replace(bare, low=low, median=median, high=high, coverage=coverage, by_day=used.by_day)
    if coverage < LEAST_COVERAGE:
        return replace(shown, reason=_too_little(coverage))
    if bare.allowed is None:
        return shown
    priced = _prices(case, meters, used, QUANTITIES[bare.quantity].unit)
    told = closed & np.isfinite(used.hours.measured())
    return _judged(shown, known, None if priced is None else priced.part(told))


def _closed(case: _Case, line: Kept, hours: Hours) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which hours lie whole in the plan and in no outage or event of the place."""
    first, last = (to_ms(at) for at in case.window)
    closed = (hours.start_ms >= first) & (hours.start_ms + _HOUR_MS <= last)
    medium = QUANTITIES[line.quantity].medium
    for other in case.registry.plans:
        theirs = not other.meters or set(line.meters) <= set(other.meters)
        if other.kind in SET_ASIDE and theirs and other.concerns(line.building, medium):
            closed &= ~inside(other, hours.start_ms, case.registry.school.timezone)
    return np.asarray(closed)


def _judged(line: Kept, known: Numbers, priced: Priced | None) -> Kept:
    assert line.allowed is not None
    unit = QUANTITIES[line.quantity].unit
    beyond = np.maximum(known - line.allowed, 0.0)
    over = float(beyond.sum())
    kept = over / len(known) <= max(TOLERANCE * line.allowed, LEAST_RATE[unit])
    judged = replace(line, over=over, kept=kept)
    if priced is None or np.isnan(priced.yuan).any():
        return judged
    mean = mean_price(priced.yuan, beyond) if over else 0.0
    said = grounds([(priced, beyond if over else np.ones(len(beyond)))])
    return replace(judged, yuan=None if mean is None else over * mean, priced=grounds_said(said))


def _too_little(coverage: float) -> Said:
    return Said(f"只有{coverage:.0%}的关停时间有数", f"only {coverage:.0%} of the closed hours were measured")
