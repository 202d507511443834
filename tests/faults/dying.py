"""Kills a consumer of the journal between any two of its writes: `python dying.py drain|derive GROWTH`.

A forked process works until its n-th step, before or after a write, and kills itself with -9; the next one goes on
from what that left, n larger by one, or by the factor GROWTH. Prints how many were killed until one came through.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app import derive
from app.settings import load_settings
from app.wiring import Installation, install
from ingest import cursor
from ingest import drain as draining
from ingest.drain import Sinks

# So that there are several batches to be killed in.
MESSAGES_A_BATCH = 60
WRITES = frozenset({"write", "replace", "add"})


@dataclass
class Fuse:
    """Ends the process at the n-th step."""

    left: int

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Watched:
    """A store or quarantine whose writes are steps, one before and one after each."""

    inner: Any
    fuse: Fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        return stepping(found, self.fuse) if name in WRITES else found


@dataclass
class WatchedStores(Mapping[str, Any]):
    """The stores of an installation, watched."""

    inner: Mapping[str, Any]
    fuse: Fuse

    def __getitem__(self, school: str) -> Watched:
        return Watched(self.inner[school], self.fuse)

    def __iter__(self) -> Any:
        return iter(self.inner)

    def __len__(self) -> int:
        return len(self.inner)


def stepping(write: Callable[..., Any], fuse: Fuse) -> Callable[..., Any]:
    """Return a write with a step before and one after it."""

    def stepped(*arguments: Any) -> Any:
        fuse.step()
        result = write(*arguments)
        fuse.step()
        return result

    return stepped


def work(what: str, fuse: Fuse) -> None:
    """Drain or derive every journal to its end."""
    installation = install(load_settings(os.environ))
    cursor.save = stepping(cursor.save, fuse)
    draining.BATCH = derive.BATCH = MESSAGES_A_BATCH
    stores = WatchedStores(installation.stores, fuse)
    for folder in installation.journals():
        drained, derived = (installation.cursor(consumer, folder) for consumer in ("drain", "derive"))
        if what == "drain":
            sinks: Any = Sinks(stores, Watched(installation.quarantine(), fuse))  # type: ignore[arg-type]
            while draining.drain(folder, drained, installation.routes, sinks) is not None:
                pass
        else:
            _derive(installation, folder, (drained, derived), stores)


def _derive(installation: Installation, folder: Path, cursors: tuple[Path, Path], stores: Any) -> None:
    world = derive.World(installation.registries, stores)
    while derive.step(folder, cursors, installation.routes, world) is not None:
        pass


def killed_until_done(what: str, growth: float) -> int:
    """Return how many processes were killed until one came to the end."""
    kills, step = 0, 1.0
    while True:
        child = os.fork()
        if child == 0:
            work(what, Fuse(int(step)))
            os._exit(0)
        _, state = os.waitpid(child, 0)
        if os.WIFEXITED(state):
            assert os.WEXITSTATUS(state) == 0, "it failed otherwise than by being killed"
            return kills
        kills += 1
        step = max(step + 1, step * growth)


if __name__ == "__main__":
    print(killed_until_done(sys.argv[1], float(sys.argv[2])))
