"""Which run speaks of which time, so that runs in any order end alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from campus.schema import from_ms, to_ms
from ledger.tables import JUDGED

Place = tuple[str, str, str]  # school, rule, subject
_PLACE = ("school", "rule", "subject")


@dataclass(frozen=True, slots=True)
class Run:
    """What a run judged, [start, end), and when its data were read."""

    start: datetime
    end: datetime
    as_of: datetime

    @property
    def age(self) -> tuple[datetime, datetime]:
        """Orders runs: the one that judged further is the later, of those that judged as far the one read later."""
        return self.end, self.as_of


def until(run: Run, known: Sequence[Run]) -> datetime | None:
    """Return the end of what a run has a say in beside those known; None where a later one judged all of it.

    A later run reaches further, so it speaks of everything from its own start on.
    """
    limit = min([run.end, *(other.start for other in known if other.age > run.age)])
    return limit if limit > run.start else None


def repeats(run: Run, known: Sequence[Run]) -> bool:
    """Whether one of those known judged the same window."""
    return any((other.start, other.end) == (run.start, run.end) for other in known)


def runs(connection: sa.Connection, place: Place) -> list[Run]:
    """Return the runs that still have a say about a place."""
    rows = connection.execute(sa.select(JUDGED).where(*_of(place)))
    return [Run(from_ms(row.start_ms), from_ms(row.end_ms), from_ms(row.as_of_ms)) for row in rows]


def note(connection: sa.Connection, place: Place, run: Run) -> None:
    """Keep a run that has a say, and forget the earlier ones it leaves none."""
    times = {"start_ms": to_ms(run.start), "end_ms": to_ms(run.end), "as_of_ms": to_ms(run.as_of)}
    # No later run begins as early, or this one had nothing to say: what begins here or after and is no later goes.
    silent = [other for other in runs(connection, place) if other.start >= run.start and other.age <= run.age]
    for other in silent:
        connection.execute(sa.delete(JUDGED).where(*_of(place), JUDGED.c.start_ms == to_ms(other.start)))
    connection.execute(sa.insert(JUDGED).values(**dict(zip(_PLACE, place, strict=True)), **times))


def _of(place: Place) -> list[sa.ColumnElement[bool]]:
    return [JUDGED.c[name] == value for name, value in zip(_PLACE, place, strict=True)]
