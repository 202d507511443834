"""The annual report by year: made beside the page, then offered as PDF and XLSX."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from campus.errors import CampusError
from web.answers import hub_of, school_page, trouble
from web.press import KEPT, Press

_KINDS = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A report made within this time is shown at once, without a page that says it is being made.
AT_ONCE_S = 0.3


async def years(request: Request) -> Response:
    """Lead to the latest year there are data of, or say that there is none."""
    hub = hub_of(request)
    try:
        known = await asyncio.to_thread(hub.view.years)
    except CampusError as error:
        return trouble(request, error)
    if known:
        asked = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/schools/{hub.key}/report/{max(known)}{asked}")
    return school_page(request, "report.html", {"years": (), "year": None})


async def report(request: Request) -> Response:
    """Show what a year's report lacks and where to download it, or that it is being made."""
    try:
        known = await _known(request)
    except CampusError as error:
        return trouble(request, error)
    year = request.path_params["year"]
    making = _press(request).ask(year)
    await asyncio.wait([making], timeout=AT_ONCE_S)
    context = {
        "years": known,
        "year": year,
        "made": making.result() if making.done() else None,
        "kept_min": int(KEPT.total_seconds() // 60),
    }
    return school_page(request, "report.html", context)


async def download(request: Request) -> Response:
    """Answer with a year's report as a file; waits for one that is being made."""
    form = request.path_params["form"]
    if form not in _KINDS:
        raise HTTPException(404)
    try:
        await _known(request)
    except CampusError as error:
        return PlainTextResponse(str(error), 503)
    # Others may wait for the same making: one who goes away does not end it.
    made = await asyncio.shield(_press(request).ask(request.path_params["year"]))
    if made.report is None:
        return PlainTextResponse(made.trouble, 503 if made.trouble else 404)
    content = made.report.pdf if form == "pdf" else made.report.xlsx
    name = quote(f"{made.report.name}.{form}")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-store"}
    return Response(content, media_type=_KINDS[form], headers=headers)


async def _known(request: Request) -> list[int]:
    """Return the years there are data of, newest first; 404 where the one asked for is not among them."""
    known = sorted(await asyncio.to_thread(hub_of(request).view.years), reverse=True)
    if request.path_params["year"] not in known:
        raise HTTPException(404)
    return known


def _press(request: Request) -> Press:
    press: Press = request.app.state.presses[hub_of(request).key]
    return press
