"""Which run speaks of which time: what is in force follows from the runs, in whatever order they came."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from campus.results import Finding
from campus.schema import from_ms, to_ms
from ledger.match import RE_ARM, gap
from ledger.rows import from_json, to_json
from ledger.tables import JUDGED

Place = tuple[str, str, str]  # school, rule, subject
_PLACE = ("school", "rule", "subject")


@dataclass(frozen=True, slots=True)
class Run:
    """What a run judged, [start, end), when its data were read, and what it found."""

    start: datetime
    end: datetime
    as_of: datetime
    findings: tuple[Finding, ...] = ()

    @property
    def age(self) -> tuple[datetime, datetime]:
        """Orders runs: the one that judged further is the later, of those that judged as far the one read later."""
        return self.end, self.as_of


def speaking(known: Sequence[Run], run: Run) -> list[Run]:
    """Return the runs that have a say once `run` is known too, latest first; without `run` where it has none.

    A later run reaches further, so it speaks of everything from its own start on, and those before it of what lies
    before that start.
    """
    if run.start >= run.end or any(other.start <= run.start and other.age > run.age for other in known):
        return list(known)
    heard = [other for other in known if other.start < run.start or other.age > run.age]
    return _latest_first([*heard, run])


def in_force(runs: Sequence[Run]) -> list[Finding]:
    """Return what runs, latest first, have found together.

    What an earlier run saw go on, or reach into the time of a later one, is the event the later one found near it.
    """
    found: list[Finding] = []
    until: datetime | None = None
    for run in runs:
        limit = run.end if until is None else until
        mine = [one for one in run.findings if one.start < limit]
        found += [one for one in mine if not (_reaches(one, limit) and any(gap(one, o) < RE_ARM for o in found))]
        until = run.start
    return found


def spoken_of(runs: Sequence[Run], time: datetime) -> bool:
    """Whether any of the runs judged a time."""
    return any(run.start <= time < run.end for run in runs)


def _latest_first(runs: Sequence[Run]) -> list[Run]:
    # Of one age the run that begins later came later, or it would have silenced the other.
    return sorted(runs, key=lambda run: (run.age, run.start), reverse=True)


def _reaches(finding: Finding, limit: datetime) -> bool:
    return finding.end is None or finding.end > limit


def runs_of(connection: sa.Connection, places: Collection[Place]) -> dict[Place, list[Run]]:
    """Return the runs that have a say about each place, latest first; a place nobody judged is not there."""
    found: dict[Place, list[Run]] = {}
    for row in connection.execute(sa.select(JUDGED).where(*among(JUDGED, places))):
        run = Run(
            from_ms(row.start_ms), from_ms(row.end_ms), from_ms(row.as_of_ms), tuple(map(from_json, row.findings))
        )
        found.setdefault((row.school, row.rule, row.subject), []).append(run)
    return {place: _latest_first(runs) for place, runs in found.items() if place in places}


def among(table: sa.Table, places: Collection[Place]) -> list[sa.ColumnElement[bool]]:
    """Return conditions that the rows of places meet, and perhaps some of others of the same rules and subjects."""
    return [table.c[name].in_(sorted({place[at] for place in places})) for at, name in enumerate(_PLACE)]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a place from now on: `run` is new, of those `known` before only some have a say with it."""

    place: Place
    known: Sequence[Run]
    runs: Sequence[Run]
    run: Run


def keep(connection: sa.Connection, every: Sequence[Kept]) -> None:
    """Keep the runs that have a say."""
    doomed = [(kept.place, run) for kept in every for run in kept.known if run not in kept.runs]
    # A new run that begins where a known one did takes its row.
    doomed += [(kept.place, kept.run) for kept in every]
    of_place = [JUDGED.c[name] == sa.bindparam(f"of_{name}") for name in _PLACE]
    gone = sa.delete(JUDGED).where(*of_place, JUDGED.c.start_ms == sa.bindparam("from_ms"))
    if doomed:
        connection.execute(gone, [_key(place, run) for place, run in doomed])
    if every:
        connection.execute(sa.insert(JUDGED), [_row(kept) for kept in every])


def _key(place: Place, run: Run) -> dict[str, str | int]:
    return {**{f"of_{name}": value for name, value in zip(_PLACE, place, strict=True)}, "from_ms": to_ms(run.start)}


def _row(kept: Kept) -> dict[str, Any]:
    run = kept.run
    times = {"start_ms": to_ms(run.start), "end_ms": to_ms(run.end), "as_of_ms": to_ms(run.as_of)}
    told = {"findings": [to_json(finding) for finding in run.findings]}
    return {**dict(zip(_PLACE, kept.place, strict=True)), **times, **told}
