"""A process that another `campus` started ends with it, even where that was killed without a word."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import MutableMapping

# The id of the process that starts another, in that one's environment. It is named, since a parent that was killed
# before the child looks would leave it to a new one, which the child would take for its own.
PARENT = "CAMPUS_PARENT"
_LOOK_S = 0.5


def end_with_parent(environ: MutableMapping[str, str]) -> None:
    """Where a parent is named, ask ourselves to end as soon as it is no longer there; our own children name us."""
    parent = environ.pop(PARENT, "")
    if parent:
        threading.Thread(target=_watch, args=(int(parent),), name="parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)


def named() -> dict[str, str]:
    """Return what a process we start is told of us."""
    return {PARENT: str(os.getpid())}
