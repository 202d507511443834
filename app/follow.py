"""The deriving process: behind the drain it computes hours, figures and findings anew where readings came."""

from __future__ import annotations

import contextlib
import fcntl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from app import reopen, status
from app.derive import Key, World, step
from app.lock import InUse
from app.say import Say
from app.silence import Watch
from app.windows import Window, merged
from app.wiring import Installation
from campus.errors import CampusError, StoreUnavailable
from campus.readings import Reject
from ingest.checks import Routed
from ingest.journal import JournalCorrupt
from ingest.payload import Message

IDLE_S = 0.2
# How long changed series are gathered before the rules judge them again: a judgement reads weeks of hours.
JUDGE_EVERY_S = 5.0
DAMAGED_AGAIN_S = 30.0

Changed = dict[Key, list[Window]]
Judge = Callable[[Installation, Changed], None]


class AlreadyDeriving(CampusError):
    """Another process derives this data folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"another process already derives {folder}: one is enough")


@dataclass(slots=True)
class Follow:
    """Derives every journal behind its drain, and hands what changed to `judge`; `watch` hears who speaks."""

    installation: Installation
    judge: Judge
    say: Say
    judge_every_s: float = JUDGE_EVERY_S
    watch: Watch | None = None
    _changed: Changed = field(default_factory=dict)
    _judged: float = 0.0
    _turns: list[str] = field(default_factory=list)
    _trouble: str = ""
    _damaged: dict[Path, tuple[str, float]] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        """Follow until stopped; a store that is away, or a disk that takes nothing, is waited for."""
        lock = self._lock()
        self._reopen()
        # A process killed between deriving and judging left changes unjudged: all are judged once at the start.
        self._changed = {key: [] for key in self._registers()}
        while not stop.is_set():
            try:
                if self.installation.reload():
                    self._reopen()
                    # A plan moves no reading, and yet what is expected: whoever judges knows what that changes.
                    self._changed = {key: [] for key in self._registers()} | self._changed
                busy = self.once()
                self._judge_when_due(busy)
                if self.watch is not None:
                    self.watch.tick(self.installation)
                self._status("; ".join(text for text, _ in self._damaged.values()))
            except (StoreUnavailable, OSError) as error:
                self._status(str(error))
                stop.wait(2.0)
                continue
            if not busy:
                stop.wait(IDLE_S)
        if self.watch is not None:
            with contextlib.suppress(OSError):
                self.watch.keep(self.installation)
        lock.close()

    def once(self) -> bool:
        """Derive one batch of each journal; return whether there was any."""
        world = World(self.installation.registries, self.installation.stores)
        busy = False
        for folder in self.installation.journals():
            changed = self._step(folder, world)
            for key, windows in (changed or {}).items():
                self._changed[key] = merged([*self._changed.get(key, []), *windows])
            busy |= changed is not None
        return busy

    def _step(self, folder: Path, world: World) -> Changed | None:
        """Derive one batch of a journal; a damaged one is looked at again after a while."""
        if time.monotonic() < self._damaged.get(folder, ("", 0.0))[1]:
            return None
        cursors = self.installation.cursor("drain", folder), self.installation.cursor("derive", folder)
        try:
            changed = step(folder, cursors, self.installation.routes, world, hear=self._hear)
        except JournalCorrupt as error:
            self._damaged[folder] = str(error), time.monotonic() + DAMAGED_AGAIN_S
            return None
        self._damaged.pop(folder, None)
        return changed

    def _hear(self, message: Message, results: Sequence[Routed | Reject]) -> None:
        if self.watch is not None:
            self.watch.hear(self.installation, message, results)

    def _registers(self) -> list[Key]:
        return [
            (school, meter.key, register.quantity.key)
            for school, registry in self.installation.registries.items()
            for meter in registry.meters.values()
            for register in meter.registers
        ]

    def _judge_when_due(self, busy: bool) -> None:
        """Judge one school that changed, and soon the next: no reading waits until all of them are judged."""
        if not self._changed or busy or time.monotonic() - self._judged < self.judge_every_s:
            return
        self._turns = self._turns or sorted({key[0] for key in self._changed})
        school = self._turns.pop(0)
        mine = {key: windows for key, windows in self._changed.items() if key[0] == school}
        with contextlib.suppress(InUse):
            self.judge(self.installation, mine)
            self._changed = {key: windows for key, windows in self._changed.items() if key not in mine}
        if not self._turns:
            self._judged = time.monotonic()

    def _reopen(self) -> None:
        data = self.installation.settings.data
        state = data.cursors / "derive" / "registry" / "state.json"
        changed = reopen.reopen(data.journal, state, self.installation.registries)
        for school, meters in changed.items():
            self.say("registry_changed", school=school, meters=len(meters))

    def _status(self, trouble: str) -> None:
        if trouble != self._trouble and trouble:
            self.say("held", text=trouble)
        self._trouble = trouble
        waiting = len(self._changed)
        folder = self.installation.settings.data.root / "status"
        status.write(folder, "derive", {"trouble": trouble, "unjudged": waiting})

    def _lock(self) -> IO[str]:
        path = self.installation.settings.data.cursors / "derive.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            raise AlreadyDeriving(path.parent) from None
        return handle
