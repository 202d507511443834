"""Child processes of `campus run`, `campus demo` and `campus replay`: start them, watch them, end them all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from app import parent
from campus.errors import CampusError

_POLITE_S = 40.0  # an ingest process takes 35 at most, and a container is killed after 45


class ChildEnded(CampusError):
    """A process that should go on has ended."""


@dataclass(slots=True)
class Children:
    """`campus` processes with one environment; ended when the block is left.

    Without a log folder they write where we do, for a container or service manager that keeps what is written.
    """

    environment: Mapping[str, str]
    log_folder: Path | None
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Children:
        if self.log_folder is not None:
            self.log_folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, _type: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self.stop()

    def start(self, name: str, *words: str) -> None:
        """Start `campus WORDS`, its output in a log file if there is one; Ctrl-C reaches it through us alone."""
        with ExitStack() as opened:
            log = opened.enter_context(self._log(name).open("ab")) if self.log_folder else None
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "app", *words],
                env={**os.environ, **self.environment, **parent.named()},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _log(self, name: str) -> Path:
        assert self.log_folder is not None
        return self.log_folder / f"{name}.log"

    def check(self) -> None:
        """Raise `ChildEnded` with the last line of its log if a process is no longer there."""
        for name, last_words in self.ended():
            raise ChildEnded(f"{name} ended: {last_words}")

    def ended(self) -> list[tuple[str, str]]:
        """Return the processes that are no longer there, each with the last line of its log, or its exit code."""
        gone = [(name, process.returncode) for name, process in self._running.items() if process.poll() is not None]
        return [(name, self._last_words(name, code)) for name, code in gone]

    def _last_words(self, name: str, code: int) -> str:
        if self.log_folder is None:
            return f"exit code {code}"
        lines = self._log(name).read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"

    def stop(self) -> None:
        """End all, politely first, and all in the time that one may take."""
        for process in reversed(self._running.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        until = time.monotonic() + _POLITE_S
        for process in reversed(self._running.values()):
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()
