"""Do we listen ourselves? Where our own receiver is away or behind, no gateway is called silent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from app import desk, file_sent, status
from app.silence_heard import Memory
from app.wiring import Installation
from campus.schema import from_ms, to_ms
from ingest import cursor, journal
from ingest.journal import JournalCorrupt, Position

# So short a break in our listening changes nothing: a gateway tries again within it, and the broker keeps what comes.
# Also how far behind the journal we may be. Assumed.
BREAK = timedelta(minutes=5)
# A receiver that has said nothing for so long is no longer one of ours.
RETIRED = timedelta(days=1)


class Listening(StrEnum):
    """Whether we listen, are behind what was heard, do not hear, or have never heard."""

    YES = "yes"
    BEHIND = "behind"
    NO = "no"
    NEVER = "never"


def listening(installation: Installation, memory: Memory, now: datetime) -> Listening:
    """Return whether we listen now, and note it in the memory."""
    told = status.read(installation.settings.data.root / "status", now.timestamp())
    ours = [facts for name, facts in told.items() if name.startswith(status.RECEIVER) and _ours(facts, now)]
    if not ours or not all(facts.get("connected") and not facts["silent"] for facts in ours):
        return Listening.NEVER if memory.seen_ms is None else Listening.NO
    now_ms = to_ms(now)
    if memory.seen_ms is None or now_ms - memory.seen_ms > BREAK // timedelta(milliseconds=1):
        memory.since_ms = now_ms
    memory.seen_ms = now_ms
    return Listening.BEHIND if behind(installation, now) else Listening.YES


def _ours(facts: Mapping[str, Any], now: datetime) -> bool:
    return now.timestamp() - float(facts["at"]) < RETIRED.total_seconds()


def behind(installation: Installation, now: datetime) -> bool:
    """Whether something that arrived a while ago has not been derived: a store that is away, a history coming in."""
    for folder in installation.journals():
        if folder.name not in (desk.NAME, file_sent.JOURNAL):
            at = cursor.load(installation.cursor("derive", folder))
            if (waiting_ms := _waiting_ms(folder, at)) is not None and now - from_ms(waiting_ms) > BREAK:
                return True
    return False


def _waiting_ms(folder: Path, at: Position) -> int | None:
    """Return when the message at a place arrived; what is damaged has waited for ever."""
    try:
        waiting = next(journal.read(folder, at, limit_bytes=4096), None)
    except JournalCorrupt:
        return 0
    return None if waiting is None else waiting.record.arrived_ms
