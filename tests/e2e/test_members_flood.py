"""A device that floods a real broker is told of while it does, is told of no more afterwards, and loses nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

from app import status
from app.alarms import alarms
from ingest import journal
from ingest.journal import Position, Writer
from ingest.rush import MINUTES, Rush
from ingest.source import Broker, Receiver
from tests.app.test_floods import SCHOOLS
from tests.e2e import needs
from tests.faults import brokers
from tests.faults.pipe import until
from tests.faults.publisher import Publisher, Told

pytestmark = needs.mosquitto

# Minutes of a test; each still holds more messages than the meter says in a day.
MINUTE_S, PER_S = 1.0, 500.0


def test_a_flood_is_told_with_topic_and_school_while_it_lasts_and_every_message_is_kept(tmp_path: Path) -> None:
    stop, enough = threading.Event(), threading.Event()
    with brokers.running(tmp_path / "broker") as local, closing(Writer(tmp_path / "journal")) as writer:
        at = Broker("127.0.0.1", local.port, "ours", filters=("campus/#",))
        receiver = Receiver(at, writer, lambda *_, **__: None, stop, rush=Rush(MINUTE_S))
        receiving = threading.Thread(target=receiver.run)
        receiving.start()
        until(lambda: receiver.counts.connected)
        meters = Publisher(local.port)
        speaking = threading.Thread(target=meters.publish, args=(flood(enough), PER_S))
        began = time.monotonic()
        speaking.start()
        until(lambda: told(tmp_path, receiver))
        assert time.monotonic() - began > (MINUTES - 1) * MINUTE_S, "a burst is no flood"
        (text,) = told(tmp_path, receiver)
        assert text.startswith("campus/north/a of school north has brought ") and "Nothing is dropped" in text
        enough.set()
        speaking.join()
        until(lambda: not told(tmp_path, receiver))
        until(lambda: receiver.counts.journaled >= len(meters.acknowledged))
        stop.set()
        receiving.join()
    assert set(meters.acknowledged) == come(tmp_path / "journal") and len(meters.acknowledged) > 500


def flood(enough: threading.Event) -> Iterator[Told]:
    for number in count():
        if enough.is_set():
            return
        yield "campus/north/a", b"%d" % number


def told(folder: Path, receiver: Receiver) -> list[str]:
    """Return what page and `campus status` would say of the receiver now."""
    status.write(folder / "status", "ingest-main", {"busy": receiver.rush.lasting(time.time())})
    return [said.en for said in alarms(folder / "status", SCHOOLS)]


def come(folder: Path) -> set[Told]:
    at, found = Position(), set[Told]()
    while entries := list(journal.read(folder, at)):
        found.update((entry.record.topic, entry.record.payload) for entry in entries)
        at = entries[-1].next
    return found
