"""The pipe a fault is done to: broker, `campus ingest` processes with their drains, meters, and the witness."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.alarms import alarms
from ingest import cursor, journal
from ingest.journal import Position
from tests.faults import brokers, witness
from tests.faults.brokers import Mosquitto
from tests.faults.publisher import PATIENCE_S, Publisher, Told, left, write
from tests.faults.row import Ground, Row
from tests.faults.said import METERS

ROOT = Path(__file__).resolve().parents[2]
SETTLE_S = 240.0
SCHOOL = """[school]
key = "ours"
name = "我们学校"
type = "primary"
timezone = "Asia/Shanghai"
region = "CN-SD"
calendar = "none"
"""
METER = """
[[meter]]
key = "m{n}"
name = "m{n}"
topic = "ours/m{n}"
format = "native"
quantity = "electricity"
unit = "kWh"
interval = "1min"
arrival = "live"
"""


@dataclass
class Pipe:
    """An installation in a folder; `settings` is TOML behind [broker], `environment` for its processes."""

    ground: Ground
    broker: Mosquitto
    topic: str = "#"
    settings: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    meters: Publisher = field(init=False)
    _read: dict[Path, Position] = field(default_factory=dict)
    _come: set[Told] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.meters = Publisher(self.broker.port)
        schools = self.folder / "config" / "schools"
        schools.mkdir(parents=True)
        text = SCHOOL + "".join(METER.format(n=n) for n in range(METERS))
        (schools / "ours.toml").write_text(text, encoding="utf-8")
        settings = f'[broker]\nport = {self.broker.port}\ntopics = ["{self.topic}"]\n{self.settings}'
        (self.folder / "config" / "settings.toml").write_text(settings, encoding="utf-8")

    @property
    def folder(self) -> Path:
        """Where everything of it lies."""
        return self.ground.folder

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def store(self) -> Path:
        """The embedded store of the school."""
        return self.data / "schools" / "ours" / "store.sqlite"

    def variables(self) -> dict[str, str]:
        """Return the environment of its processes."""
        ours = {"CAMPUS_CONFIG": str(self.folder / "config"), "CAMPUS_DATA": str(self.data)}
        return {**os.environ, **ours, **self.environment}

    def start(self, name: str = "main", program: Sequence[str] = ("-m", "app")) -> None:
        """Start `campus ingest --name NAME`, and return once it has its session."""
        before = self.log(name).count("connected broker")
        self.launch(name, program)
        until(lambda: self.log(name).count("connected broker") > before)

    def launch(self, name: str = "main", program: Sequence[str] = ("-m", "app")) -> None:
        """Start `campus ingest --name NAME`, and do not wait."""
        command = [sys.executable, *program, "ingest", "--name", name]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.variables(), stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str = "main", *, alone: bool = False) -> None:
        """Kill -9 a receiver and its drain, or the receiver alone: its drain then ends by itself."""
        process = self.processes.pop(name)
        if alone:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_drain(self, name: str = "main") -> bool:
        """Kill -9 the drain beside a receiver; False where it does not run, or has not said so yet."""
        pid = int(self.status("drain").get("pid", 0))
        try:
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return False
        if parent != self.processes[name].pid:
            return False
        os.kill(pid, signal.SIGKILL)
        return True

    def stop(self, name: str = "main") -> None:
        """End a receiver politely."""
        process = self.processes.pop(name)
        process.terminate()
        process.wait(60)

    def end(self) -> None:
        """Kill what still runs."""
        for name in list(self.processes):
            self.kill(name)

    def log(self, name: str = "main") -> str:
        """Return what a receiver and its drain have logged."""
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def status(self, name: str) -> dict[str, Any]:
        """Return the last status of a process."""
        path = self.data / "status" / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def alarmed(self, words: str) -> bool:
        """Whether page and `campus status` say something with these words."""
        return any(re.search(words, said.en) for said in alarms(self.data / "status"))

    def settled(self, come: int | None = None) -> None:
        """Wait until so many different messages (None: all acknowledged) are journaled, and drained to the end."""
        wanted = len(set(self.meters.acknowledged)) if come is None else come
        until(lambda: self.come() >= wanted, SETTLE_S, lambda: f"{self.come()} of {wanted} came\n{self.tail()}")
        until(self.drained, SETTLE_S, self.tail)

    def come_all(self) -> None:
        """Wait until all that was acknowledged is journaled, drained or not."""
        until(lambda: self.come() >= len(set(self.meters.acknowledged)), SETTLE_S, self.tail)

    def come_behind(self, damaged: Path) -> None:
        """Wait until the segments behind a damaged one hold something: receiving goes on."""
        until(lambda: any(path > damaged and path.stat().st_size > 100 for path in damaged.parent.glob("*.seg")))

    def stored(self) -> int:
        """Return how many readings the embedded store holds, by plain SQL; none while it is being made."""
        try:
            with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as db:
                return int(db.execute("SELECT count(*) FROM register").fetchone()[0])
        except sqlite3.OperationalError:
            return 0

    def come(self) -> int:
        """Return how many different messages the journals hold."""
        for folder in self._journals():
            while entries := list(journal.read(folder, self._read.get(folder, Position()))):
                self._come.update((entry.record.topic, entry.record.payload) for entry in entries)
                self._read[folder] = entries[-1].next
        return len(self._come)

    def drained(self) -> bool:
        """Whether the drain has come to the end of every journal."""
        places = {
            folder: cursor.load(self.data / "cursors" / "drain" / f"{folder.name}.json")
            for folder in self._journals()
        }
        return all(next(journal.read(folder, place), None) is None for folder, place in places.items())

    def _journals(self) -> list[Path]:
        root = self.data / "journal"
        return sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []

    def tail(self) -> str:
        """Return the ends of the logs."""
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in sorted(self.folder.glob("*.log")))

    def end_politely(self) -> None:
        """End every receiver; the broker may then have nothing left for them but what is in the journal already.

        An acknowledgement that a busy broker has not read when the connection ends costs a duplicate.
        """
        names = list(self.processes)
        for name in names:
            self.stop(name)
        for name in names:
            client_id = "campus-ingest" if name == "main" else f"campus-ingest-{name}"
            owed = left(self.broker.port, client_id) - self._come
            assert not owed, f"{len(owed)} messages are still at the broker"

    def row(self, case: str, **job: Any) -> Row:
        """Return what the witness finds, of messages `kept` by the broker where it may itself have lost some."""
        self.meters.write(self.folder / "published")
        kept = job.pop("kept", None)
        if kept is not None:
            write(self.folder / "kept", kept)
            job["kept"] = str(self.folder / "kept")
        where = {
            "published": str(self.folder / "published"),
            "journal": str(self.data / "journal"),
            "quarantine": str(self.data / "quarantine.sqlite"),
            "store": {"sqlite": str(self.store)},
        }
        path = self.folder / "job.json"
        path.write_text(json.dumps(where | job))
        said = subprocess.run([sys.executable, witness.__file__, str(path)], stdout=subprocess.PIPE, check=True)
        return Row(case, **json.loads(said.stdout))


@contextmanager
def piped(ground: Ground, lines: tuple[str, ...] = brokers.SHIPPED, **wishes: Any) -> Iterator[Pipe]:
    """A pipe with its broker, ended with the block."""
    with brokers.running(ground.folder / "broker", lines) as broker:
        pipe = Pipe(ground, broker, **wishes)
        try:
            yield pipe
        finally:
            pipe.end()


def until(true: Callable[[], object], seconds: float = PATIENCE_S, why: Callable[[], str] = str) -> float:
    """Wait until something is so; return how long it took [s]."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"it did not come: {why()}"
        time.sleep(0.03)
    return time.monotonic() - began
