"""Episodes and their history in the database; every function works inside its caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from campus.ports import OPEN_STATES, Entry, Episode, State
from campus.schema import from_ms, to_ms
from ledger.judged import Place, among
from ledger.rows import episode_of, from_json, row_of, to_json
from ledger.tables import EPISODE, HISTORY

# A size that moved by less than this share of itself is not worth a line of history.
NOTICEABLE = 0.1


def of_places(connection: sa.Connection, places: Collection[Place]) -> dict[Place, list[Episode]]:
    """Return every episode of each place, oldest first, held against other writers."""
    wanted = sa.select(EPISODE).where(*among(EPISODE, places)).order_by(EPISODE.c.id).with_for_update()
    found: dict[Place, list[Episode]] = {}
    for row in connection.execute(wanted).mappings():
        found.setdefault((row["school"], row["rule"], row["subject"]), []).append(episode_of(dict(row)))
    return {place: known for place, known in found.items() if place in places}


def one(connection: sa.Connection, school: str, episode: int) -> Episode | None:
    """Return an episode of a school, held against other writers; None where the school has no such."""
    wanted = sa.select(EPISODE).where(EPISODE.c.id == episode, EPISODE.c.school == school).with_for_update()
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else episode_of(dict(row))


def of_school(connection: sa.Connection, school: str, open_only: bool) -> list[Episode]:
    """Return a school's episodes, dearest open ones first; withdrawn ones are history and not among them."""
    is_open = EPISODE.c.state.in_([str(state) for state in OPEN_STATES])
    wanted = sa.select(EPISODE).where(EPISODE.c.school == school, EPISODE.c.state != str(State.WITHDRAWN))
    dearest = sa.func.coalesce(EPISODE.c.yuan_per_day, 0.0).desc()
    ordered = wanted.order_by(sa.not_(is_open), dearest, EPISODE.c.start_ms.desc(), EPISODE.c.id)
    chosen = ordered.where(is_open) if open_only else ordered
    return [episode_of(dict(row)) for row in connection.execute(chosen).mappings()]


def history(connection: sa.Connection, episode: int) -> list[Entry]:
    """Return what happened to an episode, oldest first."""
    wanted = sa.select(HISTORY).where(HISTORY.c.episode == episode).order_by(HISTORY.c.version)
    return [
        Entry(from_ms(row.at_ms), State(row.state), row.who, row.text, from_json(row.finding))
        for row in connection.execute(wanted)
    ]


def since(connection: sa.Connection, episode: Episode) -> datetime:
    """Return when an episode came into its state."""
    at = episode.updated
    for entry in reversed(history(connection, episode.id)):
        if entry.state is not episode.state:
            break
        at = entry.at
    return at


def insert(connection: sa.Connection, episode: Episode) -> Episode:
    """Add an episode; return it with its id."""
    key = connection.execute(sa.insert(EPISODE).values(row_of(episode))).inserted_primary_key
    assert key is not None
    added = replace(episode, id=int(key[0]))
    _note(connection, added, "", "")
    return added


def save(connection: sa.Connection, before: Episode, after: Episode, at: datetime) -> Episode | None:
    """Write what the meter changed; None where nothing did, or another changed it meanwhile (the next run has it)."""
    if before == after:
        return None
    written = _write(connection, before, after, at)
    # Every hour an open episode is seen a little longer; only what somebody would notice becomes history.
    if written is not None and _noticeable(before, written):
        _note(connection, written, "", "")
    return written


def save_act(connection: sa.Connection, before: Episode, after: Episode, who: str, text: str) -> Episode | None:
    """Write what somebody did, always with a line of history; None where another changed the episode meanwhile."""
    written = _write(connection, before, after, after.updated)
    if written is not None:
        _note(connection, written, who, text)
    return written


def _write(connection: sa.Connection, before: Episode, after: Episode, at: datetime) -> Episode | None:
    newer = replace(after, updated=at, version=before.version + 1)
    mine = (EPISODE.c.id == before.id) & (EPISODE.c.version == before.version)
    done = connection.execute(sa.update(EPISODE).where(mine).values(row_of(newer)))
    return newer if done.rowcount else None


def _note(connection: sa.Connection, episode: Episode, who: str, text: str) -> None:
    line = {
        "episode": episode.id,
        "version": episode.version,
        "at_ms": to_ms(episode.updated),
        "state": str(episode.state),
        "finding": to_json(episode.finding),
        "who": who,
        "text": text,
    }
    connection.execute(sa.insert(HISTORY).values(line))


def _noticeable(before: Episode, after: Episode) -> bool:
    """Whether state, onset or end moved, or the size noticeably."""
    old, new = before.finding, after.finding
    moved = (before.state, old.start, old.end) != (after.state, new.start, new.end)
    if old.size is None or new.size is None:
        return moved or old.size != new.size
    return moved or abs(new.size - old.size) > NOTICEABLE * abs(old.size)
