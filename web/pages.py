"""The pages of now: list of schools, a school now, the stream that keeps it of now, and whether all is well."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from campus.errors import StoreUnavailable
from web.answers import html, hub_of, language, plain, school_page, shared, trouble
from web.hub import Hub, Sight
from web.render import page
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
    return html(request, page("index.html", lang, _UTC, {**shared(request), "sights": sights, "names": names}))


async def school(request: Request) -> Response:
    """Show a school now."""
    hub, lang = hub_of(request), language(request)
    try:
        sight = await hub.sight(lang)
    except StoreUnavailable as error:
        return trouble(request, error)
    return school_page(request, "school.html", {"sight": sight})


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
    return html(request, page("not_found.html", language(request), _UTC, shared(request)), 404)
