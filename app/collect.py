"""The collecting processes: the receiver (broker → journal) and, beside it, the drain (journal → store)."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from app import broker_probe, members, parent, status
from app.say import Say
from app.settings import Settings
from app.wiring import Installation
from campus.errors import StoreUnavailable
from ingest import cursor, journal, segment
from ingest.drain import Drained, Sinks, drain
from ingest.journal import JournalCorrupt, Writer
from ingest.source import Broker, Receiver

IDLE_S = 0.03  # how long the drain sleeps when there is nothing new
HOUSEKEEPING_S = 600.0
STATUS_S = 1.0
LONGEST_WAIT_S = 30.0  # as long as a store that names a time is left alone
LONGEST_BACKOFF_S = 8.0  # of our own accord: below the silence after which a process counts as gone
DRAIN_NICE = 5  # of the 19 steps: a third of the receiver's share where both want the same core
ENDED_TOLD_S = 60.0  # how long it is told that a drain had to be started again
CONSUMERS = ("drain", "derive")


def receive(settings: Settings, name: str, stop: threading.Event, say: Say) -> None:
    """Run the receiver until `stop`, with a drain in a process of its own beside it."""
    known = bool(segment.numbers(settings.data.journal / name))
    receiver = Receiver(
        broker_of(settings, name),
        Writer(settings.data.journal / name),
        say,
        stop,
        settings.journal.group.total_seconds(),
        known,
    )
    beside = threading.Thread(target=_keep_drain, args=(settings, name, receiver, stop, say), daemon=True)
    beside.start()
    threading.Thread(target=_ask_limits, args=(settings, receiver, say), daemon=True).start()
    try:
        receiver.run()
    finally:
        stop.set()
        beside.join(timeout=20)
        receiver.journal.close()


def broker_of(settings: Settings, name: str) -> Broker:
    """Return where the broker is, as the member of that name speaks to it."""
    at, client_id = settings.broker, members.client_id(settings, name)
    return Broker(at.host, at.port, client_id, at.username, at.password, at.tls, at.filters)


def _keep_drain(settings: Settings, name: str, receiver: Receiver, stop: threading.Event, say: Say) -> None:
    """Keep a drain process running beside the receiver, and write the receiver's status every second."""
    child, ended, ended_at = _start_drain(name), "", -ENDED_TOLD_S
    # The first status at once: a member that died without one would be missed by nobody.
    while not stop.is_set():
        if child.poll() is not None:
            ended, ended_at = (
                f"入库进程曾退出（{child.returncode}），已重新启动，请看日志"
                f" / the drain ended ({child.returncode}) and was started again; see the log",
                time.monotonic(),
            )
            say("drain_ended", code=child.returncode, text="starting it again")
            child = _start_drain(name)
        facts = asdict(receiver.counts) | {"busy": receiver.rush.lasting(time.time())}
        if time.monotonic() - ended_at < ENDED_TOLD_S:
            facts["trouble"] = facts["trouble"] or ended
        status.write(settings.data.root / "status", f"ingest-{name}", facts)
        stop.wait(STATUS_S)
    child.terminate()
    try:
        child.wait(timeout=15)
    except subprocess.TimeoutExpired:
        child.kill()  # held by a store that does not answer; the cursor has not moved


def _ask_limits(settings: Settings, receiver: Receiver, say: Say) -> None:
    """Ask the broker for its limits whenever we are connected anew, and say those that will lose messages."""
    known = False
    while not receiver.stop.wait(STATUS_S / 4):
        if receiver.counts.connected and not known:
            allowed = receiver.counts.in_flight = broker_probe.in_flight(settings.broker)
            if 0 < allowed < broker_probe.MANY_IN_FLIGHT:
                say("broker_limits", in_flight=allowed, text=broker_probe.LIMITS_REMEDY.en)
        known = receiver.counts.connected


def _start_drain(name: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app", "drain", "--beside", name]
    return subprocess.Popen(command, env={**os.environ, **parent.named()})


@dataclass(slots=True)
class Drain:
    """The drain of every journal that no other process drains; `name` is the member it runs beside."""

    installation: Installation
    say: Say
    name: str = members.MAIN
    _locks: dict[Path, IO[str]] = field(default_factory=dict)
    _damaged: dict[Path, tuple[str, float]] = field(default_factory=dict)
    _trouble: str = ""
    _told: float = -STATUS_S
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
        while (left := until - time.monotonic()) > 0 and not stop.wait(min(left, STATUS_S)):
            self._tell(trouble)

    def _tell(self, trouble: str) -> None:
        """Log what changed, and renew the status file: an old one would tell of a trouble long gone."""
        changed, self._trouble = trouble != self._trouble, trouble
        if changed:
            self.say("held" if trouble else "goes_on", text=trouble or "readings reach the store again")
        if changed or time.monotonic() - self._told > STATUS_S:
            self._told = time.monotonic()
            folder = self.installation.settings.data.root / "status"
            status.write(folder, members.drain_status(self.name), {"trouble": trouble})
