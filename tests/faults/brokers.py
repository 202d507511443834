"""Mosquitto in the configurations it is met in, stopped and killed."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app import broker
from tests.ports import free_port

# As shipped: nothing dropped, in-flight bounded (app/broker.py); $SYS every second instead of every ten.
SHIPPED = (
    f"max_inflight_messages {broker.IN_FLIGHT}",
    "max_queued_messages 0",
    "max_queued_bytes 0",
    "sys_interval 1",
)
# Whoever installs mosquitto and changes nothing: 20 in flight, 1 000 queued, a save every half hour.
STOCK = ("sys_interval 1",)
SAVED_ON_CHANGES = (*SHIPPED, "autosave_on_changes true", "autosave_interval 1")
# What is in the stock configuration file of mosquitto itself: nothing outlives it.
FORGETFUL = (*SHIPPED, "persistence false")
START_S = 60.0


@dataclass
class Mosquitto:
    """A broker on a port of its own that keeps its sessions in `folder`."""

    folder: Path
    lines: tuple[str, ...] = SHIPPED
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, with what it had saved."""
        self.port = self.port or free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        state = ("persistence true",) * ("persistence false" not in self.lines)
        place = (f"persistence_location {self.folder}/", "user root")
        wanted = (f"listener {self.port} 127.0.0.1", "allow_anonymous true", *state, *place, *self.lines)
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(wanted) + "\n")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(broker.installed()), "-c", str(config)], stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + START_S
        while not _answers(self.port):
            assert time.monotonic() < until and self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.02)

    def stop(self) -> None:
        """End it politely: it saves its sessions."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def kill(self) -> None:
        """Kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(folder: Path, lines: tuple[str, ...] = SHIPPED) -> Iterator[Mosquitto]:
    """A broker for as long as a block lasts."""
    one = Mosquitto(folder, lines)
    one.start()
    try:
        yield one
    finally:
        one.stop()
