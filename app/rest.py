"""Waiting for the pipe: until the collector has its session, until all that was published is derived and judged."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

from app import status
from app.processes import Children
from app.settings import Layout
from campus.errors import CampusError
from campus.ports import Delivery, Outbox
from ingest import cursor, journal

POLL_S = 0.1


class NotSettled(CampusError):
    """The pipe did not come to rest."""


class Stopped(CampusError):
    """Somebody ended it while something was being waited for."""


def wait_for(ready: Callable[[], bool], stop: Event, children: Children, patience_s: float) -> None:
    """Return when `ready`; raises `Stopped`, `ChildEnded`, or `NotSettled` after `patience_s` [s]."""
    until = time.monotonic() + patience_s
    while not ready():
        children.check()
        if time.monotonic() > until:
            raise NotSettled(f"the pipe is still busy after {patience_s:g} s; see {children.log_folder}")
        if stop.wait(POLL_S):
            raise Stopped("ended before it was done")


def connected(layout: Layout) -> bool:
    """Whether the collector has its session: what is published before that belongs to nobody."""
    return bool(status.read(layout.root / "status").get("ingest-main", {}).get("connected"))


def settled(layout: Layout) -> bool:
    """Whether every journal is drained and derived to its end."""
    journals = [path for path in layout.journal.iterdir() if path.is_dir()] if layout.journal.is_dir() else []
    for folder in journals:
        drained, derived = (cursor.load(layout.cursors / c / f"{folder.name}.json") for c in ("drain", "derive"))
        if drained != derived or next(journal.read(folder, drained), None) is not None:
            return False
    return bool(journals)


def received(layout: Layout) -> int:
    """Return how many messages the collector says it has journaled."""
    return int(status.read(layout.root / "status").get("ingest-main", {}).get("journaled", 0))


def derived(layout: Layout, messages: int) -> Callable[[], bool]:
    """Return a question: are so many messages in the journal, and all of them derived?

    The number matters: a journal whose end has been reached may still have messages coming from the broker.
    """
    return lambda: received(layout) >= messages and settled(layout)


def judged(layout: Layout, messages: int) -> Callable[[], bool]:
    """Return a question: are so many messages in the journal and derived, and all that they changed judged?"""
    rested, rested_at = derived(layout, messages), [0.0]

    def ready() -> bool:
        if not rested():
            rested_at[0] = 0.0
            return False
        rested_at[0] = rested_at[0] or time.time()
        said = status.read(layout.root / "status").get("derive", {})
        # A status written before the last readings were derived does not know of them.
        return bool(said) and said["at"] > rested_at[0] and not said["unjudged"]

    return ready


def posted(outbox: Outbox, school: str) -> Callable[[], bool]:
    """Return a question: does no letter of a school wait any more?"""
    return lambda: all(letter.delivery is not Delivery.WAITING for letter in outbox.letters(school))
