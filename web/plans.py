"""The pages of plans: which there are, and what became of a closed one's keep-on list, as a sheet to print."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from campus.errors import CampusError
from campus.plans import KINDS, RATE_UNITS, STAGES, Kept, Plan, PlanKind, stage
from campus.registry import Registry
from campus.said import Said
from campus.units import QUANTITIES
from web.answers import hub_of, school_page, trouble


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a plan's audit as the page shows it; names and units are empty where no meter measures the place."""

    place: Said
    line: Kept
    quantity: Said
    unit: str
    rate_unit: str
    medium: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan with its names in words; `places` is empty for the whole school."""

    plan: Plan
    kind: Said
    stage: Said
    places: tuple[Said, ...]
    audited: bool


async def listed(request: Request) -> Response:
    """Show a school's plans, newest first, and its heating seasons."""
    view = hub_of(request).view
    registry, now = view.registry(), view.clock()
    newest = sorted(registry.plans, key=lambda plan: plan.start, reverse=True)
    return school_page(request, "plans.html", {"plans": [_shown(plan, registry, now) for plan in newest]})


async def audit(request: Request) -> Response:
    """Show what became of a closed plan, line by line."""
    view = hub_of(request).view
    registry, now = view.registry(), view.clock()
    plan = next((p for p in registry.plans if p.key == request.path_params["plan"]), None)
    if plan is None or plan.kind is not PlanKind.CLOSED:
        raise HTTPException(404)
    try:
        lines = await asyncio.to_thread(view.audit, plan)
    except CampusError as error:
        return trouble(request, error)
    counts = Counter(line.kept for line in lines)
    context = {
        "shown": _shown(plan, registry, now),
        "rows": [_row(line, registry) for line in lines],
        "counts": (counts[True], counts[False], counts[None]),
        "taken": now,
    }
    return school_page(request, "plan.html", context)


def _shown(plan: Plan, registry: Registry, now: datetime) -> Shown:
    places = tuple(_place(registry, key) for key in plan.buildings)
    audited = plan.kind is PlanKind.CLOSED and now >= plan.start
    return Shown(plan, KINDS[plan.kind], STAGES[stage(plan, now)], places, audited)


def _place(registry: Registry, key: str) -> Said:
    building = registry.buildings.get(key)
    return Said(key, key) if building is None else Said(building.name, building.name_en or building.name)


def _row(line: Kept, registry: Registry) -> Row:
    school = Said(registry.school.name, registry.school.name_en or registry.school.name)
    place = _place(registry, line.building) if line.building else school
    quantity = QUANTITIES.get(line.quantity)
    if quantity is None:
        return Row(place, line, Said("", ""), "", "", "")
    return Row(place, line, Said(quantity.zh, quantity.en), quantity.unit, RATE_UNITS[quantity.unit], quantity.medium)
