"""Journal → store: each message becomes readings in the store or an entry in quarantine; then the cursor moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from campus.ports import Reason, Store, Written
from campus.readings import Kind, Reading
from campus.schema import REGISTER, Point, SeriesId, from_ms, to_ms
from ingest import cursor, journal
from ingest.checks import Routed, Routes
from ingest.direct import direct
from ingest.direct import points as plain_points
from ingest.journal import EVENT, REPLAYED, RETAINED, Entry, Position
from ingest.payload import Message
from ingest.quarantine import Held, QuarantineFile
from ingest.sessions import Hearing, read

BATCH = 5_000  # messages a batch: bounds memory, and the time a store transaction takes


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where the drain puts what it reads: one store a school, and one quarantine."""

    stores: Mapping[str, Store]
    quarantine: QuarantineFile


@dataclass(frozen=True, slots=True)
class Drained:
    """What one batch came to: `next` is where the cursor now stands."""

    messages: int
    readings: int
    held: int
    conflicts: int
    next: Position


# Where points came from: a message, and their numbers inside it.
_Origin = tuple[Entry, Sequence[int]]


@dataclass(slots=True)
class _Batch:
    points: dict[str, list[Point]] = field(default_factory=dict)
    origins: dict[str, list[_Origin]] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)


def drain(folder: Path, cursor_file: Path, known: Routes, sinks: Sinks) -> Drained | None:
    """Move one batch from a journal folder; None when there is nothing new.

    The cursor moves only after store and quarantine have it durably, so a batch that is cut short anywhere is
    done again with the same result. Raises `StoreUnavailable` and `JournalCorrupt`, with the cursor unmoved.
    """
    entries = list(islice(journal.read(folder, cursor.load(cursor_file)), BATCH))
    if not entries:
        return None
    batch, hearing = _Batch(), Hearing(known, cursor.memory(cursor_file))
    for entry in entries:
        if not entry.record.flags & EVENT:
            _sort(entry, hearing, batch)
    conflicts = 0
    for school, points in batch.points.items():
        written = sinks.stores[school].write(points)
        conflicts += len(written.conflicts)
        batch.held.extend(_refused(written, points, batch.origins[school]))
    if batch.held:
        sinks.quarantine.add(folder.name, batch.held)
    cursor.save(cursor_file, entries[-1].next, hearing.memory)
    stored = sum(map(len, batch.points.values()))
    return Drained(len(entries), stored, len(batch.held), conflicts, entries[-1].next)


def _sort(entry: Entry, hearing: Hearing, batch: _Batch) -> None:
    way = direct(hearing.known, entry.record.topic)
    if way is not None and (points := plain_points(way, entry.record)):
        batch.points.setdefault(way.school, []).extend(points)
        batch.origins.setdefault(way.school, []).append((entry, range(len(points))))
        return
    message = message_of(entry)
    for position, result in enumerate(read(hearing, message)):
        if isinstance(result, Routed):
            batch.points.setdefault(result.school, []).append(point(result.reading))
            batch.origins.setdefault(result.school, []).append((entry, (position,)))
        else:
            batch.held.append(Held(entry.at, position, message, Reason(result.reason), result.detail))


def _refused(written: Written, points: list[Point], origins: list[_Origin]) -> Iterator[Held]:
    """Yield what the store refused. Its number inside its message keeps it apart from others, in every run alike."""
    if not written.refused:
        return
    waiting: dict[Point, list[tuple[Entry, int]]] = {}
    places = ((entry, item) for entry, items in origins for item in items)
    for one, place in zip(points, places, strict=True):
        waiting.setdefault(one, []).append(place)
    for refused in written.refused:
        entry, item = waiting[refused.point].pop(0)
        yield Held(entry.at, item, message_of(entry), Reason.STORE_REFUSED, refused.reason)


def message_of(entry: Entry) -> Message:
    """Return the message of a journal entry."""
    record = entry.record
    retained, replayed = bool(record.flags & RETAINED), bool(record.flags & REPLAYED)
    return Message(record.topic, record.payload, from_ms(record.arrived_ms), retained, replayed=replayed)


GAUGE_SECONDS = -1.0


def point(reading: Reading) -> Point:
    """Return the stored row of a Reading (see `campus.schema.FIELDS`)."""
    seconds = GAUGE_SECONDS if reading.kind is Kind.GAUGE else reading.duration.total_seconds()
    series = SeriesId(REGISTER, reading.meter, reading.quantity)
    return Point(series, to_ms(reading.time), (reading.value, seconds, reading.quality.value, reading.serial))
