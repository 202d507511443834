"""The pages: list of schools, school now, a finding, and the stream that keeps them of now."""

from __future__ import annotations

import asyncio
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from campus.errors import StoreUnavailable
from campus.ports import Episode
from web.answers import html, hub_of, language, plain
from web.assets import addresses
from web.findings import evidence, item
from web.hub import Hub, Sight
from web.render import page
from web.state import View
from web.stream import events

_UTC = ZoneInfo("UTC")


async def index(request: Request) -> Response:
    """List the schools; a single one is shown at once."""
    hubs: dict[str, Hub] = request.app.state.hubs
    if len(hubs) == 1:
        return RedirectResponse(f"/schools/{next(iter(hubs))}")
    lang = language(request)
    sights: dict[str, Sight | str] = {}
    for key, hub in hubs.items():
        try:
            sights[key] = await hub.sight(lang)
        except StoreUnavailable as error:
            sights[key] = str(error)
    names = {key: hub.view.registry().school for key, hub in hubs.items()}
    return html(request, page("index.html", lang, _UTC, {**_files(request), "sights": sights, "names": names}))


async def school(request: Request) -> Response:
    """Show a school now."""
    hub, lang = hub_of(request), language(request)
    try:
        sight = await hub.sight(lang)
    except StoreUnavailable as error:
        return _trouble(request, hub, str(error))
    zone = sight.snapshot.registry.school.timezone
    context = {**_files(request), "sight": sight, "key": hub.key, "school": sight.snapshot.registry.school}
    return html(request, page("school.html", lang, zone, context))


def _trouble(request: Request, hub: Hub, text: str) -> Response:
    registry = hub.view.registry()
    context = {**_files(request), "key": hub.key, "school": registry.school, "text": text}
    return html(request, page("trouble.html", language(request), registry.school.timezone, context), 503)


async def now(request: Request) -> Response:
    """Give all numbers of the page as JSON."""
    hub = hub_of(request)
    try:
        sight = await hub.sight(language(request))
    except StoreUnavailable as error:
        return JSONResponse({"trouble": str(error)}, 503)
    snapshot = sight.snapshot
    content = {
        "school": {"key": snapshot.registry.school.key, "name": snapshot.registry.school.name},
        "registry_version": snapshot.registry.version,
        "trouble": sight.trouble,
        **{name: plain(getattr(snapshot, name)) for name in snapshot.__slots__ if name != "registry"},
    }
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


async def stream(request: Request) -> Response:
    """Push what changes."""
    since = request.headers.get("last-event-id") or request.query_params.get("since", "")
    pushed = events(hub_of(request), language(request), since, request.app.state.stopping)
    return StreamingResponse(pushed, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def finding(request: Request) -> Response:
    """Show one finding with its evidence and numbers."""
    hub, lang = hub_of(request), language(request)
    episode = await asyncio.to_thread(episode_of, hub.view, request.path_params["id"])
    shown = await asyncio.to_thread(item, hub.view, episode)
    drawn = await asyncio.to_thread(evidence, hub.view, episode.finding)
    registry = hub.view.registry()
    context = {**_files(request), "key": hub.key, "school": registry.school, "item": shown, "drawn": drawn}
    return html(request, page("finding.html", lang, registry.school.timezone, context))


def episode_of(view: View, number: int) -> Episode:
    """Return an episode of the school, open or ended; 404 for one there is not."""
    for episode in view.ledger.episodes(view.registry().school.key):
        if episode.id == number:
            return episode
    raise HTTPException(404)


async def health(request: Request) -> Response:
    """Say that the pages are up and which school's store answers: 200, or 503 when one does not."""
    hubs: dict[str, Hub] = request.app.state.hubs
    states: dict[str, str] = {}
    for key, hub in hubs.items():
        try:
            states[key] = (await hub.sight("zh")).trouble or "ok"
        except StoreUnavailable as error:
            states[key] = str(error)
    fine = all(state == "ok" for state in states.values())
    return JSONResponse({"ok": fine, "schools": states}, 200 if fine else 503)


async def not_found(request: Request, _error: Exception) -> Response:
    """Say that there is no such page."""
    return html(request, page("not_found.html", language(request), _UTC, _files(request)), 404)


def _files(request: Request) -> dict[str, dict[str, str]]:
    return {"files": addresses(request.app.state.charts)}
