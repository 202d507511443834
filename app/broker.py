"""A broker of our own for trying out, replaying and testing: mosquitto where it is installed, else amqtt."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from campus.errors import CampusError

# Bounded, so that a full disk does not fill memory; wide, so that acknowledging after fsync does not starve.
IN_FLIGHT = 2000
_START_S = 15.0

AMQTT_NOTICE = (
    "mosquitto is not installed: amqtt stands in. It is for trying out only: it loses what it should keep for a "
    "collector that is away. `apt-get install mosquitto` for anything else"
)


class BrokerDidNotStart(CampusError):
    """The broker process ended or did not answer."""


@dataclass(frozen=True, slots=True)
class LocalBroker:
    """A broker process on loopback and the port it listens on; `notice` is what a user should know of it."""

    process: subprocess.Popen[bytes]
    port: int
    notice: str = ""

    def stop(self) -> None:
        """End the broker."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def installed() -> str | None:
    """Return where mosquitto is installed; Debian puts it where a user's path does not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def start(folder: Path, port: int | None = None) -> LocalBroker:
    """Start a broker that keeps its state in `folder` and listens on loopback alone."""
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    mosquitto = installed()
    if mosquitto:
        config = folder / "mosquitto.conf"
        config.write_text(mosquitto_config(folder, port))
        command = [mosquitto, "-c", str(config)]
    else:
        config = folder / "amqtt.yaml"
        config.write_text(_amqtt_config(port))
        command = [sys.executable, "-m", "amqtt.scripts.broker_script", "-c", str(config)]
    with (folder / "broker.log").open("ab") as log:
        # A session of its own: Ctrl-C is for us, and the broker ends last.
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    _await(process, port, folder / "broker.log")
    return LocalBroker(process, port, "" if mosquitto else AMQTT_NOTICE)


def mosquitto_config(folder: Path, port: int) -> str:
    """Return a mosquitto configuration that loses nothing while it lives: queue unbounded, in-flight bounded."""
    return (
        f"listener {port} 127.0.0.1\nallow_anonymous true\n"
        f"persistence true\npersistence_location {folder}/\n"
        # mosquitto refuses to drop root's rights for a user that may not exist
        "user root\n"
        f"max_inflight_messages {IN_FLIGHT}\nmax_queued_messages 0\nmax_queued_bytes 0\n"
    )


def _amqtt_config(port: int) -> str:
    return (
        "listeners:\n  default:\n    type: tcp\n"
        f"    bind: 127.0.0.1:{port}\n"
        "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n"
    )


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            tail = log.read_text(errors="replace").splitlines()[-1:]
            raise BrokerDidNotStart(f"the broker ended at once: {' '.join(tail) or 'it said nothing'} (see {log})")
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    process.kill()
    raise BrokerDidNotStart(f"the broker does not answer on port {port} (see {log})")
