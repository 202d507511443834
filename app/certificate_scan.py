"""What the journals hold of a stretch of time, message by message, without reading the rest of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from app import desk
from app.certificate_births import remembered
from app.windows import Window
from campus.ports import Reason
from campus.readings import Reject
from campus.schema import from_ms, to_ms
from ingest import journal, segment
from ingest.checks import Routed, Routes
from ingest.drain import message_of
from ingest.journal import EVENT, READ_BYTES, SEGMENT_BYTES, Entry, JournalCorrupt, Position
from ingest.payload import Message
from ingest.quarantine import HeldAt
from ingest.sessions import Hearing, Memory, read

# The clock of this machine may have been set while a segment was being written: those a day off are read too.
CLOCK_SLACK = timedelta(days=1)
# More than a segment, whose last group may reach beyond its size: a compressed one is unpacked once.
_WHOLE_SEGMENT = 2 * SEGMENT_BYTES

Held = Mapping[HeldAt, tuple[Reason, bool]]
Progress = Callable[[int, int], None]


class Value(NamedTuple):
    """One value of a message as read today, and the reason it is held for; one `replayed` speaks again elsewhere."""

    result: Routed | Reject
    reason: Reason | None
    replayed: bool


class Heard(NamedTuple):
    """A message of the journal, its values, and what is held of it beyond them.

    `drained`: the drain has passed it. `reread`: it was held for another reason than today's registry would give, so
    that what was not held then cannot be told from today's values alone.
    """

    message: Message
    values: tuple[Value, ...]
    beyond: tuple[tuple[Reason, bool], ...]
    drained: bool
    reread: bool


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal folder, and how far the drain had got before anything was read."""

    folder: Path
    drained: Position


def first_arrival(folder: Path) -> datetime | None:
    """Return when the oldest message still in a journal arrived."""
    return next((from_ms(e.record.arrived_ms) for e in journal.read(folder, Position(), READ_BYTES)), None)


def heard(
    journals: Sequence[Journal], window: Window, known: Routes, held: Held, progress: Progress | None = None
) -> Iterator[Heard]:
    """Yield every message that arrived in [start, end). Raises `JournalCorrupt` rather than skip one."""
    parts = {one: segments(one.folder, window) for one in journals}
    done, every = 0, sum(map(len, parts.values()))
    at_item = _by_message(held)
    start_ms, end_ms = map(to_ms, window)
    for one, numbers in parts.items():
        hearing = Hearing(known, _remembered(one.folder, numbers, known))
        for number in numbers:
            for entry in _whole(one, number):
                if not entry.record.flags & EVENT and entry.record.arrived_ms < end_ms:
                    # Also of what came before the window: it may say what comes in it.
                    message = message_of(entry)
                    results = read(hearing, message)
                    if entry.record.arrived_ms >= start_ms:
                        held_here = at_item.get((one.folder.name, entry.at), {})
                        yield _heard(message, results, held_here, entry.at < one.drained)
            done += 1
            if progress is not None:
                progress(done, every)


def _remembered(folder: Path, numbers: Sequence[int], known: Routes) -> Memory:
    def messages(number: int) -> Iterator[Message]:
        return (message_of(entry) for entry in _entries(folder, number) if not entry.record.flags & EVENT)

    before = [number for number in segment.numbers(folder) if numbers and number < numbers[0]]
    return remembered(known, messages, before, numbers)


def segments(folder: Path, window: Window) -> list[int]:
    """Return the segments that may hold messages that arrived in the window, by their times alone.

    What the desk writes again keeps the time of its first arrival: there only the time of writing tells.
    """
    start_s = (window[0] - CLOCK_SLACK).timestamp()
    end_ms = to_ms(window[1] + CLOCK_SLACK)
    found = []
    for number in segment.numbers(folder):
        if segment.written_s(folder, number) < start_s:
            continue
        if folder.name != desk.NAME and _begins_ms(folder, number, end_ms) > end_ms:
            break
        found.append(number)
    return found


def _begins_ms(folder: Path, number: int, otherwise_ms: int) -> int:
    first = next(journal.read(folder, Position(number), limit_bytes=4096), None)
    return first.record.arrived_ms if first is not None and first.at.segment == number else otherwise_ms


def _whole(one: Journal, number: int) -> Iterator[Entry]:
    """Yield a segment's entries; raises `JournalCorrupt` where it ends before the place the drain had come to."""
    end = Position(number)
    for entry in _entries(one.folder, number):
        yield entry
        end = entry.next
    if number == one.drained.segment and end < one.drained:
        raise JournalCorrupt(one.folder, end)


def _entries(folder: Path, number: int) -> Iterator[Entry]:
    place, limit = Position(number), _WHOLE_SEGMENT
    while True:
        last = None
        for entry in journal.read(folder, place, limit):
            if entry.at.segment != number:
                return
            yield entry
            last = entry
        if last is None:
            return
        place, limit = last.next, READ_BYTES


def _by_message(held: Held) -> dict[tuple[str, Position], dict[int, tuple[Reason, bool]]]:
    by_message: dict[tuple[str, Position], dict[int, tuple[Reason, bool]]] = {}
    for place, fact in held.items():
        by_message.setdefault((place.journal, place.at), {})[place.item] = fact
    return by_message


def _heard(
    message: Message, results: Sequence[Routed | Reject], held: Mapping[int, tuple[Reason, bool]], drained: bool
) -> Heard:
    values = tuple(Value(result, *held.get(item, (None, False))) for item, result in enumerate(results))
    beyond = tuple(fact for item, fact in held.items() if item >= len(results))
    reread = bool(beyond) or any(value.reason is not None and not _same(value) for value in values)
    return Heard(message, values, beyond, drained, reread)


def _same(value: Value) -> bool:
    """Whether today's reading agrees with what a value is held for; what a store refuses is read without fault."""
    if value.reason is Reason.STORE_REFUSED:
        return isinstance(value.result, Routed)
    return isinstance(value.result, Reject) and value.result.reason == value.reason
