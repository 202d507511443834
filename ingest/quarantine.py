"""The quarantine: what arrived and could not be stored, with its reason, until it is replayed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from campus.errors import StoreUnavailable
from campus.ports import NewTopic, Quarantined, Reason
from campus.schema import from_ms, to_ms
from ingest.journal import Position
from ingest.payload import Format, Message, recognise

BUSY_S = 10.0
DETAIL_LENGTH = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY,
    journal TEXT NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL, item INTEGER NOT NULL,
    arrived_ms INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
    reason TEXT NOT NULL, detail TEXT NOT NULL, format TEXT NOT NULL, retained INTEGER NOT NULL,
    replayed_ms INTEGER,
    UNIQUE (journal, segment, offset, item)
);
CREATE INDEX IF NOT EXISTS quarantine_open ON quarantine (topic) WHERE replayed_ms IS NULL;
"""
_COLUMNS = "id, journal, segment, offset, item, arrived_ms, topic, payload, reason, detail, format, replayed_ms"


class Held(NamedTuple):
    """What is to be put into quarantine: its place in the journal, the message and why."""

    at: Position
    item: int
    message: Message
    reason: Reason
    detail: str


class QuarantineFile:
    """The quarantine of a data folder, one SQLite file that several processes may open."""

    def __init__(self, path: Path, formats: dict[str, Format]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self._explained():
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(_SCHEMA)
        self._formats = formats
        self._format_of_topic: dict[str, str] = {}

    def add(self, journal: str, held: Sequence[Held]) -> None:
        """Keep entries durably; an entry already known by its place in the journal is not added twice.

        Raises `StoreUnavailable` with none of them kept.
        """
        rows = [
            (
                journal,
                entry.at.segment,
                entry.at.offset,
                entry.item,
                to_ms(entry.message.arrived),
                entry.message.topic,
                entry.message.payload,
                entry.reason.value,
                _storable(entry.detail),
                self._format(entry),
                entry.message.retained,
            )
            for entry in held
        ]
        with self._writing():
            self._db.executemany(
                "INSERT OR IGNORE INTO quarantine (journal, segment, offset, item, arrived_ms, topic, payload,"
                " reason, detail, format, retained) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                rows,
            )

    def _format(self, entry: Held) -> str:
        if entry.reason is not Reason.UNKNOWN_TOPIC:
            return ""
        topic = entry.message.topic
        if not self._format_of_topic.get(topic):
            if len(self._format_of_topic) > 10_000:
                self._format_of_topic.clear()
            self._format_of_topic[topic] = recognise(self._formats, entry.message)
        return self._format_of_topic[topic]

    def entries(self, limit: int = 200, open_only: bool = True) -> list[Quarantined]:
        """Return entries, newest first."""
        where = "WHERE replayed_ms IS NULL" if open_only else ""
        sql = f"SELECT {_COLUMNS} FROM quarantine {where} ORDER BY id DESC LIMIT ?"
        return [_entry(row) for row in self._db.execute(sql, (limit,))]

    def entry(self, entry_id: int) -> Quarantined | None:
        """Return one entry."""
        row = self._db.execute(f"SELECT {_COLUMNS} FROM quarantine WHERE id=?", (entry_id,)).fetchone()
        return _entry(row) if row else None

    def counts(self) -> dict[Reason, int]:
        """Return how many open entries each reason has."""
        rows = self._db.execute("SELECT reason, count(*) FROM quarantine WHERE replayed_ms IS NULL GROUP BY reason")
        return {Reason(reason): count for reason, count in rows}

    def new_topics(self) -> list[NewTopic]:
        """Return the unregistered topics with open entries, most recently heard first."""
        rows = self._db.execute(
            "SELECT o.topic, n, first, last, fmt, q.payload FROM (SELECT topic, count(*) n, min(arrived_ms) first,"
            " max(arrived_ms) last, max(format) fmt, max(id) newest FROM quarantine"
            " WHERE replayed_ms IS NULL AND reason=? GROUP BY topic) o JOIN quarantine q ON q.id = newest"
            " ORDER BY last DESC",
            (Reason.UNKNOWN_TOPIC.value,),
        )
        return [NewTopic(t, n, from_ms(first), from_ms(last), p, fmt) for t, n, first, last, fmt, p in rows]

    def waiting(self, topic: str = "", ids: Iterable[int] = ()) -> list[tuple[int, Message]]:
        """Return open messages to replay, oldest first: of a topic, of given entries, or all; each message once.

        Of a topic are those below it too, and those of a device registered under it that speaks on others.
        """
        wanted = set(ids)
        rows = self._db.execute(
            "SELECT min(id), group_concat(id), topic, payload, arrived_ms, retained FROM quarantine"
            " WHERE replayed_ms IS NULL AND (?='' OR topic=? OR topic LIKE ? ESCAPE '!'"
            " OR topic IN (SELECT value FROM json_each(?))) GROUP BY journal, segment, offset ORDER BY 1",
            (topic, topic, _below(topic), json.dumps(self._spoken_by(topic))),
        )
        return [
            (entry_id, Message(name, payload, from_ms(arrived), bool(retained)))
            for entry_id, together, name, payload, arrived, retained in rows
            if not wanted or not wanted.isdisjoint(map(int, together.split(",")))
        ]

    def _spoken_by(self, registered: str) -> list[str]:
        """Return the waiting topics on which a device speaks that is registered under another."""
        spoken = self._db.execute("SELECT DISTINCT topic, format FROM quarantine WHERE replayed_ms IS NULL")
        known = [(topic, self._formats.get(name)) for topic, name in spoken]
        return [topic for topic, fmt in known if fmt is not None and fmt.base(topic) == registered]

    def close_replayed(self, ids: Sequence[int], now: datetime) -> None:
        """Mark the entries of replayed messages, all items of each."""
        with self._writing():
            self._db.executemany(
                "UPDATE quarantine SET replayed_ms=? WHERE replayed_ms IS NULL AND (journal, segment, offset) ="
                " (SELECT journal, segment, offset FROM quarantine WHERE id=?)",
                [(to_ms(now.astimezone(UTC)), entry_id) for entry_id in ids],
            )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:
                yield

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError:
            raise  # a mistake in the program, such as using a closed file
        except sqlite3.DatabaseError as error:
            raise StoreUnavailable(
                f"the quarantine {self._path} cannot be written ({error}): free disk space, end what holds it, or "
                "move a damaged file away with its -wal and -shm and restore a backup"
            ) from error


def _storable(detail: str) -> str:
    """Return a sentence that quotes a device, short enough to read and without halves of characters."""
    return detail[:DETAIL_LENGTH].encode("utf-8", "replace").decode("utf-8")


def _below(topic: str) -> str:
    escaped = topic.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"{escaped}/%"


def _entry(row: tuple[int, str, int, int, int, int, str, bytes, str, str, str, int | None]) -> Quarantined:
    entry_id, journal, segment, offset, item, arrived_ms, topic, payload, reason, detail, fmt, replayed = row
    return Quarantined(
        entry_id,
        journal,
        segment,
        offset,
        item,
        from_ms(arrived_ms),
        topic,
        payload,
        Reason(reason),
        detail,
        fmt,
        None if replayed is None else from_ms(replayed),
    )


class HeldAt(NamedTuple):
    """A place in the journal that is held: whose, where, and which value of its message."""

    journal: str
    at: Position
    item: int


def held(path: Path, arrived: tuple[datetime, datetime]) -> dict[HeldAt, tuple[Reason, bool]]:
    """Return every place held that arrived in [start, end): its reason, and whether it has been replayed since.

    Opens nothing for writing; without a file nothing is held.
    """
    if not path.exists():
        return {}
    query = (
        "SELECT journal, segment, offset, item, reason, replayed_ms IS NOT NULL FROM quarantine"
        " WHERE arrived_ms >= ? AND arrived_ms < ?"
    )
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_S)) as db:
        return {
            HeldAt(journal, Position(segment, offset), item): (Reason(reason), bool(replayed))
            for journal, segment, offset, item, reason, replayed in db.execute(query, tuple(map(to_ms, arrived)))
        }


def count_open(path: Path) -> int:
    """Return how many open entries a quarantine file holds, without opening it for writing."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM quarantine WHERE replayed_ms IS NULL").fetchone()[0])
