"""Two ingest processes on one shared subscription, one of them killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from tests.faults import said
from tests.faults.pipe import ROOT, Pipe, piped, until
from tests.faults.row import Case, Ground, Row

ALARM_S = 10.0
PER_S = 100.0


def _member_killed(ground: Ground) -> Row:
    enough = threading.Event()
    with piped(ground, topic="$share/campus/ours/#") as pipe:
        pipe.start("a")
        pipe.start("b")
        meters = threading.Thread(target=pipe.meters.publish, args=(said.endless(ground, enough), PER_S))
        meters.start()
        until(lambda: pipe.status("ingest-b").get("journaled"))
        until(lambda: _status(pipe).returncode == 0)
        pipe.kill("b")
        taken_s = until(lambda: pipe.alarmed("ingest-b is not running"))
        assert taken_s < ALARM_S, f"alarmed after {taken_s:.1f} s only"
        told = _status(pipe)
        assert told.returncode == 1 and "campus ingest --name b" in told.stderr.decode()
        time.sleep(1.0)
        pipe.start("b")
        until(lambda: not pipe.alarmed("ingest-b"))
        enough.set()
        meters.join()
        pipe.settled()
        pipe.end_politely()
        return pipe.row(f"$share of two, one killed (alarm after {taken_s:.1f} s), back under its own id")


def _status(pipe: Pipe) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "app", "status"]
    return subprocess.run(command, cwd=ROOT, env=pipe.variables(), capture_output=True, check=False)


CASES: dict[str, Case] = {"a member killed": _member_killed}
