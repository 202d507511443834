"""Raw registers → hours → local days → months, of meters and of all they belong to.

Follows the journal behind the drain: what readings between two cursors can have changed is computed anew from
the store and replaced, so that running again, or being killed anywhere, ends in the same state.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path

from app import sums, virtual
from app.recompute import derive_register
from app.shelf import Shelf
from app.windows import DAY_MS, Window, merged, runs
from campus.ports import Store
from campus.readings import Reject
from campus.registry import Registry
from campus.schema import from_ms, to_ms
from ingest import cursor, journal
from ingest.checks import Routed, Routes
from ingest.drain import message_of
from ingest.journal import EVENT, Position
from ingest.payload import Message
from ingest.sessions import Hearing, read

BATCH = 20_000  # messages a step

Key = tuple[str, str, str]  # school, meter, quantity
# Told each message with what it came to, as it is passed.
Hear = Callable[[Message, Sequence[Routed | Reject]], None]


@dataclass(frozen=True, slots=True)
class World:
    """The schools as they are registered now, and their stores."""

    registries: Mapping[str, Registry]
    stores: Mapping[str, Store]


@dataclass(slots=True)
class Touched:
    """Which days of which registers have new readings, and which registers and virtual meters are to be done again.

    `virtuals` are schools and keys.
    """

    days: dict[Key, set[int]] = field(default_factory=dict)
    whole: set[Key] = field(default_factory=set)
    virtuals: set[tuple[str, str]] = field(default_factory=set)

    def add(self, key: Key, time_ms: int, until_ms: int) -> None:
        """Note a reading."""
        self.days.setdefault(key, set()).update((time_ms // DAY_MS, until_ms // DAY_MS))


def touched_between(
    folder: Path, start: Position, end: Position, hearing: Hearing, *, hear: Hear | None = None
) -> tuple[Touched, Position]:
    """Return what a journal's entries in [start, end) touched, a batch of them, and where the batch ends."""
    touched, place = Touched(), start
    while place < end:
        entries = [e for e in islice(journal.read(folder, place), BATCH) if e.at < end]
        if not entries:
            break
        for entry in entries:
            _note(entry, hearing, touched, hear)
        place = entries[-1].next
        if sum(map(len, touched.days.values())) > BATCH or len(entries) >= BATCH:
            break
    return touched, place


def _note(entry: journal.Entry, hearing: Hearing, touched: Touched, hear: Hear | None) -> None:
    if entry.record.flags & EVENT:
        event = json.loads(entry.record.payload)
        touched.whole.update((event["school"], meter, quantity) for meter, quantity in event["registers"])
        touched.virtuals.update((event["school"], key) for key in event.get("virtuals", ()))
        return
    message = message_of(entry)
    results = read(hearing, message)
    if hear is not None:
        hear(message, results)
    for result in results:
        if isinstance(result, Routed):
            reading = result.reading
            start_ms = to_ms(reading.time)
            key = (result.school, reading.meter, reading.quantity)
            touched.add(key, start_ms, start_ms + reading.duration // timedelta(milliseconds=1))


def derive(touched: Touched, world: World) -> dict[Key, list[Window]]:
    """Compute anew what was touched and return the windows that may have changed."""
    schools = {key[0] for key in (*touched.days, *touched.whole, *touched.virtuals)}
    shelves = {school: Shelf(world.stores[school]) for school in sorted(schools) if school in world.registries}
    shelved = World(world.registries, shelves)
    changed: dict[Key, list[Window]] = {}
    for key, days in touched.days.items():
        if key not in touched.whole:
            windows = [(from_ms(first * DAY_MS), from_ms((last + 1) * DAY_MS - 1)) for first, last in runs(days)]
            changed[key] = merged(w for t in windows if (w := _register(key, t, shelved)))
    for key in touched.whole:
        changed[key] = [window] if (window := _register(key, None, shelved)) else []
    for school, shelf in shelves.items():
        _above(school, (changed, touched), shelved)
        shelf.flush()
    return changed


def _above(school: str, what: tuple[Mapping[Key, list[Window]], Touched], world: World) -> None:
    """Compute the sums that registers count in, and virtual meters after all that they are made of."""
    changed, touched = what
    registry, store = world.registries[school], world.stores[school]
    mine = {(meter, quantity): windows for (at, meter, quantity), windows in changed.items() if at == school}
    moved = {(meter, quantity) for at, meter, quantity in touched.whole if at == school}
    sums.follow(registry, store, mine, moved)
    if registry.virtuals:
        virtual.follow(registry, store, mine, {key for at, key in touched.virtuals if at == school})


def _register(key: Key, touched: Window | None, world: World) -> Window | None:
    school, meter_key, quantity = key
    registry = world.registries.get(school)
    meter = registry.meters.get(meter_key) if registry else None
    register = meter.register(quantity) if meter else None
    if registry is None or meter is None or register is None:
        return None
    # A level has no hours, but rules read its rows.
    return (
        touched
        if register.quantity.gauge
        else derive_register(world.stores[school], registry, (meter, quantity), touched)
    )


def step(
    folder: Path, cursors: tuple[Path, Path], known: Routes, world: World, *, hear: Hear | None = None
) -> dict[Key, list[Window]] | None:
    """Derive one batch of a journal behind its drain; None when there is nothing new. The cursor moves last."""
    drained, derived = map(cursor.load, cursors)
    if derived >= drained:
        return None
    hearing = Hearing(known, cursor.memory(cursors[1]))
    touched, place = touched_between(folder, derived, drained, hearing, hear=hear)
    changed = derive(touched, world)
    cursor.save(cursors[1], place, hearing.memory)
    return changed
