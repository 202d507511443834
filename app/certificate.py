"""The certificate of a day: what the journals hold, and where every value of it is, read back from store and
quarantine. By the day of the reading and by the day of arrival, for each school's own local day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from app import status
from app.certificate_rows import Row, rows
from app.certificate_scan import Heard, Journal, Progress, first_arrival, heard
from app.certificate_tally import Asked, Tallies, note
from app.wiring import Installation
from ingest import cursor, quarantine

# Counters that only a running process knows: told, never part of the proof.
_TOLD = ("broker_dropped", "qos0_dropped")


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages that arrived on the day: how many, kept by the broker, and without any value (a heartbeat)."""

    all: int = 0
    retained: int = 0
    empty: int = 0


@dataclass(frozen=True, slots=True)
class Certificate:
    """A day's certificate.

    `looked_until`: arrivals until then were read; `whole`: that was to the journals' end; `reaches_back_to`: the
    oldest message the journals still hold, None without any; `told`: what processes say of themselves.
    """

    day: date
    issued: datetime
    by_reading: tuple[Row, ...]
    by_arrival: tuple[Row, ...]
    messages: Messages
    looked_until: datetime
    whole: bool
    over: bool
    reaches_back_to: datetime | None
    told: Mapping[str, int] = field(default_factory=dict)

    @property
    def unaccounted(self) -> int:
        """How many values are not where they should be; 0 is the claim of the pipeline."""
        return sum(row.counted.unaccounted for row in (*self.by_reading, *self.by_arrival))


def certify(installation: Installation, asked: Asked, progress: Progress | None = None) -> Certificate:
    """Return the certificate. Raises `JournalCorrupt` and `StoreUnavailable`."""
    arrivals = asked.around()
    # In this order: what the drain had passed by now is in store or quarantine when these are read.
    journals = [Journal(f, cursor.load(installation.cursor("drain", f))) for f in installation.journals()]
    held = quarantine.held(installation.settings.data.quarantine, arrivals)
    by_reading: Tallies = {}
    by_arrival: Tallies = {}
    counts = [0, 0, 0]
    for one in heard(journals, arrivals, installation.routes, held, progress):
        note(one, asked, by_reading, by_arrival)
        _count_message(one, asked, counts)
    oldest = min((first for j in journals if (first := first_arrival(j.folder))), default=None)
    return Certificate(
        asked.day,
        asked.now,
        tuple(rows(installation, asked, by_reading, reading_day=True)),
        tuple(rows(installation, asked, by_arrival, reading_day=False)),
        Messages(*counts),
        arrivals[1],
        arrivals[1] >= asked.now,
        all(asked.window(school)[1] <= asked.now for school in asked.schools),
        oldest,
        _told(installation),
    )


def _count_message(one: Heard, asked: Asked, counts: list[int]) -> None:
    start, end = asked.window("")
    if start <= one.message.arrived < end:
        counts[0] += 1
        counts[1] += one.message.retained
        counts[2] += not one.values


def _told(installation: Installation) -> dict[str, int]:
    every = status.read(installation.settings.data.root / "status")
    return {
        f"{name} {fact}": int(facts[fact])
        for name, facts in every.items()
        for fact in _TOLD
        if isinstance(facts.get(fact), int) and facts[fact]
    }
