"""An installation with one or several `campus ingest` processes, emptying the queue that waits for it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.broker import LocalBroker
from benchmarks.support import processes
from benchmarks.support.kept import Kept, in_sqlite
from benchmarks.support.messages import Message
from benchmarks.support.publisher import PATIENCE_S, POLL_S, publish, session
from ingest import journal, records, segment
from ingest.journal import Position

MEMORY_S = 0.2  # between two looks at memory: each costs some milliseconds of the machine measured
WARM, WARM_MS = "warm", 1_600_000_000_000
ROOT = Path(__file__).resolve().parents[2]
SCHOOL = """[school]
key = "{school}"
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
    """What one run of ours came to; memory is the most that all processes of the group held together.

    `cpu_us` is the processor time of each part by message [µs].
    """

    journaled_per_s: float = 0.0
    stored_per_s: float = 0.0
    peak_rss_mb: float = 0.0
    cpu_us: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Ours:
    """An installation in a folder of its own, with one or several ingest processes."""

    folder: Path
    port: int
    topic: str = "bench/#"
    names: tuple[str, ...] = ("main",)
    kept: Kept = field(default_factory=in_sqlite)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _group: list[int] = field(default_factory=list)
    _looked: float = 0.0

    def set_up(self, keys: Iterable[str]) -> None:
        """Write the configuration and begin the sessions the messages wait for."""
        schools = self.folder / "config" / "schools"
        schools.mkdir(parents=True)
        meters = "".join(METER.format(key=key) for key in (WARM, *keys))
        (schools / f"{self.kept.school}.toml").write_text(
            SCHOOL.format(school=self.kept.school) + meters, encoding="utf-8"
        )
        settings = f'[broker]\nport = {self.port}\ntopics = ["{self.topic}"]\n{self.kept.settings}'
        (self.folder / "config" / "settings.toml").write_text(settings, encoding="utf-8")
        for client_id in self.client_ids():
            session(self.port, client_id, [self.topic])

    def client_ids(self) -> list[str]:
        return ["campus-ingest" if name == "main" else f"campus-ingest-{name}" for name in self.names]

    def start(self) -> None:
        """Start the ingest processes, each the head of a process group."""
        folder = str(self.folder)
        ours = {"CAMPUS_CONFIG": f"{folder}/config", "CAMPUS_DATA": f"{folder}/data", **self.kept.environment}
        with (self.folder / "log.txt").open("ab") as log:
            for name in self.names:
                command = [sys.executable, "-m", "app", "ingest", "--name", name]
                # A group of its own, in our session: where the kernel shares the processor by session, a busy
                # machine then gives ours and the bare subscriber the same.
                self.processes.append(
                    subprocess.Popen(
                        command, cwd=ROOT, env=os.environ | ours, stdout=log, stderr=log, process_group=0
                    )
                )

    def warm_up(self) -> int:
        """Send until every process has journaled and all is stored; return how many readings that made."""
        sent, run = 0, Run()
        while not all(self._journaled(name) for name in self.names):
            body = f'{{"time":{WARM_MS + sent},"register":{sent},"unit":"kWh"}}'
            publish(self.port, [Message(f"bench/{WARM}", body.encode())])
            sent += 1
            time.sleep(POLL_S)
        moment(lambda: self.drained() and self.stored() == sent, self, run)
        return sent

    def signal(self, number: int) -> None:
        """Send a signal to all our processes."""
        for process in self.processes:
            os.killpg(process.pid, number)

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

    def _journaled(self, name: str) -> bool:
        folder = self.folder / "data" / "journal" / name
        return folder.is_dir() and next(journal.read(folder, Position()), None) is not None

    def journal_bytes(self) -> int:
        return sum(segment.size_bytes(self.folder / "data" / "journal" / name) for name in self.names)

    def drained(self) -> bool:
        """Whether every cursor stands at the end of its journal."""
        root = self.folder / "data"
        return all(
            _at_end(root / "journal" / name, root / "cursors" / "drain" / f"{name}.json") for name in self.names
        )

    def stored(self) -> int:
        """Return how many readings are read back."""
        return self.kept.count(self.folder / "data")

    def store(self) -> Path:
        return self.folder / "data" / "schools" / self.kept.school / "store.sqlite"

    def note_memory(self, run: Run) -> None:
        """Note what all processes hold now, if the last look is a while ago."""
        if time.monotonic() - self._looked > MEMORY_S:
            self._looked = time.monotonic()
            # A drain that has just been forked still looks like the program that forked it, so look anew each time.
            self._group = processes.group_of(process.pid for process in self.processes)
            run.peak_rss_mb = max(run.peak_rss_mb, processes.rss_mb(self._group))

    def cpu_s(self, broker: int) -> dict[str, float]:
        """Return the processor time [s] that each part has taken so far."""
        leaders = {process.pid for process in self.processes}
        group = processes.group_of(leaders)
        journal_s, network_s = map(sum, zip(*(processes.cpu_s(pid) for pid in leaders), strict=True))
        drain_s = sum(sum(processes.cpu_s(pid)) for pid in set(group) - leaders)
        broker_s = sum(processes.cpu_s(broker))
        return {"broker": broker_s, "receiver: MQTT": network_s, "receiver: journal": journal_s, "drain": drain_s}


def _at_end(folder: Path, cursor_file: Path) -> bool:
    if not cursor_file.exists():
        return False
    stored = json.loads(cursor_file.read_text())
    return next(journal.read(folder, Position(stored["segment"], stored["offset"]), 1024), None) is None


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


def emptied(bench: Bench, messages: list[Message], names: tuple[str, ...] = ("main",), **wishes: Any) -> Run:
    """Let `campus ingest`, running and halted while messages gather, empty its queue; return how fast it did."""
    topic = "bench/#" if len(names) == 1 else "$share/bench/bench/#"
    with installation(bench, topic=topic, names=names, **wishes) as ours:
        ours.set_up({message.topic.removeprefix("bench/") for message in messages})
        ours.start()
        warm, begun_bytes = ours.warm_up(), ours.journal_bytes()
        ours.signal(signal.SIGSTOP)
        publish(bench.broker.port, messages)
        before, begun = ours.cpu_s(bench.broker.process.pid), time.time()
        ours.signal(signal.SIGCONT)
        run, wanted = Run(), sum(message.readings for message in messages)
        journaled, stored = _watch(ours, run, begun_bytes + _packed_bytes(messages), warm + wanted)
        run.journaled_per_s, run.stored_per_s = len(messages) / (journaled - begun), wanted / (stored - begun)
        after = ours.cpu_s(bench.broker.process.pid)
        run.cpu_us = {part: (after[part] - used) / len(messages) * 1e6 for part, used in before.items()}
        if left := ours.stop():
            sys.exit(f"{left} messages had not been acknowledged at the end of a run")
    return run


def _packed_bytes(messages: Iterable[Message]) -> int:
    return sum(len(records.pack(journal.Record(0, message.topic, message.payload))) for message in messages)


def _watch(ours: Ours, run: Run, wanted_bytes: int, wanted: int) -> tuple[float, float]:
    """Return when all was journaled, and when all was read back."""
    journaled = moment(lambda: ours.journal_bytes() >= wanted_bytes, ours, run)
    stored = moment(ours.drained, ours, run)
    while ours.stored() < wanted:
        time.sleep(POLL_S)
        stored = moment(ours.drained, ours, run)
    return journaled, stored


def waited(bench: Bench, messages: Iterable[Message], keys: Iterable[str]) -> Run:
    """Let `campus ingest` start on a queue that gathered while it was away; only memory is of interest."""
    run = Run()
    with installation(bench) as ours:
        ours.set_up(keys)
        sent = len(publish(bench.broker.port, messages))
        begun = time.time()
        ours.start()
        moment(lambda: ours.drained() and ours.stored() == sent, ours, run)
        run.stored_per_s = sent / (time.time() - begun)
        if left := ours.stop():
            sys.exit(f"{left} messages had not been acknowledged at the end of a run")
    return run


def moment(reached: Callable[[], bool], ours: Ours, run: Run) -> float:
    """Return when something was reached, noting memory on the way."""
    until = time.monotonic() + PATIENCE_S
    while not reached():
        ours.note_memory(run)
        if time.monotonic() > until or any(process.poll() is not None for process in ours.processes):
            sys.exit((ours.folder / "log.txt").read_text(errors="replace")[-2000:])
        time.sleep(POLL_S)
    return time.time()
