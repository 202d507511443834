"""The deriving process: what it waits for it says, once, and goes on saying in its status."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.follow import Changed, Follow
from app.lock import InUse
from app.settings import load_settings
from app.wiring import Installation, install
from ingest import cursor, segment
from ingest.journal import Position, Record, Writer
from tests.app.registry_example import WHOLE
from tests.app.waiting import school_file


@contextmanager
def following(home: Path, said: list[str]) -> Iterator[Installation]:
    """A deriving process over what lies in a folder, judging nothing."""
    installation = install(load_settings({"CAMPUS_CONFIG": str(home / "config"), "CAMPUS_DATA": str(home / "data")}))
    stop = threading.Event()
    follow = Follow(installation, lambda *_: None, lambda event, **_: said.append(event))
    thread = threading.Thread(target=follow.run, args=(stop,))
    thread.start()
    try:
        yield installation
    finally:
        stop.set()
        thread.join()
        installation.stores.close()


def test_a_damage_behind_the_drain_is_said_once_and_stays_in_the_status(tmp_path):
    school_file(tmp_path, WHOLE)
    journal = tmp_path / "data" / "journal" / "main"
    writer = Writer(journal)
    writer.append([Record(1, "nobody", b"1"), Record(2, "nobody", b"2")])
    writer.close()
    path = segment.plain(journal, 1)
    data = bytearray(path.read_bytes())
    data[12] ^= 0x41
    path.write_bytes(data)
    cursor.save(tmp_path / "data" / "cursors" / "drain" / "main.json", Position(1, len(data)))
    said: list[str] = []
    status = tmp_path / "data" / "status" / "derive.json"
    with following(tmp_path, said):
        until = time.monotonic() + 60
        while "damaged" not in (status.read_text() if status.exists() else "") and time.monotonic() < until:
            time.sleep(0.02)
        for _ in range(20):
            assert "damaged in segment 1" in json.loads(status.read_text())["trouble"]
            time.sleep(0.05)
    assert said.count("held") == 1


def test_schools_are_judged_one_after_another_and_one_that_is_held_has_its_turn_again(tmp_path):
    for school in ("north", "south"):
        text = WHOLE.replace('key = "north"', f'key = "{school}"').replace("campus/north/", f"campus/{school}/")
        (tmp_path / "config" / "schools").mkdir(parents=True, exist_ok=True)
        (tmp_path / "config" / "schools" / f"{school}.toml").write_text(text, encoding="utf-8")
    calls: list[set[str]] = []

    def judge(_installation: Installation, changed: Changed) -> None:
        calls.append({key[0] for key in changed})
        if len(calls) == 1:
            raise InUse(tmp_path)

    installation = install(
        load_settings({"CAMPUS_CONFIG": str(tmp_path / "config"), "CAMPUS_DATA": str(tmp_path / "data")})
    )
    stop = threading.Event()
    thread = threading.Thread(
        target=Follow(installation, judge, lambda *_, **__: None, judge_every_s=0.1).run, args=(stop,)
    )
    thread.start()
    until = time.monotonic() + 60
    while len(calls) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    stop.set()
    thread.join()
    installation.stores.close()
    assert calls == [{"north"}, {"south"}, {"north"}]
