"""`campus run`: what ends by itself is started again, and the rest goes on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from app import broker
from tests.e2e import needs
from tests.e2e.test_demo import left_behind
from tests.e2e.test_first_hour import SCHOOL, connected, now
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
pytestmark = needs.mosquitto


@pytest.fixture
def home(tmp_path):
    (tmp_path / "config" / "schools").mkdir(parents=True)
    (tmp_path / "config" / "schools" / "ours.toml").write_text(SCHOOL, encoding="utf-8")
    return tmp_path


def run(home: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "CAMPUS_DATA": str(home / "data"), "CAMPUS_CONFIG": str(home / "config")}
    return subprocess.Popen(
        [sys.executable, "-m", "app", "run"],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_without_a_broker_it_waits_and_says_so_then_a_taken_port_is_named_and_readings_go_on(home):
    broker_port = free_port()
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (home / "config" / "settings.toml").write_text(f"[broker]\nport = {broker_port}\n\n[web]\nport = {port}\n")
        running = run(home)
        try:
            log = home / "data" / "log"
            wait_for(lambda: "no broker at" in text(log / "ingest.log"))
            wait_for(lambda: f"port {port} on 127.0.0.1 is taken" in text(log / "web.log"))
            local = broker.start(home / "broker", broker_port)
            try:
                wait_for(lambda: connected(home / "data"))
                taken.close()
                wait_for(lambda: now(f"http://127.0.0.1:{port}/schools/ours/now.json") is not None)
            finally:
                local.stop()
        finally:
            running.send_signal(signal.SIGINT)
            said, _ = running.communicate(timeout=120)
    assert running.returncode == 0
    assert "starting it again" in said and "Traceback" not in said


def test_killed_without_a_word_it_leaves_no_process(home):
    settings = f"[broker]\nport = {free_port()}\n\n[web]\nport = {free_port()}\n"
    (home / "config" / "settings.toml").write_text(settings)
    running = run(home)
    log = home / "data" / "log"
    wait_for(lambda: "no broker at" in text(log / "ingest.log"))
    assert len(left_behind(home / "data")) > 4  # itself, and what takes in, drains, derives, sends and shows
    running.kill()
    running.communicate()
    wait_for(lambda: left_behind(home / "data") == [])


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def wait_for(true, seconds=120.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)
