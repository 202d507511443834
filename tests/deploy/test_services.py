"""Each of our services as docker-compose.yml describes it, as a process on this machine: its command, its environment
and its health check, against the shipped broker with its accounts and TLS. No container engine is needed, and none of
this says that the image builds.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.contract.influx_standin import ADMIN, StandIn, standin
from tests.contract.postgres import fresh_database
from tests.deploy import brokers, composed
from tests.deploy.brokers import COLLECTOR, GATEWAY, Shipped
from tests.deploy.composed import ROOT
from tests.ports import free_port
from tests.sizes import within

OURS = ("ingest", "analytics", "web")
PATIENCE_S = 120.0
SCHOOL = """[school]
key = "ours"
name = "我们学校"
type = "primary"
timezone = "Asia/Shanghai"
region = "CN-SD"
calendar = "CN"

[[meter]]
key = "main"
name = "总电表"
topic = "campus/ours/main"
format = "native"
quantity = "electricity"
unit = "kWh"
interval = "15min"
"""

pytestmark = brokers.marks


@dataclass
class Machine:
    """The services' places on this machine, and those that run."""

    folder: Path
    page: str
    ledger: str
    environ: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def service(self, name: str) -> dict[str, Any]:
        return composed.services(self.environ)[name]

    def environment(self, name: str) -> dict[str, str]:
        """Return what the file gives the service, its two folders moved, and nothing of ours."""
        given = {key: str(value) for key, value in self.service(name)["environment"].items()}
        assert (given["CAMPUS_CONFIG"], given["CAMPUS_DATA"]) == ("/config", "/data")
        places = {"CAMPUS_CONFIG": str(self.folder / "config"), "CAMPUS_DATA": str(self.folder / "data")}
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CAMPUS_")}
        return {**kept, **given, **places}

    def start(self, name: str) -> None:
        with self.log_file(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                here(self.service(name)["command"]),
                cwd=self.folder,
                env=self.environment(name),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def health(self, name: str, *more: str) -> tuple[bool, str]:
        """Run the service's health check as the file writes it; `more` makes it less patient."""
        kind, *words = self.service(name)["healthcheck"]["test"]
        assert kind == "CMD"
        timeout_s = composed.seconds(self.service(name)["healthcheck"]["timeout"])
        done = subprocess.run(
            [*here(words), *more],
            env=self.environment(name),
            capture_output=True,
            text=True,
            timeout=within(timeout_s),
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0, done.stdout + done.stderr

    def stop(self, name: str) -> int:
        """End a service as Compose does; it must not need to be killed."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(composed.seconds(self.service(name)["stop_grace_period"]))

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log_file(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def log(self, name: str) -> str:
        return self.log_file(name).read_text(encoding="utf-8")


def here(words: list[str]) -> list[str]:
    """Return a command of the file as it is called here: `campus` is that of the tests' environment."""
    assert words[0] == "campus"
    return [str(Path(sys.executable).with_name("campus")), *words[1:]]


@pytest.fixture
def influxdb() -> Iterator[StandIn]:
    with standin("campus", time.time) as server:
        yield server


@pytest.fixture
def shipped(tmp_path: Path) -> Shipped:
    return brokers.set_up(tmp_path / "broker")


@pytest.fixture
def machine(tmp_path: Path, shipped: Shipped, influxdb: StandIn, postgres_url: str) -> Iterator[Machine]:
    (tmp_path / "config" / "schools").mkdir(parents=True)
    (tmp_path / "config" / "schools" / "ours.toml").write_text(SCHOOL, encoding="utf-8")
    port = free_port()
    ledger = fresh_database(postgres_url)
    text = moved(
        (ROOT / "deploy" / "settings.toml").read_text(encoding="utf-8"),
        {
            'host = "mosquitto"\nport = 1883': f'host = "127.0.0.1"\nport = {shipped.plain}',
            'url = "http://influxdb:8086"': f'url = "{influxdb.url}"',
            "postgresql+psycopg://campus@postgres:5432/campus": ledger,
            "port = 8000": f"port = {port}",
        },
    )
    (tmp_path / "config" / "settings.toml").write_text(text, encoding="utf-8")
    secrets = {"BROKER_PASSWORD": COLLECTOR, "INFLUXDB_TOKEN": ADMIN, "GATEWAY_PASSWORD": GATEWAY}
    others = {variable.name: f"given-{variable.name}" for variable in composed.variables()}
    machine = Machine(tmp_path, f"http://127.0.0.1:{port}", ledger, {**others, **secrets, "MAIL_PASSWORD": ""})
    with ExitStack() as stack:
        stack.callback(shipped.stop)
        stack.callback(lambda: [machine.kill(name) for name in list(machine.running)])
        yield machine


def moved(text: str, places: dict[str, str]) -> str:
    """Return the containers' settings with names of their network replaced by places on this machine."""
    for there, instead in places.items():
        assert there in text, there
        text = text.replace(there, instead, 1)
    return text


def until(true: Callable[[], object], why: Callable[[], str], pause_s: float = 0.2) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, why()
        time.sleep(pause_s)


def healthy(machine: Machine, name: str, word: str) -> None:
    """Wait until a service's own health check succeeds and says the word."""
    until(lambda: list((machine.folder / "data" / "status").glob("*.json")), lambda: machine.log(name))
    until(
        lambda: (said := machine.health(name))[0] and word in said[1],
        lambda: f"{machine.health(name)}\n{machine.log(name)}",
        pause_s=1.0,  # a check is a process: asked all the time, it takes from those that are to start
    )


def test_each_service_runs_becomes_healthy_and_ends_in_its_time(machine, shipped, influxdb):
    shipped.start()
    for name in OURS:
        machine.start(name)
    healthy(machine, "ingest", "ingest-main 正常 / runs; drain 正常 / runs")
    healthy(machine, "analytics", "derive 正常 / runs; post 正常 / runs")
    healthy(machine, "web", "web 正常 / runs")
    publish(shipped)
    until(lambda: stored(influxdb), lambda: machine.log("ingest"))
    page = f"{machine.page}/schools/ours/now.json"
    until(lambda: json.load(urllib.request.urlopen(page, timeout=60))["meters"], lambda: machine.log("web"))
    with psycopg.connect(machine.ledger.replace("+psycopg", "")) as ledger:
        assert ledger.execute("SELECT count(*) FROM episode").fetchone() == (0,)
    assert b" 421 " in asked_as("192.168.1.4", machine.page), "no other name than this machine's own"
    assert {machine.stop(name) for name in OURS} <= {0, -signal.SIGTERM}
    for name in OURS:
        assert "Traceback" not in machine.log(name), machine.log(name)
    assert not any(machine.health(name)[0] for name in OURS)


def asked_as(host: str, page: str) -> bytes:
    """Return the beginning of the answer to one who calls the page by another name."""
    with socket.create_connection(("127.0.0.1", int(page.rpartition(":")[2])), timeout=60) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return connection.recv(100)


def publish(shipped: Shipped) -> None:
    """Say one reading through the port for gateways, as one of them."""
    gateway = Client(CallbackAPIVersion.VERSION2, client_id="gateway-1")
    gateway.username_pw_set("gateway", GATEWAY)
    gateway.tls_set(str(shipped.ca), cert_reqs=ssl.CERT_REQUIRED)
    gateway.connect("127.0.0.1", shipped.tls)
    gateway.loop_start()
    reading = {"time": datetime.now(UTC).isoformat(), "register": 8123.4, "unit": "kWh"}
    gateway.publish("campus/ours/main", json.dumps(reading), qos=1).wait_for_publish(60)
    gateway.disconnect()
    gateway.loop_stop()


def stored(influxdb: StandIn) -> bool:
    """Whether InfluxDB was asked to keep the reading."""
    return any("/api/v2/write" in path and "8123.4" in body for _, path, body in list(influxdb.requests))


def test_while_the_broker_is_away_or_refuses_taking_in_is_healthy_and_says_what_it_waits_for(machine, shipped):
    machine.environ["BROKER_PASSWORD"] = "another"
    machine.start("ingest")
    healthy(machine, "ingest", "ingest-main 在等待 / waits: no broker at 127.0.0.1")
    shipped.start()
    healthy(machine, "ingest", "the broker refuses the connection: Not authorized")


def test_a_service_that_is_stuck_or_killed_is_ill_and_a_process_of_analytics_is_started_again(machine):
    for name in OURS:
        machine.start(name)
    for name in OURS:
        healthy(machine, name, "/ ")
    _, *below = family(machine.running["analytics"].pid)
    for pid in below:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not machine.health("analytics")[0], lambda: machine.log("analytics"))
    healthy(machine, "analytics", "derive 正常 / runs; post 正常 / runs")
    assert "正在重新启动 / ended, starting it again" in machine.log("analytics")

    stuck = [pid for name in OURS for pid in family(machine.running[name].pid)]
    for pid in stuck:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(2.5)
    for name in OURS:
        alive, text = machine.health(name, "--patience", "2")
        assert not alive and ("is stuck" in text or "does not answer" in text)

    for pid in stuck:
        os.kill(pid, signal.SIGKILL)
    for name in OURS:
        machine.running.pop(name).wait(20)
        until(lambda name=name: not machine.health(name)[0], lambda name=name: machine.log(name))


def family(pid: int) -> list[int]:
    """Return a process and those below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(below for child in children for below in family(int(child)))]


def test_without_a_school_readings_are_taken_in_and_the_page_says_what_is_missing(machine, shipped):
    shipped.start()
    (machine.folder / "config" / "schools" / "ours.toml").unlink()
    for name in OURS:
        machine.start(name)
    healthy(machine, "ingest", "runs")
    healthy(machine, "analytics", "runs")
    assert machine.running.pop("web").wait(PATIENCE_S) == 1
    assert "no school in" in machine.log("web") and "Traceback" not in machine.log("web")


def test_the_page_listens_beyond_loopback_only_where_the_settings_say_it_is_published_there(machine):
    settings = machine.folder / "config" / "settings.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("published_on_loopback = true", "published_on_loopback = false"), "utf-8")
    machine.start("web")
    assert machine.running.pop("web").wait(PATIENCE_S) == 1
    assert "accounts do not exist yet" in machine.log("web")
