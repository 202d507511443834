"""The collecting processes: the receiver (broker → journal) and, beside it, the drain (journal → store)."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from app import status
from app.say import Say
from app.settings import Settings
from app.wiring import Installation
from campus.errors import StoreUnavailable
from ingest import cursor, journal
from ingest.drain import Drained, Sinks, drain
from ingest.journal import JournalCorrupt, Writer
from ingest.source import Broker, Receiver

IDLE_S = 0.03  # how long the drain sleeps when there is nothing new
HOUSEKEEPING_S = 600.0
LONGEST_WAIT_S = 30.0
CONSUMERS = ("drain", "derive")


def receive(settings: Settings, name: str, stop: threading.Event, say: Say) -> None:
    """Run the receiver until `stop`, with a drain in a process of its own beside it."""
    broker = settings.broker
    receiver = Receiver(
        Broker(
            broker.host,
            broker.port,
            _client_id(settings, name),
            broker.username,
            broker.password,
            broker.tls,
            broker.filters,
        ),
        Writer(settings.data.journal / name),
        say,
        stop,
        settings.journal.group.total_seconds(),
    )
    beside = threading.Thread(target=_keep_drain, args=(settings, name, receiver, stop, say), daemon=True)
    beside.start()
    try:
        receiver.run()
    finally:
        stop.set()
        beside.join(timeout=20)
        receiver.journal.close()


def _client_id(settings: Settings, name: str) -> str:
    return settings.broker.client_id if name == "main" else f"{settings.broker.client_id}-{name}"


def _keep_drain(settings: Settings, name: str, receiver: Receiver, stop: threading.Event, say: Say) -> None:
    """Keep a drain process running beside the receiver, and write the receiver's status every second."""
    child = _start_drain()
    while not stop.wait(1.0):
        status.write(settings.data.root / "status", f"ingest-{name}", asdict(receiver.counts))
        if child.poll() is not None:
            say("drain_ended", code=child.returncode, text="starting it again")
            child = _start_drain()
    child.terminate()
    child.wait(timeout=15)


def _start_drain() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "app", "drain", "--with-parent"])


@dataclass(slots=True)
class Drain:
    """The drain of every journal that no other process drains."""

    installation: Installation
    say: Say
    _locks: dict[Path, IO[str]] = field(default_factory=dict)
    _damaged: dict[Path, str] = field(default_factory=dict)
    _trouble: str = ""

    def run(self, stop: threading.Event) -> None:
        """Drain until stopped; a store that is away is waited for, with the journal held."""
        sinks = Sinks(self.installation.stores, self.installation.quarantine())
        wait, cleaned = 1.0, 0.0
        while not stop.is_set():
            self.installation.reload()
            try:
                busy = self.once(sinks)
                wait = 1.0
                self._well()
            except StoreUnavailable as error:
                self._complain(str(error))
                stop.wait(min(getattr(error, "retry_after_s", None) or wait, LONGEST_WAIT_S))
                wait = min(wait * 2, LONGEST_WAIT_S)
                continue
            if time.monotonic() - cleaned > HOUSEKEEPING_S:
                cleaned = time.monotonic()
                self._clean()
            if not busy:
                stop.wait(IDLE_S)

    def once(self, sinks: Sinks) -> bool:
        """Drain one batch of each journal; return whether there was any."""
        busy = False
        for folder in self.installation.journals():
            if folder not in self._damaged and self._owned(folder):
                busy |= self._batch(folder, sinks) is not None
        return busy

    def _batch(self, folder: Path, sinks: Sinks) -> Drained | None:
        try:
            return drain(folder, self.installation.cursor("drain", folder), self.installation.routes, sinks)
        except JournalCorrupt as error:
            self._damaged[folder] = str(error)
            self._complain(str(error))
            return None

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

    def _complain(self, text: str) -> None:
        if text != self._trouble:
            self.say("held", text=text)
            status.write(self.installation.settings.data.root / "status", "drain", {"trouble": text})
        self._trouble = text

    def _well(self) -> None:
        if self._trouble and not self._damaged:
            self.say("goes_on", text="the store takes readings again")
            status.write(self.installation.settings.data.root / "status", "drain", {"trouble": ""})
            self._trouble = ""
