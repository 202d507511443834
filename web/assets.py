"""The files of the page, all served by itself: style, script, and the script that draws charts."""

from __future__ import annotations

import asyncio
import hashlib
from functools import cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

from web.state import Charts

_KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
CHARTS = "charts.js"
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def files() -> dict[str, bytes]:
    """Return the files beside the templates, by name."""
    return {file.name: file.read_bytes() for file in resources.files("web").joinpath("static").iterdir()}


def addresses(charts: Charts | None) -> dict[str, str]:
    """Return the address of each file; it names its content, so that browsers may keep it for ever."""
    own = {name: hashlib.sha256(body).hexdigest()[:12] for name, body in files().items()}
    marks = {**own, CHARTS: charts.script_version if charts else "none"}
    return {name: f"/assets/{mark}/{name}" for name, mark in marks.items()}


async def serve_asset(request: Request) -> Response:
    """Answer with a file of the page."""
    name = request.path_params["name"]
    charts: Charts | None = request.app.state.charts
    if name == CHARTS and charts is not None:
        script = await asyncio.to_thread(charts.script)
        return Response(script, media_type=_KINDS["js"], headers=FOR_EVER)
    if name not in files():
        return Response(status_code=404)
    return Response(files()[name], media_type=_KINDS[name.rpartition(".")[2]], headers=FOR_EVER)
