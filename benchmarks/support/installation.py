"""An installation with one or several `campus ingest` processes, emptying the queue that waits for it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.broker import LocalBroker
from benchmarks.support.messages import PATIENCE_S, POLL_S, Message, publish, session
from ingest import journal, records, segment
from ingest.journal import Position

ROOT = Path(__file__).resolve().parents[2]
SCHOOL = """[school]
key = "bench"
name = "测速"
type = "other"
timezone = "Asia/Shanghai"
region = "CN-SD"
calendar = "none"
"""
METER = """
[[meter]]
key = "{key}"
name = "{key}"
topic = "bench/{key}"
format = "native"
quantity = "electricity"
unit = "kWh"
interval = "1min"
arrival = "live"
"""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where everything lies, and the broker all runs share."""

    folder: Path
    broker: LocalBroker


@dataclass(slots=True)
class Run:
    """What one run of ours came to; memory is the most that all processes of the group held together."""

    journaled_per_s: float = 0.0
    stored_per_s: float = 0.0
    peak_rss_mb: float = 0.0


@dataclass(slots=True)
class Ours:
    """An installation in a folder of its own, with one or several ingest processes."""

    folder: Path
    port: int
    topic: str = "bench/#"
    names: tuple[str, ...] = ("main",)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def set_up(self, keys: Iterable[str]) -> None:
        """Write the configuration and begin the sessions the messages wait for."""
        schools = self.folder / "config" / "schools"
        schools.mkdir(parents=True)
        text = SCHOOL + "".join(METER.format(key=key) for key in keys)
        (schools / "bench.toml").write_text(text, encoding="utf-8")
        settings = f'[broker]\nport = {self.port}\ntopics = ["{self.topic}"]\n'
        (self.folder / "config" / "settings.toml").write_text(settings, encoding="utf-8")
        for client_id in self.client_ids():
            session(self.port, client_id, [self.topic])

    def client_ids(self) -> list[str]:
        return ["campus-ingest" if name == "main" else f"campus-ingest-{name}" for name in self.names]

    def start(self) -> None:
        """Start the ingest processes, each the head of a process group."""
        folder = str(self.folder)
        environment = {**os.environ, "CAMPUS_CONFIG": f"{folder}/config", "CAMPUS_DATA": f"{folder}/data"}
        with (self.folder / "log.txt").open("ab") as log:
            for name in self.names:
                command = [sys.executable, "-m", "app", "ingest", "--name", name]
                # A group of its own, in our session: where the kernel shares the processor by session, a busy
                # machine then gives ours and the bare subscriber the same.
                self.processes.append(
                    subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, process_group=0)
                )

    def stop(self) -> int:
        """End them, and return how many messages the broker had kept back: all must have been acknowledged."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(60)
        self.processes.clear()
        left = sum(session(self.port, client_id, [self.topic]) for client_id in self.client_ids())
        for client_id in self.client_ids():
            session(self.port, client_id, [], keep=False)
        return left

    def journal_bytes(self) -> int:
        return sum(segment.size_bytes(self.folder / "data" / "journal" / name) for name in self.names)

    def drained(self) -> bool:
        """Whether every cursor stands at the end of its journal."""
        root = self.folder / "data"
        return all(
            _at_end(root / "journal" / name, root / "cursors" / "drain" / f"{name}.json") for name in self.names
        )

    def arrivals_began(self) -> float:
        """When the first message arrived (`time.time`)."""
        firsts = [
            next(journal.read(self.folder / "data" / "journal" / name, Position()), None) for name in self.names
        ]
        return min(first.record.arrived_ms / 1000 for first in firsts if first is not None)

    def store(self) -> Path:
        return self.folder / "data" / "schools" / "bench" / "store.sqlite"

    def rss_mb(self) -> float:
        """What all processes of the groups hold now [MB]."""
        groups = {process.pid for process in self.processes}
        return sum(_rss_kb(path) for path in Path("/proc").glob("[0-9]*") if _group(path) in groups) / 1000


def _at_end(folder: Path, cursor_file: Path) -> bool:
    if not cursor_file.exists():
        return False
    stored = json.loads(cursor_file.read_text())
    return next(journal.read(folder, Position(stored["segment"], stored["offset"])), None) is None


def _group(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[2])
    except OSError:
        return 0


def _rss_kb(process: Path) -> int:
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def read_back(store: Path) -> int:
    """Return how many readings the store holds, by plain SQL; none while it is being made."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM register").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@contextmanager
def installation(bench: Bench, **wishes: Any) -> Iterator[Ours]:
    """An installation that is removed after its run."""
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    ours = Ours(folder, bench.broker.port, **wishes)
    try:
        yield ours
    finally:
        for process in ours.processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(folder)


def emptied(bench: Bench, messages: list[Message], names: tuple[str, ...] = ("main",)) -> Run:
    """Let `campus ingest` empty the queue of a session, and return how fast it did."""
    topic = "bench/#" if len(names) == 1 else "$share/bench/bench/#"
    with installation(bench, topic=topic, names=names) as ours:
        ours.set_up({message.topic.removeprefix("bench/") for message in messages})
        publish(bench.broker.port, messages)
        ours.start()
        run = _watch(ours, messages)
        if left := ours.stop():
            sys.exit(f"{left} messages had not been acknowledged at the end of a run")
    return run


def _watch(ours: Ours, messages: list[Message]) -> Run:
    packed = sum(len(records.pack(journal.Record(0, message.topic, message.payload))) for message in messages)
    wanted_bytes = packed + len(segment.MAGIC) * len(ours.names)
    run, measured = Run(), 0.0
    journaled = moment(lambda: ours.journal_bytes() >= wanted_bytes, ours, run)
    drained = moment(ours.drained, ours, run)
    wanted = sum(message.readings for message in messages)
    while read_back(ours.store()) < wanted:
        measured = time.time()
        time.sleep(POLL_S)
    begun = ours.arrivals_began()
    run.journaled_per_s = len(messages) / (journaled - begun)
    run.stored_per_s = wanted / (max(drained, measured) - begun)
    return run


def moment(reached: Callable[[], bool], ours: Ours, run: Run) -> float:
    """Return when something was reached, noting memory on the way."""
    until = time.monotonic() + PATIENCE_S
    while not reached():
        run.peak_rss_mb = max(run.peak_rss_mb, ours.rss_mb())
        if time.monotonic() > until or any(process.poll() is not None for process in ours.processes):
            sys.exit((ours.folder / "log.txt").read_text(errors="replace")[-2000:])
        time.sleep(POLL_S)
    return time.time()
