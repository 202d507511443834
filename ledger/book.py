"""The ledger over SQLAlchemy: SQLite where nothing else is set up, any database it speaks to otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from campus.ports import Episode
from campus.results import Finding
from campus.schema import to_ms
from ledger.match import OPEN, RE_ARM, WITHDRAWN, match, state_of
from ledger.rows import episode_of, row_of
from ledger.tables import EPISODE, HISTORY, METADATA

BUSY_S = 10.0

Clock = Callable[[], datetime]


class Book:
    """`campus.ports.Ledger` on a database; several processes may write: each change is one transaction."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        METADATA.create_all(engine)

    def record(
        self, school: str, rule: str, subject: str, findings: Sequence[Finding], judged: tuple[datetime, datetime]
    ) -> list[Episode]:
        """Match a rule's findings on a subject, over the judged window, to its episodes; return those changed.

        An episode the rule no longer finds, within the judged window, is withdrawn: corrected data made it vanish.
        """
        now = to_ms(self._clock())
        with self._writing() as connection:
            found = match(self._of(connection, school, rule, subject), findings, RE_ARM)
            changed = [self._update(connection, e, row_of(school, f, state_of(f)), now) for e, f in found.known]
            changed += [self._insert(connection, row_of(school, f, state_of(f)), now) for f in found.new]
            changed += [
                self._update(connection, e, row_of(school, e.finding, WITHDRAWN), now)
                for e in found.gone
                if judged[0] <= e.finding.start < judged[1]
            ]
            ids = [one for one in changed if one is not None]
            return [self._episode(connection, one) for one in ids]

    def episodes(self, school: str, open_only: bool = False) -> list[Episode]:
        """Return a school's episodes, dearest open ones first; withdrawn ones are history and not among them."""
        wanted = sa.select(EPISODE).where(EPISODE.c.school == school, EPISODE.c.state != WITHDRAWN)
        if open_only:
            wanted = wanted.where(EPISODE.c.state == OPEN)
        ordered = wanted.order_by(
            EPISODE.c.state != OPEN, sa.func.coalesce(EPISODE.c.yuan_per_day, 0.0).desc(), EPISODE.c.start_ms.desc()
        )
        with self._engine.connect() as connection:
            return [episode_of(dict(row)) for row in connection.execute(ordered).mappings()]

    def history(self, episode: int) -> list[tuple[int, str, dict[str, Any]]]:
        """Return every version of an episode, oldest first: version, state, finding as JSON values."""
        wanted = sa.select(HISTORY).where(HISTORY.c.episode == episode).order_by(HISTORY.c.version)
        with self._engine.connect() as connection:
            return [(row.version, row.state, row.finding) for row in connection.execute(wanted)]

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection:
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def _of(self, connection: sa.Connection, school: str, rule: str, subject: str) -> list[Episode]:
        own = (EPISODE.c.school == school) & (EPISODE.c.rule == rule) & (EPISODE.c.subject == subject)
        return [episode_of(dict(row)) for row in connection.execute(sa.select(EPISODE).where(own)).mappings()]

    def _episode(self, connection: sa.Connection, episode: int) -> Episode:
        row = connection.execute(sa.select(EPISODE).where(EPISODE.c.id == episode)).mappings().one()
        return episode_of(dict(row))

    def _insert(self, connection: sa.Connection, row: dict[str, Any], now: int) -> int:
        values = {**row, "first_found_ms": now, "updated_ms": now, "version": 1}
        key = connection.execute(sa.insert(EPISODE).values(values)).inserted_primary_key
        assert key is not None
        self._note(connection, int(key[0]), 1, row, now)
        return int(key[0])

    def _update(self, connection: sa.Connection, episode: Episode, row: dict[str, Any], now: int) -> int | None:
        """Write a new version, unless nothing changed; what another changed meanwhile is left to the next run."""
        before = row_of(episode.school, episode.finding, episode.state)
        if before == row:
            return None
        mine = (EPISODE.c.id == episode.id) & (EPISODE.c.version == episode.version)
        version = episode.version + 1
        done = connection.execute(sa.update(EPISODE).where(mine).values(**row, updated_ms=now, version=version))
        if done.rowcount == 0:
            return None
        # Every hour an open episode is seen a little longer; only what somebody would notice becomes history.
        if _noticeable(before, row):
            self._note(connection, episode.id, version, row, now)
        return episode.id

    def _note(self, connection: sa.Connection, episode: int, version: int, row: dict[str, Any], now: int) -> None:
        values = {
            "episode": episode,
            "version": version,
            "at_ms": now,
            "state": row["state"],
            "finding": row["finding"],
        }
        connection.execute(sa.insert(HISTORY).values(values))


def _noticeable(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether state, onset or end moved, or the size by more than a tenth."""
    moved = any(before[key] != after[key] for key in ("state", "start_ms", "end_ms"))
    old, new = before["finding"]["size"], after["finding"]["size"]
    return moved or abs(new - old) > 0.1 * abs(old)


def open_ledger(url: str, clock: Clock = lambda: datetime.now(UTC)) -> Book:
    """Return the ledger at a database URL, its tables made where they are missing."""
    if url.startswith("sqlite"):
        # Transactions are begun by us: the driver would begin them too late to be IMMEDIATE.
        connecting = {"timeout": BUSY_S, "isolation_level": None}
        engine = sa.create_engine(url, connect_args=connecting)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        return Book(engine, clock)
    return Book(sa.create_engine(url), clock)
