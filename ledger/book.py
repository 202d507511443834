"""The ledger and its outbox over SQLAlchemy: SQLite where nothing else is set up, PostgreSQL in production."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from campus.errors import CampusError
from campus.ports import Act, Entry, Episode, Letter, NotPossible, Ruling
from campus.projects import Frozen
from campus.results import Finding
from campus.schema import from_ms, to_ms
from ledger import acts, baselines, episodes, outbox
from ledger.database import connect, reading, writing
from ledger.judged import Kept, Run, keep, runs_of
from ledger.letters import ENDED, OPENED, Audience, nobody
from ledger.migrate import migrate
from ledger.take import Known, Said, take

Clock = Callable[[], datetime]
# Rulings taken in by one transaction: some 50 ms, so that another writer, say of the page, hardly waits.
SLICE = 400


class Book:
    """`campus.ports.Ledger` and `Outbox` on a database; several processes may write: each change is one transaction.

    Every method raises `LedgerUnavailable` when the database does not answer.
    """

    def __init__(self, engine: sa.Engine, clock: Clock, audience: Audience) -> None:
        self._engine = engine
        self._clock = clock
        self._audience = audience

    def record(
        self,
        school: str,
        rule: str,
        subject: str,
        findings: Sequence[Finding],
        judged: tuple[datetime, datetime],
        as_of: datetime | None = None,
    ) -> list[Episode]:
        """Match a rule's findings on a subject, over the judged window, to its episodes; return those changed.

        An episode the rule no longer finds, within the judged window, is withdrawn: corrected data made it vanish.
        """
        return self.record_all(school, [Ruling(rule, subject, findings, judged)], as_of)

    def record_all(self, school: str, rulings: Sequence[Ruling], as_of: datetime | None = None) -> list[Episode]:
        """Record what rules say of a school's subjects, in transactions of `SLICE`; return the episodes changed."""
        now = _whole(self._clock())
        every = [_said(school, ruling, (now, as_of)) for ruling in rulings]
        slices = (every[first : first + SLICE] for first in range(0, len(every), SLICE))
        return [episode for part in slices for episode in self._taken(school, part, now)]

    def _taken(self, school: str, part: Sequence[Said], now: datetime) -> list[Episode]:
        places = {said.place for said in part}
        every: list[Episode] = []
        with writing(self._engine, lock=school) as connection:
            known, runs = episodes.of_places(connection, places), runs_of(connection, places)
            kept: list[Kept] = []
            for said in part:
                before = known.get(said.place, [])
                changed, new = take(connection, Known(before, runs.get(said.place, [])), said, now)
                kept += [] if new is None else [new]
                every += changed
                # Of ends is told now, of beginnings whenever they have become news.
                current = {episode.id: episode for episode in (*before, *changed)}
                ended = [episode for episode in changed if episode.state in ENDED]
                for episode in (*ended, *(e for e in current.values() if e.state in OPENED)):
                    outbox.tell(connection, episode, self._audience, now)
            keep(connection, kept)
        return every

    def episodes(self, school: str, open_only: bool = False) -> list[Episode]:
        """Return a school's episodes, dearest open ones first; withdrawn ones are history and not among them."""
        with reading(self._engine) as connection:
            return episodes.of_school(connection, school, open_only)

    def episode(self, school: str, episode: int) -> Episode:
        """Return an episode of a school, also one withdrawn; raises `NotPossible` where the school has no such."""
        with reading(self._engine) as connection:
            found = episodes.one(connection, school, episode)
        if found is None:
            raise acts.unknown(episode)
        return found

    def act(self, school: str, episode: int, act: Act) -> Episode:
        """Do what somebody did, and queue the letters that tell it."""
        now = _whole(self._clock())
        with writing(self._engine) as connection:
            before = episodes.one(connection, school, episode)
            if before is None:
                raise acts.unknown(episode)
            after = acts.done(before, act, now, episodes.since(connection, before))
            saved = episodes.save_act(connection, before, after, act.who, acts.wording(act))
            if saved is None:
                raise NotPossible("刚刚有别人改动，请再试一次 / somebody changed it just now: try again")
            if saved.state is not before.state:
                outbox.tell(connection, saved, self._audience, now)
            return saved

    def history(self, school: str, episode: int) -> list[Entry]:
        """Return what happened to an episode, oldest first; raises `NotPossible` where the school has no such."""
        known = self.episode(school, episode)
        with reading(self._engine) as connection:
            return episodes.history(connection, known.id)

    def due(self, now: datetime, limit: int = 50) -> list[Letter]:
        """Return waiting letters due at `now`, oldest first, lent to the caller for `outbox.LEASE`."""
        with writing(self._engine) as connection:
            return outbox.claim(connection, now, limit)

    def sent(self, letter: int, at: datetime) -> None:
        """Note that a letter was taken by the server."""
        with writing(self._engine) as connection:
            outbox.sent(connection, letter, at)

    def failed(self, letter: int, error: str, again: datetime | None) -> None:
        """Note why a letter was not taken and when to try again; None gives it up until somebody retries."""
        with writing(self._engine) as connection:
            outbox.failed(connection, letter, error, again)

    def retry(self, letters: Sequence[int] = ()) -> int:
        """Make letters given up, or put off, due now, as if never tried (all, or those named); return how many.

        One a sender has in hand, or one already sent, is left as it is.
        """
        with writing(self._engine) as connection:
            return outbox.retry(connection, letters)

    def letters(self, school: str, limit: int = 200) -> list[Letter]:
        """Return a school's letters, newest first, whatever became of them."""
        with reading(self._engine) as connection:
            return outbox.of_school(connection, school, limit)

    def freeze(self, given: Frozen) -> Frozen:
        """Keep a baseline for good; where the school has one of its id, that one is returned, as frozen first."""
        with writing(self._engine, lock=f"baselines {given.school}") as connection:
            return baselines.keep(connection, replace(given, at=_whole(given.at)))

    def baselines(self, school: str) -> list[Frozen]:
        """Return a school's frozen baselines, oldest first. Raises `BaselineChanged` where one is not as frozen."""
        with reading(self._engine) as connection:
            return baselines.of_school(connection, school)

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()


def _said(school: str, ruling: Ruling, read: tuple[datetime, datetime | None]) -> Said:
    """Return what a ruling says, its data read now or as of a time that it tells."""
    now, as_of = read
    (start, end), at = map(_whole, ruling.judged), now if as_of is None else _whole(as_of)
    run = Run(start, end, at, tuple(ruling.findings))
    return Said((school, ruling.rule, ruling.subject), run, dated=as_of is not None)


def _whole(time: datetime) -> datetime:
    """Return a time as the database keeps it: whole milliseconds."""
    return from_ms(to_ms(time))


def open_ledger(
    url: str, clock: Clock = lambda: datetime.now(UTC), audience: Audience = nobody, password: str = ""
) -> Book:
    """Return the ledger at a database URL, brought up to date first; `audience` says who is told of an episode.

    Raises `LedgerUnavailable`, and `LedgerTooNew` for one a later release wrote.
    """
    engine = connect(url, password)
    try:
        migrate(engine)
    except CampusError:
        engine.dispose()
        raise
    return Book(engine, clock, audience)
