"""One process at a time: a file somebody holds, which the system lets go when the process ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campus.errors import CampusError


class InUse(CampusError):
    """Another process holds what is asked for."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"another process holds {path}")


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a file. Raises `InUse` where another process does."""
    with _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
        yield


@contextmanager
def waited_for(path: Path) -> Iterator[None]:
    """Hold a file once nobody else does."""
    with _locked(path, fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, how)
        except OSError:
            raise InUse(path) from None
        yield
