"""The log of the shells: one line an event, JSON for machines or plain for a terminal."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Say = Callable[..., None]


def speaker(process: str, as_json: bool = False) -> Say:
    """Return a function `say(event, **facts)` that writes one line to standard error."""

    def say(event: str, **facts: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        if as_json:
            line = json.dumps({"at": now, "process": process, "event": event, **facts}, ensure_ascii=False)
        else:
            line = f"{now[11:19]} {process}: {event} " + " ".join(f"{key}={value}" for key, value in facts.items())
        # A log that cannot be written, on a full disk, must not end what it tells of.
        with contextlib.suppress(OSError):
            print(line.rstrip(), file=sys.stderr, flush=True)

    return say
