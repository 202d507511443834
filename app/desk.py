"""The desk: what people and programs change enters the journal like a message, under a writer of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.settings import Layout
from campus.schema import to_ms
from ingest import cursor, sessions
from ingest.journal import EVENT, REPLAYED, RETAINED, JournalBusy, Record, Writer
from ingest.payload import Message, formats
from ingest.quarantine import QuarantineFile

NAME = "desk"
_PATIENCE_S = 10.0


def append(journal_root: Path, records: Sequence[Record]) -> None:
    """Append records to the desk's journal, waiting for another writer to finish."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            writer = Writer(journal_root / NAME)
            break
        except JournalBusy:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    try:
        writer.append(records)
    finally:
        writer.close()


def event(topic: str, body: dict[str, Any]) -> Record:
    """Return an event as a record."""
    return Record(to_ms(datetime.now(UTC)), topic, json.dumps(body, ensure_ascii=False).encode(), EVENT)


def replay(journal_root: Path, quarantine: QuarantineFile, topic: str = "", ids: Sequence[int] = ()) -> int:
    """Put messages of the quarantine into the journal again, with the time they first arrived; return how many.

    What a message needs of its session is written into it: the desk's journal hears none.
    Cut short in between, the messages are there twice, which their identity makes harmless.
    """
    waiting = quarantine.waiting(topic, ids)
    if waiting:
        alone = _alone(journal_root)
        append(journal_root, [_record(alone(message)) for _, message in waiting])
        quarantine.close_replayed([entry_id for entry_id, _ in waiting], datetime.now(UTC))
    return len(waiting)


def _record(message: Message) -> Record:
    flags = (RETAINED if message.retained else 0) | (REPLAYED if message.replayed else 0)
    return Record(to_ms(message.arrived), message.topic, message.payload, flags)


def _alone(journal_root: Path) -> Callable[[Message], Message]:
    """Return what makes messages readable without their session, by what the drain remembers of every journal."""
    known = formats()
    memory: dict[str, str] = {}
    for file in sorted((Layout(journal_root.parent).cursors / "drain").glob("*.json")):
        memory |= cursor.memory(file)
    return lambda message: sessions.alone(known.values(), memory, message)
