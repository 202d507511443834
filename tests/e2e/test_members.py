"""Members of a shared subscription: one that dies comes back by itself, and one that goes takes nothing with it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from app import retire
from app.settings import load_settings
from tests.e2e import needs
from tests.faults import publisher, said
from tests.faults.pipe import ROOT, Pipe, piped, until
from tests.faults.row import SMALL, Ground

pytestmark = needs.mosquitto

SHARED = "$share/campus/ours/#"


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    with piped(Ground(tmp_path, SMALL), topic=SHARED, settings="members = 2\n") as made:
        yield made


@contextlib.contextmanager
def running(pipe: Pipe) -> Iterator[subprocess.Popen[bytes]]:
    """`campus run --only ingest` until the block ends: it starts the members, and keeps them."""
    command = [sys.executable, "-m", "app", "run", "--only", "ingest", "--log-here"]
    with (pipe.folder / "run.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=pipe.variables(), stdout=log, stderr=log)
    try:
        until(lambda: connected(pipe, "main") and connected(pipe, "2"), why=pipe.tail)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def connected(pipe: Pipe, name: str, since: float = 0.0) -> bool:
    """Whether a member has said since then [s since 1970] that the broker has confirmed its subscription."""
    told = pipe.status(f"ingest-{name}")
    return bool(told.get("connected")) and told["at"] > since


def campus(pipe: Pipe, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", *words]
    return subprocess.run(command, cwd=ROOT, env=pipe.variables(), capture_output=True, text=True, check=False)


def test_a_member_that_is_killed_comes_back_by_itself_under_its_own_id_and_nothing_is_lost(pipe):
    enough = threading.Event()
    with running(pipe) as run:
        messages = said.endless(pipe.ground, enough)
        meters = threading.Thread(target=pipe.meters.publish, args=(messages, 100.0))
        meters.start()
        until(lambda: pipe.status("ingest-2").get("journaled") and pipe.status("ingest-main").get("journaled"))
        assert campus(pipe, "health", "ingest").returncode == 0
        before = pipe.status("ingest-2")["pid"]
        os.killpg(before, signal.SIGKILL)  # a member is the first of a group of its own, with its drain
        until(lambda: connected(pipe, "2") and pipe.status("ingest-2")["pid"] != before, why=pipe.tail)
        taken = pipe.status("ingest-2")["journaled"]
        until(lambda: pipe.status("ingest-2")["journaled"] > taken)
        assert (pipe.folder / "run.log").read_text().count("client_id=campus-ingest-2") == 2
        enough.set()
        meters.join()
        pipe.settled()
        assert run.poll() is None and sorted(path.name for path in (pipe.data / "journal").iterdir()) == ["2", "main"]
    row = pipe.row("a member of campus run, killed")
    assert row.whole and row.stored and row.quarantined and row.lost_by_broker == 0, row
    assert not publisher.left(pipe.broker.port, "campus-ingest-2") - pipe._come


def test_a_member_that_goes_for_good_leaves_nothing_behind(pipe):
    """Killed with messages on their way to it, its session and its journal are brought in by the one command."""
    pipe.start("main")
    pipe.start("3")
    pipe.kill("3")
    sent = said.mixed(pipe.ground, 0, 400)
    pipe.meters.publish(sent)
    until(lambda: pipe.alarmed("campus ingest --retire 3"))
    refused = campus(pipe, "ingest", "--retire", "2")
    assert refused.returncode == 1 and "lower that first" in refused.stderr
    unknown = campus(pipe, "ingest", "--retire", "4")
    assert unknown.returncode == 1 and "there are: 3" in unknown.stderr
    gone = campus(pipe, "ingest", "--retire", "3")
    assert gone.returncode == 0, gone.stderr
    owed = re.search(r"(\d+) messages", gone.stdout)
    assert owed is not None and int(owed[1]) > 100, "the broker deals to a member that is gone"
    assert not pipe.alarmed("ingest-3") and not remembered(pipe.broker.port, "campus-ingest-3")
    assert pipe.drained()
    pipe.meters.publish(said.mixed(pipe.ground, 400, 100))
    pipe.settled()
    pipe.end_politely()
    row = pipe.row("a member retired")
    assert row.whole and row.lost_by_broker == 0, row


def test_a_member_that_runs_is_not_retired(pipe):
    pipe.start("3")
    refused = campus(pipe, "ingest", "--retire", "3")
    assert refused.returncode == 1 and "it still runs" in refused.stderr
    assert pipe.processes["3"].poll() is None


def test_without_its_broker_a_member_is_not_forgotten(pipe, monkeypatch):
    pipe.start("3")
    pipe.kill("3")
    pipe.broker.stop()
    monkeypatch.setattr(retire, "CONNECT_S", 1.0)
    with pytest.raises(retire.NotRetired, match="no broker at"):
        retire.retire(load_settings(pipe.variables()), "3", threading.Event(), lambda *_, **__: None)
    assert pipe.status("ingest-3")


def remembered(port: int, client_id: str) -> bool:
    """Whether the broker keeps a session under a name; asking makes one, which is ended again."""
    present: list[bool] = []
    for clean in (False, True):
        client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean)
        client.on_connect = lambda _client, _data, flags, *_: present.append(flags.session_present)
        client.connect("127.0.0.1", port)
        client.loop_start()
        until(lambda clean=clean: len(present) == 1 + clean)
        client.disconnect()
        client.loop_stop()
    return present[0]
