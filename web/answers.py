"""What the handlers share: which school, which language, and how numbers become JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from campus.errors import CampusError
from web.assets import addresses
from web.hub import Hub
from web.render import page
from web.words import LANGS

COOKIE = "lang"


def hub_of(request: Request) -> Hub:
    """Return the school's hub; 404 for a school there is not."""
    hubs: dict[str, Hub] = request.app.state.hubs
    hub = hubs.get(request.path_params["key"])
    if hub is None:
        raise HTTPException(404)
    return hub


def language(request: Request) -> str:
    """Return the language asked for, the one remembered, or Chinese."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGS:
            return asked
    return LANGS[0]


def html(request: Request, text: str, status: int = 200) -> Response:
    """Return a page, and remember a language asked for by address."""
    response = HTMLResponse(text, status, {"Cache-Control": "no-store", "Content-Language": language(request)})
    if request.query_params.get("lang") in LANGS:
        response.set_cookie(COOKIE, language(request), max_age=31_536_000, samesite="strict", httponly=True)
    return response


def shared(request: Request) -> dict[str, Any]:
    """Return what every page is given: where its files are, and whether there are other schools."""
    state = request.app.state
    return {"files": addresses(state.charts), "several": len(state.hubs) > 1}


def school_page(request: Request, template: str, context: Mapping[str, Any]) -> Response:
    """Return a page of the school asked for."""
    return html(request, _school_text(request, template, context))


def trouble(request: Request, error: CampusError) -> Response:
    """Return the page of a school that cannot be shown now, with the sentence that says why."""
    return html(request, _school_text(request, "trouble.html", {"text": str(error)}), 503)


def _school_text(request: Request, template: str, context: Mapping[str, Any]) -> str:
    hub = hub_of(request)
    registry = hub.view.registry()
    own = {**shared(request), "key": hub.key, "school": registry.school}
    return page(template, language(request), registry.school.timezone, {**own, **context})


def plain(value: Any) -> Any:
    """Return dataclasses as dictionaries, times as ISO text, for JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
