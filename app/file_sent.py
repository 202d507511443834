"""What an import sent and what became of it, by reading the store before and after: new, already there, changed."""

from __future__ import annotations

import fcntl
import time
from array import array
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.table_problem import FileRefused
from app.wiring import Installation
from campus.ports import Store
from campus.readings import Reading
from campus.schema import REGISTER, SeriesId, from_ms, to_ms
from ingest import cursor, journal
from ingest.drain import Sinks
from ingest.drain import drain as journal_to_store
from ingest.journal import JournalBusy, Record, Writer

JOURNAL = "files"  # a journal of its own: a long file keeps nobody waiting at the desk's
_GROUP = 100  # records a write to disk
_SLICE = 100_000  # readings asked of the store at once
_POLL_S = 0.1

Key = tuple[str, str]  # meter, quantity


@dataclass(slots=True)
class Sent:
    """The readings of a file by register, in the order of its rows."""

    times: dict[Key, array[int]] = field(default_factory=dict)
    values: dict[Key, array[float]] = field(default_factory=dict)

    def keep(self, reading: Reading) -> None:
        """Note a reading."""
        key = reading.meter, reading.quantity
        if key not in self.times:
            self.times[key], self.values[key] = array("q"), array("d")
        self.times[key].append(to_ms(reading.time))
        self.values[key].append(reading.value)

    @property
    def count(self) -> int:
        """How many readings there are."""
        return sum(map(len, self.times.values()))


class Outcome(NamedTuple):
    """What became of readings: stored for the first time, known before, another value than before (the later stands),
    and not in the store."""

    new: int
    known: int
    changed: int
    missing: int


def append(root: Path, records: Iterator[Record], file: str) -> None:
    """Put records into the journal of files, group by group, each on disk when the next is made."""
    try:
        writer = Writer(root / JOURNAL)
    except JournalBusy as error:
        raise FileRefused(file, "另一个导入正在进行，请等它结束", "another import is at work: wait for it") from error
    try:
        while group := list(islice(records, _GROUP)):
            writer.append(group)
    finally:
        writer.close()


class Known(NamedTuple):
    """What the store holds of a register: times (n,) [epoch ms, ascending] and values (n,)."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]


def stored(store: Store, sent: Sent) -> dict[Key, Known]:
    """Return what the store holds of the registers and over the times of what is sent."""
    return {key: _stored(store, SeriesId(REGISTER, *key), np.unique(times)) for key, times in sent.times.items()}


def _stored(store: Store, series: SeriesId, times: NDArray[np.int64]) -> Known:
    """Read slice by slice, and keep two numbers a reading: years of half hours come in one file."""
    parts = []
    for start in range(0, len(times), _SLICE):
        part = times[start : start + _SLICE]
        columns = store.series([series], from_ms(part[0]), from_ms(part[-1] + 1))[series]
        parts.append((columns.time_ms, columns.value))
    return Known(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def compare(sent: Sent, before: dict[Key, Known], after: dict[Key, Known]) -> Outcome:
    """Return what became of the readings sent, counted by identity."""
    outcomes = [_compare(sent, key, before[key], after[key]) for key in sent.times]
    return Outcome(*(sum(column) for column in zip(*outcomes, strict=True))) if outcomes else Outcome(0, 0, 0, 0)


def _compare(sent: Sent, key: Key, before: Known, after: Known) -> Outcome:
    times, values = np.array(sent.times[key]), np.array(sent.values[key])
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    again = np.concatenate([[False], times[1:] == times[:-1]])
    earlier = np.concatenate([[np.nan], values[:-1]])
    there = np.isin(times, before.times)
    first = there & ~again
    earlier[first] = before.values[np.searchsorted(before.times, times[first])]
    old = there | again
    changed = old & (earlier != values)
    missing = ~np.isin(times, after.times)
    counts = (~old & ~missing, old & ~changed, changed & ~missing, missing)
    return Outcome(*(int(np.count_nonzero(count)) for count in counts))


def drain(installation: Installation, patience_s: float) -> bool:
    """Bring the journal of files into the store, here or by whoever drains it already; return whether all of it is.

    Raises `StoreUnavailable`, with everything kept in the journal.
    """
    until = time.monotonic() + patience_s
    while not _ended(installation):
        if not _drained_here(installation):
            if time.monotonic() > until:
                return False
            time.sleep(_POLL_S)
    return True


def _drained_here(installation: Installation) -> bool:
    """Drain the journal of files to its end, unless another process does; return whether it was done here."""
    folder = installation.settings.data.journal / JOURNAL
    with (folder / "drain.lock").open("w") as lock, closing(installation.quarantine()) as quarantine:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        sinks, place = Sinks(installation.stores, quarantine), installation.cursor("drain", folder)
        while journal_to_store(folder, place, installation.routes, sinks) is not None:
            pass
    return True


def _ended(installation: Installation) -> bool:
    folder = installation.settings.data.journal / JOURNAL
    place = cursor.load(installation.cursor("drain", folder))
    return next(journal.read(folder, place), None) is None
