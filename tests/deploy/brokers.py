"""The shipped broker as a process: its own configuration, accounts, rights and certificate, at other ports."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import broker
from tests.deploy.composed import ROOT
from tests.e2e import needs
from tests.ports import free_port

SHIPPED = ROOT / "deploy" / "mosquitto"
GATEWAY, COLLECTOR = "gateway-secret", "collector:secret $1"
PLACES = ("/mosquitto/tls", "/mosquitto/accounts", "/mosquitto/data", "/mosquitto/config")


def tool(name: str) -> str | None:
    """Return where a program is; Debian puts some where a user's path does not look."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


openssl = pytest.mark.skipif(tool("openssl") is None, reason="openssl is not installed")
marks = [needs.mosquitto, openssl]


@dataclass
class Shipped:
    """A folder with the shipped broker set up in it, and the ports it listens at."""

    folder: Path
    plain: int
    tls: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def ca(self) -> Path:
        """The certificate by which gateways know the broker."""
        return self.folder / "tls" / "ca.crt"

    def start(self) -> None:
        """Start it and wait until both its ports answer."""
        command = [str(broker.installed()), "-c", str(self.folder / "config" / "mosquitto.conf")]
        with (self.folder / "broker.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 60
        while not all(_answers(port) for port in (self.plain, self.tls)):
            assert self.process.poll() is None and time.monotonic() < until, self.log()
            time.sleep(0.05)

    def log(self) -> str:
        return (self.folder / "broker.log").read_text(encoding="utf-8")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None


def set_up(folder: Path, host: str = "127.0.0.1") -> Shipped:
    """Do what the two services do that run before the broker, and place its configuration."""
    for name in ("tls", "accounts", "data", "config"):
        (folder / name).mkdir(parents=True)
    one_shot(folder, "certificate.sh", BROKER_NAME=host)
    one_shot(folder, "accounts.sh", BROKER_PASSWORD=COLLECTOR, GATEWAY_PASSWORD=GATEWAY)
    shutil.copy(SHIPPED / "acl", folder / "config" / "acl")
    shipped = Shipped(folder, free_port(), free_port())
    conf = (SHIPPED / "mosquitto.conf").read_text(encoding="utf-8")
    for place in PLACES:
        assert place in conf or place == "/mosquitto/config"
        conf = conf.replace(place, str(folder / Path(place).name))
    conf = conf.replace("listener 1883", f"listener {shipped.plain} 127.0.0.1")
    conf = conf.replace("listener 8883", f"listener {shipped.tls} 127.0.0.1")
    # As root it would take the rights of an account that may not enter the test's folder.
    (folder / "config" / "mosquitto.conf").write_text(conf + "user root\n", encoding="utf-8")
    return shipped


def one_shot(folder: Path, script: str, **environ: str) -> None:
    """Run a script of deploy/mosquitto on the folder."""
    places = {"TLS_FOLDER": str(folder / "tls"), "ACCOUNTS_FILE": str(folder / "accounts" / "passwords")}
    path = f"{os.environ['PATH']}:/usr/sbin"
    environment = {**os.environ, **places, **environ, "PATH": path, "BROKER_UID": str(os.getuid())}
    done = subprocess.run(["sh", str(SHIPPED / script)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
