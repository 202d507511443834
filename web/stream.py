"""Server-sent events: a viewer is sent what changed since it was last sent something, and a pulse."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from campus.errors import StoreUnavailable
from web.hub import Hub, Sight

# How often a viewer's stream looks for news. There is no queue: a slow viewer skips the states in between.
LOOK_S = 0.5
# How often a pulse is sent when nothing changes; the page calls the stream lost after several of them.
PULSE_EVERY = 4


async def events(hub: Hub, lang: str, since: str, stopping: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Yield events until the server stops: `change` with what differs from version `since`, `pulse`, `trouble`."""
    sent: Sight | None = None
    looks = 0
    yield b"retry: 1000\n\n"
    while not stopping():
        try:
            sight = await hub.sight(lang)
        except StoreUnavailable as error:
            yield event("trouble", {"text": str(error)})
            await asyncio.sleep(LOOK_S * PULSE_EVERY)
            continue
        change = _change(sent, sight, since)
        if change:
            yield event("change", {**_moment(sight), **change}, sight.version)
        elif looks % PULSE_EVERY == 0:
            yield event("trouble" if sight.trouble else "pulse", _moment(sight))
        sent, looks = sight, looks + 1
        await asyncio.sleep(LOOK_S)


def _change(sent: Sight | None, sight: Sight, since: str) -> dict[str, Any]:
    """Return the sections and panel versions that differ from what was sent; empty when none does."""
    if sent is None:
        return {} if sight.version == since else {"sections": sight.sections, "panels": sight.panels}
    sections = {name: html for name, html in sight.sections.items() if sent.sections.get(name) != html}
    panels = {name: version for name, version in sight.panels.items() if sent.panels.get(name) != version}
    return {"sections": sections, "panels": panels} if sections or panels else {}


def _moment(sight: Sight) -> dict[str, Any]:
    taken = sight.snapshot.taken
    local = taken.astimezone(sight.snapshot.registry.school.timezone)
    return {"at": taken.timestamp() * 1000, "clock": f"{local:%H:%M}", "text": sight.trouble}


def event(name: str, data: dict[str, Any], identity: str = "") -> bytes:
    """Return one server-sent event; JSON keeps its data on one line."""
    lines = [f"event: {name}", *([f"id: {identity}"] if identity else []), f"data: {json.dumps(data)}"]
    return ("\n".join(lines) + "\n\n").encode()
