"""The witness would notice: it is shown what a pipe that loses, doubles, invents or hides would leave behind."""

from __future__ import annotations

import ast
import json
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.journal import Record, Writer
from tests.faults import witness
from tests.faults.publisher import Told, write

HOUR_MS = witness.HOUR_MS
READINGS = [("ours/m0", json.dumps({"time": HOUR_MS * n, "register": 10.0 * n}).encode()) for n in range(4)]
NOBODY = ("ours/nobody", b"what")


@dataclass
class Scene:
    """What lies on the disk: a journal, a store and a quarantine, written by nobody in particular."""

    folder: Path

    def journal(self, messages: Sequence[Told]) -> None:
        writer = Writer(self.folder / "journal" / "main")
        writer.append([Record(1_000 + n, *told) for n, told in enumerate(messages)])
        writer.close()

    def hold(self, rows: Sequence[tuple[str, bytes, int, str, str]]) -> None:
        with closing(sqlite3.connect(self.folder / "quarantine")) as db, db:
            db.execute("CREATE TABLE quarantine (topic, payload, item, reason, detail)")
            db.executemany("INSERT INTO quarantine VALUES (?, ?, ?, ?, ?)", rows)

    def store(self, rows: Sequence[tuple[str, int, float]], hours: Sequence[tuple[str, int, float]] = ()) -> None:
        with closing(sqlite3.connect(self.folder / "store")) as db, db:
            for name, listed in (("register_view", rows), ("consumption_view", hours)):
                db.execute(f"CREATE TABLE {name} (meter, time_ms, value)")
                db.executemany(f"INSERT INTO {name} VALUES (?, ?, ?)", listed)

    def judged(self, sent: Sequence[Told], kept: Sequence[Told] | None = None, **job: object) -> dict[str, int]:
        """Return the counts that are not nought, the harmless ones apart."""
        write(self.folder / "published", sent)
        if kept is not None:
            write(self.folder / "kept", kept)
            job["kept"] = str(self.folder / "kept")
        paths = {name: str(self.folder / name) for name in ("published", "journal", "quarantine")}
        counts = witness.witness({**paths, "store": {"sqlite": str(self.folder / "store")}, **job})
        return {name: count for name, count in counts.items() if count and name != "sent"}


STORED = [("m0", HOUR_MS * n, 10.0 * n) for n in range(4)]
HELD = [(*NOBODY, 0, "unknown_topic", "no meter is registered")]
ALL = [*READINGS, NOBODY]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_pipe_that_did_its_work_has_nothing_to_show_but_what_it_keeps(scene):
    scene.journal([*ALL, READINGS[2]])
    scene.store(STORED)
    scene.hold(HELD)
    assert scene.judged(ALL) == {"stored": 4, "quarantined": 1, "duplicate": 1}


def test_a_reading_that_is_nowhere_is_lost(scene):
    scene.journal(ALL)
    scene.store(STORED[1:])
    scene.hold(HELD)
    assert scene.judged(ALL)["lost"] == 1


def test_a_message_that_cannot_be_read_and_is_not_held_is_lost(scene):
    scene.journal(ALL)
    scene.store(STORED)
    scene.hold([])
    assert scene.judged(ALL)["lost"] == 1


def test_a_reading_that_stands_with_another_value_is_lost_and_the_other_invented(scene):
    scene.journal(READINGS)
    scene.store([("m0", 0, 77.0), *STORED[1:]])
    scene.hold([])
    assert scene.judged(READINGS) == {"stored": 3, "lost": 1, "invented": 1}


def test_what_nobody_sent_is_invented(scene):
    scene.journal(READINGS)
    scene.store([*STORED, ("m9", 5, 1.0)])
    scene.hold([("ours/m0", b"never said", 0, "undecodable", "why")])
    assert scene.judged(READINGS) == {"stored": 4, "invented": 2}


def test_what_is_stored_twice_or_stored_and_held_counts_twice(scene):
    scene.journal(READINGS)
    scene.store([*STORED, STORED[1]])
    scene.hold([(*READINGS[0], 0, "store_refused", "why")])
    assert scene.judged(READINGS)["counted_twice"] == 2


@pytest.mark.parametrize("stands", [0, 1])
def test_of_two_values_under_one_identity_the_later_must_stand(scene, stands):
    both = [("ours/m0", json.dumps({"time": 0, "register": value}).encode()) for value in (1.0, 2.0)]
    scene.journal(both)
    scene.store([("m0", 0, (1.0, 2.0)[stands])])
    scene.hold([])
    assert scene.judged(both) == ({"stored": 1, "conflict": 1} if stands else {"stored": 1, "lost": 1})


def test_an_entry_without_its_reason_is_noticed(scene):
    scene.journal([NOBODY])
    scene.store([])
    scene.hold([(*NOBODY, 0, "unknown_topic", "")])
    assert scene.judged([NOBODY])["quarantined_without_reason"] == 1


def test_what_the_broker_kept_for_another_and_is_not_here_was_lost_by_us(scene):
    scene.journal(READINGS[:1])
    scene.store(STORED[:1])
    scene.hold([])
    counts = scene.judged(READINGS, kept=READINGS[:2])
    assert (counts["lost"], counts["lost_by_broker"]) == (1, 2)


@pytest.mark.parametrize(("hours", "wrong"), [((10.0, 10.0, 10.0), 0), ((10.0, 20.0, 10.0), 1), ((10.0, 10.0), 1)])
def test_hours_that_are_not_what_the_registers_turned_are_counted(scene, hours, wrong):
    scene.journal(READINGS)
    scene.store(STORED, [("m0", HOUR_MS * n, value) for n, value in enumerate(hours)])
    scene.hold([])
    assert scene.judged(READINGS, energy=True).get("counted_twice", 0) == wrong


def test_a_damaged_journal_is_not_read_over(scene):
    scene.journal(READINGS)
    path = next((scene.folder / "journal" / "main").glob("*.seg"))
    path.write_bytes(path.read_bytes().replace(b"10.0", b"11.0"))
    with pytest.raises(SystemExit, match="checksum"):
        witness.journaled(scene.folder / "journal")


def test_it_shares_no_code_with_the_pipe():
    tree = ast.parse(Path(witness.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported and {name.split(".")[0] for name in imported} <= set(sys.stdlib_module_names)
