"""The drain (journal → store), beside a receiver or alone."""

from __future__ import annotations

import fcntl
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from app import members, status
from app.say import Say
from app.wiring import Installation
from campus.errors import StoreUnavailable
from ingest import cursor, journal
from ingest.drain import Drained, Sinks, drain
from ingest.journal import JournalCorrupt

IDLE_S = 0.03  # how long the drain sleeps when there is nothing new
HOUSEKEEPING_S = 600.0
LONGEST_WAIT_S = 30.0  # as long as a store that names a time is left alone
LONGEST_BACKOFF_S = 8.0  # of our own accord: below the silence after which a process counts as gone
DRAIN_NICE = 5  # of the 19 steps: a third of the receiver's share where both want the same core
CONSUMERS = ("drain", "derive")


@dataclass(slots=True)
class Drain:
    """The drain of every journal that no other process drains; `name` is the member it runs beside."""

    installation: Installation
    say: Say
    name: str = members.MAIN
    _locks: dict[Path, IO[str]] = field(default_factory=dict)
    _damaged: dict[Path, tuple[str, float]] = field(default_factory=dict)
    _trouble: str = ""
    _told: float = -status.EVERY_S
    _sinks: Sinks | None = None

    @property
    def damage(self) -> str:
        """What is wrong with the journals that could not be read."""
        return "; ".join(text for text, _ in self._damaged.values())

    def run(self, stop: threading.Event) -> None:
        """Drain until stopped; a store or a disk that takes nothing is waited for, with the journal held."""
        wait, cleaned = 1.0, 0.0
        while not stop.is_set():
            try:
                self.installation.reload()
                busy = self.once()
                if time.monotonic() - cleaned > HOUSEKEEPING_S:
                    cleaned = time.monotonic()
                    self._clean()
            except (StoreUnavailable, OSError) as error:
                self._pause(stop, min(getattr(error, "retry_after_s", None) or wait, LONGEST_WAIT_S), str(error))
                wait = min(wait * 2, LONGEST_BACKOFF_S)
                continue
            wait = 1.0
            self._tell(self.damage)
            if not busy:
                stop.wait(IDLE_S)

    def once(self) -> bool:
        """Drain one batch of each journal; return whether there was any."""
        if self._sinks is None:
            self._sinks = Sinks(self.installation.stores, self.installation.quarantine())
        busy = False
        for folder in self.installation.journals():
            if self._readable(folder) and self._owned(folder):
                busy |= self._batch(folder, self._sinks) is not None
        return busy

    def _readable(self, folder: Path) -> bool:
        """Whether a journal is whole as far as we know: a damaged one is looked at again after a while."""
        _, again_at = self._damaged.get(folder, ("", 0.0))
        return time.monotonic() >= again_at

    def _batch(self, folder: Path, sinks: Sinks) -> Drained | None:
        try:
            drained = drain(folder, self.installation.cursor("drain", folder), self.installation.routes, sinks)
        except JournalCorrupt as error:
            self._damaged[folder] = str(error), time.monotonic() + LONGEST_WAIT_S
            return None
        self._damaged.pop(folder, None)
        return drained

    def _owned(self, folder: Path) -> bool:
        if folder not in self._locks:
            handle = (folder / "drain.lock").open("w")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.close()
                return False
            self._locks[folder] = handle
        return True

    def _clean(self) -> None:
        keep_days = self.installation.settings.journal.keep.days
        for folder in self._locks:
            below = min(cursor.load(self.installation.cursor(consumer, folder)) for consumer in CONSUMERS)
            journal.compress(folder, below, keep_days, time.time())

    def _pause(self, stop: threading.Event, seconds: float, trouble: str) -> None:
        """Wait, speaking all the while: a store may ask for a longer silence than that of a process that is gone."""
        until = time.monotonic() + seconds
        self._tell(trouble)
        while (left := until - time.monotonic()) > 0 and not stop.wait(min(left, status.EVERY_S)):
            self._tell(trouble)

    def _tell(self, trouble: str) -> None:
        """Log what changed, and renew the status file: an old one would tell of a trouble long gone."""
        changed, self._trouble = trouble != self._trouble, trouble
        if changed:
            self.say("held" if trouble else "goes_on", text=trouble or "readings reach the store again")
        if changed or time.monotonic() - self._told > status.EVERY_S:
            self._told = time.monotonic()
            folder = self.installation.settings.data.root / "status"
            status.write(folder, members.drain_status(self.name), {"trouble": trouble})
