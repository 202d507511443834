"""The pages of work: the ledger, one finding, the mails. They are read when asked for and change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from campus.calendar import local_date
from campus.errors import CampusError
from campus.ports import Episode, Letter, NotPossible
from web.answers import hub_of, school_page, trouble
from web.findings import evidence, item
from web.history import timeline
from web.ledger import CLOSED_FOR, desk
from web.mails import BODY_POLICY, body, of_episode, posts
from web.state import Rendered, View
from web.steps import steps

Page = Callable[[Request], Awaitable[Response]]


def _readable(page: Page) -> Page:
    """Answer with a sentence where the ledger or the store cannot be read."""

    @wraps(page)
    async def answer(request: Request) -> Response:
        try:
            return await page(request)
        except CampusError as error:
            return trouble(request, error)

    return answer


@_readable
async def ledger(request: Request) -> Response:
    """Show what people work on."""
    shown = await asyncio.to_thread(desk, hub_of(request).view)
    return school_page(request, "ledger.html", {"desk": shown, "closed_days": CLOSED_FOR.days})


@_readable
async def finding(request: Request) -> Response:
    """Show one finding: its numbers and evidence, what was done, what can be done next."""
    view, several = hub_of(request).view, len(request.app.state.hubs) > 1
    episode = await asyncio.to_thread(episode_of, view, request.path_params["id"])
    school = view.registry().school
    letters = await asyncio.to_thread(view.letters)
    context = {
        "item": await asyncio.to_thread(item, view, episode),
        "drawn": await asyncio.to_thread(evidence, view, episode.finding),
        "lines": await asyncio.to_thread(timeline, view, episode),
        "posts": posts(view, of_episode(letters, episode.id)),
        "steps": steps(episode, local_date(view.clock(), school.timezone), school.key if several else ""),
    }
    return school_page(request, "finding.html", context)


def episode_of(view: View, number: int) -> Episode:
    """Return an episode of the school, open, ended or withdrawn; 404 for one there is not."""
    school = view.registry().school.key
    for episode in view.ledger.episodes(school):
        if episode.id == number:
            return episode
    # A withdrawn one is in no list, but a mail may have told of it, and its history says what became of it.
    try:
        entries = view.ledger.history(school, number)
    except NotPossible:
        entries = []
    if not entries:
        raise HTTPException(404)
    first, last = entries[0], entries[-1]
    return Episode(number, school, last.state, last.finding, first.at, last.at, len(entries))


@_readable
async def mails(request: Request) -> Response:
    """List the school's mails."""
    view = hub_of(request).view
    letters = await asyncio.to_thread(view.letters)
    return school_page(
        request, "mails.html", {"posts": posts(view, letters), "told": bool(view.registry().school.contacts)}
    )


@_readable
async def mail(request: Request) -> Response:
    """Show one mail as its reader gets it."""
    view, letter = await _letter(request)
    made, error = await _made(view, letter)
    (post,) = posts(view, [letter])
    return school_page(request, "mail.html", {"post": post, "made": made, "error": error})


@_readable
async def mail_body(request: Request) -> Response:
    """Answer with the HTML of a mail, a document of its own to be shown in a frame."""
    view, letter = await _letter(request)
    made, _ = await _made(view, letter)
    if made is None:
        raise HTTPException(404)
    headers = {"Content-Security-Policy": BODY_POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(body(made), headers=headers)


async def _letter(request: Request) -> tuple[View, Letter]:
    view = hub_of(request).view
    for letter in await asyncio.to_thread(view.letters):
        if letter.id == request.path_params["id"]:
            return view, letter
    raise HTTPException(404)


async def _made(view: View, letter: Letter) -> tuple[Rendered | None, str]:
    """Return a mail, or why it cannot be composed."""
    try:
        return await asyncio.to_thread(view.mail, letter), ""
    except CampusError as error:
        return None, str(error)
