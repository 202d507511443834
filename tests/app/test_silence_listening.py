"""Whether we listen ourselves: by what the receivers say, and by what waits in the journals."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from app import silence_heard
from app.follow import Follow
from app.silence import Watch
from app.silence_heard import Memory, state_file
from app.silence_listening import BREAK, RETIRED, Listening, listening
from campus.schema import from_ms, to_ms
from tests.app.certificate_example import Home, home, said

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def receiver(here: Home, name: str = "main", ago: timedelta = timedelta(0), connected: bool = True) -> None:
    """Write what a receiver said of itself a while ago."""
    folder = here.folder / "data" / "status"
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"connected": connected, "pid": 1, "at": NOW.timestamp() - ago.total_seconds()}
    (folder / f"ingest-{name}.json").write_text(json.dumps(facts))


@pytest.fixture
def here(tmp_path) -> Home:
    return home(tmp_path, "a", "b")


def told(here: Home, memory: Memory | None = None, now: datetime = NOW) -> Listening:
    found = here.installation()
    with closing(found.stores):
        return listening(found, memory or Memory(), now)


def test_who_never_received_anything_is_not_deaf(here: Home):
    assert told(here) is Listening.NEVER


def test_a_connected_receiver_listens_and_one_that_is_away_or_gone_does_not(here: Home):
    receiver(here)
    memory = Memory()
    assert told(here, memory) is Listening.YES and memory.since_ms == memory.seen_ms == to_ms(NOW)
    receiver(here, connected=False)
    assert told(here, memory, NOW + MINUTE) is Listening.NO
    receiver(here, ago=MINUTE)
    assert told(here, memory, NOW + MINUTE) is Listening.NO
    assert memory.seen_ms == to_ms(NOW)


def test_of_two_members_both_must_listen_but_not_one_long_retired(here: Home):
    receiver(here)
    receiver(here, "2", connected=False)
    assert told(here, Memory(seen_ms=1)) is Listening.NO
    receiver(here, "2", ago=RETIRED + MINUTE)
    assert told(here) is Listening.YES


def test_a_short_break_changes_nothing_and_a_long_one_begins_anew(here: Home):
    receiver(here)
    memory = Memory()
    told(here, memory, NOW)
    receiver(here, ago=-BREAK)
    told(here, memory, NOW + BREAK)
    assert memory.since_ms == to_ms(NOW)
    receiver(here, ago=-(2 * BREAK + MINUTE))
    told(here, memory, NOW + 2 * BREAK + MINUTE)
    assert memory.since_ms == to_ms(NOW + 2 * BREAK + MINUTE)


def test_what_waits_in_a_journal_is_waited_for(here: Home):
    receiver(here)
    here.write([said("a", NOW - 9 * MINUTE, 1.0)])
    assert told(here) is Listening.BEHIND
    here.drain()
    assert told(here) is Listening.BEHIND  # drained, but not yet derived


def test_the_deriving_process_hears_who_speaks_and_remembers(here: Home):
    receiver(here)
    here.write([said("a", NOW - 3 * MINUTE, 1.0), said("b", NOW - 2 * MINUTE, 1.0)])
    here.drain()
    installation = here.installation()
    stop, path = threading.Event(), state_file(installation.settings.data.cursors)

    class Books:
        def episodes(self, _school):
            return []

    watch = Watch(Books(), lambda: NOW)
    follow = Follow(installation, lambda *_: None, lambda *_, **__: None, watch=watch)
    thread = threading.Thread(target=follow.run, args=(stop,))
    with closing(installation.stores):
        thread.start()
        until = time.monotonic() + 60
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.02)
        stop.set()
        thread.join()
    ears = silence_heard.load(path).ears["north"]
    assert {key: from_ms(ear.heard_ms) for key, ear in ears.items()} == {
        "a": from_ms(to_ms(NOW - 3 * MINUTE)),
        "b": from_ms(to_ms(NOW - 2 * MINUTE)),
    }
