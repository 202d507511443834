"""The demonstration: its history through a real broker and every process, and its end, whenever that comes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from app import demo, demo_result
from app.demo import Ended, Options
from sim.faults import healthy
from tests.e2e import needs
from tests.ports import free_port
from tests.sizes import FULL, within

SEEDS = range(1, 21) if FULL else (4,)  # two faults; a healthy school is demonstrated by tests/deploy/test_wheel.py
NOW = datetime(2025, 11, 22, 2, 31, tzinfo=UTC)
PATIENCE_S = 600.0
ENDS_S = 120.0

pytestmark = [needs.mosquitto, pytest.mark.timeout(1200)]


def history_of(seed: int, folder: Path) -> Ended:
    """Run the history of a seed through the pipe, with nothing after it."""
    said: list[str] = []
    ended = demo.run(Options(seed, folder, NOW, lasting_s=0.0), Event(), said.append)
    assert len(said) == 2 and all(ended.home.place.page in text for text in said)
    return ended


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_every_fault_is_found_and_the_energy_is_right(seed: int, tmp_path: Path) -> None:
    ended = history_of(seed, tmp_path)
    line = demo_result.reckon(ended)
    assert line["lost"] == 0 and line["quarantined"] == 0 and line["duplicates"] > 0
    assert line["published"] == line["journaled"] == line["stored"] + line["duplicates"]
    assert line["faults_found"] == line["faults_injected"]
    assert line["healthy"] is healthy(seed) is (line["faults_injected"] == 0)
    assert (line["findings"] == 0) is healthy(seed) and line["false_findings"] <= 1
    assert line["energy_kwh_stored"] == pytest.approx(line["energy_kwh_true"], rel=demo_result.TOLERANCE)
    assert line["tco2e"] > 0 and line["seconds_to_page"] < within(60)
    assert demo_result.kept(line)
    if seed == SEEDS[0]:
        _one_row_less_is_one_lost(ended)


def _one_row_less_is_one_lost(ended: Ended) -> None:
    with closing(sqlite3.connect(ended.home.layout.store("demo"))) as store, store:
        store.execute("DELETE FROM register WHERE (series, time_ms) = (SELECT series, time_ms FROM register LIMIT 1)")
    line = demo_result.reckon(ended)
    assert line["lost"] == 1 and not demo_result.kept(line)


@contextmanager
def running(program: Sequence[str], folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Start `campus demo` as a terminal would, in a process group of its own, its words in a file.

    It runs beside its folder, with nothing of ours in its environment: an installed one must not find the checkout.
    """
    said = folder.with_suffix(".out")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAMPUS_", "PYTHON"))}
    with said.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [*program, "demo", "--keep", str(folder), *options],
            cwd=folder.parent,
            env=kept,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        yield process, said
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(ENDS_S)


def await_word(said: Path, word: str) -> str:
    """Return what was said as soon as it holds a word."""
    until = time.monotonic() + PATIENCE_S
    while word not in (text := said.read_text(encoding="utf-8")):
        assert time.monotonic() < until, text
        time.sleep(0.1)
    return text


def left_behind(folder: Path) -> list[str]:
    """Return the command lines of processes that still belong to a demonstration."""
    mark = str(folder).encode()
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes() or mark in (process / "cmdline").read_bytes():
                left.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return left


def test_ctrl_c_while_history_loads_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with running((sys.executable, "-m", "app"), folder, "--port", str(free_port())) as (process, said):
        await_word(said, "Page:")
        assert left_behind(folder)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(ENDS_S) == 0
    assert left_behind(folder) == []
    text = said.read_text(encoding="utf-8")
    assert "Ready" not in text and "已结束" in text and "Traceback" not in text
