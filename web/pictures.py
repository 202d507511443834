"""Charts by address: a panel, or a finding's evidence, as a Vega-Lite specification or as SVG."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from campus.calendar import midnight
from campus.errors import StoreUnavailable
from campus.schema import SCHOOL_SUBJECT, project_subject
from web.answers import hub_of, language
from web.findings import evidence
from web.snapshot import SAVINGS
from web.state import View
from web.windows import window, window_of
from web.work import episode_of

LONGEST_H = 24 * 400  # a little more than a year of hours: what a browser can still draw


async def panel(request: Request) -> Response:
    """Answer with a panel about `?subject=` (the school) over the last `?hours=` (the panel's own window)."""
    view, lang = hub_of(request).view, language(request)
    chosen = view.charts.panels.get(request.path_params["name"])
    subject = request.query_params.get("subject", SCHOOL_SUBJECT)
    registry = view.registry()
    if chosen is None or subject not in registry.subjects():
        raise HTTPException(404)
    zone, hours = registry.school.timezone, _hours(request)
    span = window(hours, view.clock(), zone) if hours else window_of(chosen, view.clock(), zone)
    return await _drawn(request, view, lambda: view.charts.spec(chosen, subject, span, lang=lang))


async def saving(request: Request) -> Response:
    """Answer with a project's days: what was used against what would have been, since it is in service."""
    view, lang = hub_of(request).view, language(request)
    registry, asked = view.registry(), request.path_params
    project = next((one for one in registry.projects if one.key == asked["project"]), None)
    drawn = view.charts.panels.get(f"{SAVINGS}days")
    if project is None or project.finished is None or asked["quantity"] not in project.quantities or drawn is None:
        raise HTTPException(404)
    subject = project_subject(project.key, asked["quantity"])
    span = midnight(project.finished, registry.school.timezone), view.clock()
    return await _drawn(request, view, lambda: view.charts.spec(drawn, subject, span, lang=lang))


def _hours(request: Request) -> timedelta | None:
    text = request.query_params.get("hours", "")
    if not text:
        return None
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= LONGEST_H:
        raise HTTPException(400, f"hours: a whole number from 1 to {LONGEST_H}")
    return timedelta(hours=int(text))


async def evidence_of(request: Request) -> Response:
    """Answer with the picture of a finding."""
    view, lang = hub_of(request).view, language(request)
    episode = await asyncio.to_thread(episode_of, view, request.path_params["id"])
    shown = await asyncio.to_thread(evidence, view, episode.finding)
    if shown is None:
        raise HTTPException(404)
    spec = view.charts.spec
    return await _drawn(
        request, view, lambda: spec(shown.panel, shown.subject, shown.window, lang=lang, marks=shown.marks)
    )


async def _drawn(request: Request, view: View, draw: Callable[[], dict[str, Any]]) -> Response:
    form = request.path_params["form"]
    if form not in ("json", "svg"):
        raise HTTPException(404)
    try:
        document = await asyncio.to_thread(draw)
    except StoreUnavailable as error:
        return PlainTextResponse(str(error), 503)
    headers = {"Cache-Control": "no-store"}
    if form == "json":
        return JSONResponse(document, headers=headers)
    picture = await asyncio.to_thread(view.charts.svg, document)
    return Response(picture, media_type="image/svg+xml", headers=headers)
