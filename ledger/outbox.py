"""Messages to be sent, as rows: written with the change they tell, handed out to one sender at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from campus.ports import TELL, Address, Delivery, Episode, Letter, NotPossible, State
from campus.schema import from_ms, to_ms
from ledger.letters import Audience, Recipient, not_before, not_yet, owed
from ledger.rows import episode_of, ms_or_none, row_of, time_or_none
from ledger.tables import LETTER

# For so long a letter handed out belongs to its sender; then it is due again, for the sender may be dead.
LEASE = timedelta(minutes=15)


def tell(connection: sa.Connection, episode: Episode, audience: Audience, now: datetime) -> None:
    """Queue the letters an episode's state still owes.

    What is told by day alone waits for the morning in the outbox, where it is overtaken by what happens until then:
    of what has ended meanwhile nobody is told.
    """
    if TELL in episode.finding.facts:
        _overtake(connection, episode)
    listening = audience(episode)
    if listening:
        for address in owed(episode, listening, _told(connection, episode), now):
            connection.execute(sa.insert(LETTER).values(_row(episode, address, now)))


def _overtake(connection: sa.Connection, episode: Episode) -> None:
    """Take back letters that wait for the morning and tell of an earlier state, and renew what the others tell.

    A letter that was put off after a try may have arrived, and one in a sender's hand does: they stay as they are.
    """
    waits = (
        LETTER.c.delivery == str(Delivery.WAITING),
        LETTER.c.attempts == 0,
        LETTER.c.next_ms.is_not(None),
        LETTER.c.claimed_until_ms.is_(None),
    )
    mine = LETTER.c.episode == episode.id
    now = sa.and_(LETTER.c.state == str(episode.state), LETTER.c.round == episode.round)
    kept = sa.false() if not_yet(episode) else now
    connection.execute(sa.delete(LETTER).where(mine, *waits, sa.not_(kept)))
    connection.execute(sa.update(LETTER).where(mine, *waits).values(told=_snapshot(episode)))


def heard(connection: sa.Connection, episode: Episode) -> bool:
    """Whether anybody was told of an episode in its present round."""
    return bool(_told(connection, episode))


def _told(connection: sa.Connection, episode: Episode) -> set[tuple[State, Recipient]]:
    wanted = sa.select(LETTER.c.state, LETTER.c.recipient, LETTER.c.channel)
    mine = wanted.where(LETTER.c.episode == episode.id, LETTER.c.round == episode.round)
    return {(State(row.state), (row.recipient, row.channel)) for row in connection.execute(mine)}


def _row(episode: Episode, address: Address, now: datetime) -> dict[str, Any]:
    return {
        "school": episode.school,
        "episode": episode.id,
        "round": episode.round,
        "state": str(episode.state),
        "recipient": address.to,
        "channel": address.channel,
        "lang": address.lang,
        "told": _snapshot(episode),
        "queued_ms": to_ms(now),
        "next_ms": ms_or_none(not_before(episode, now)),
        "delivery": str(Delivery.WAITING),
        "attempts": 0,
        "error": "",
    }


def _snapshot(episode: Episode) -> dict[str, Any]:
    return {"id": episode.id, **row_of(episode)}


def claim(connection: sa.Connection, now: datetime, limit: int) -> list[Letter]:
    """Return waiting letters that are due and nobody's, and make them this caller's until the lease runs out."""
    now_ms = to_ms(now)
    due = sa.select(LETTER).where(
        LETTER.c.delivery == str(Delivery.WAITING),
        sa.func.coalesce(LETTER.c.next_ms, 0) <= now_ms,
        sa.func.coalesce(LETTER.c.claimed_until_ms, 0) <= now_ms,
    )
    rows = (
        connection.execute(due.order_by(LETTER.c.id).limit(limit).with_for_update(skip_locked=True)).mappings().all()
    )
    mine = sa.update(LETTER).where(LETTER.c.id.in_([row["id"] for row in rows]))
    if rows:
        connection.execute(mine.values(claimed_until_ms=to_ms(now + LEASE)))
    return [letter_of(dict(row)) for row in rows]


def sent(connection: sa.Connection, letter: int, at: datetime) -> None:
    """Note that a letter was taken."""
    taken = {"delivery": str(Delivery.SENT), "sent_ms": to_ms(at), "next_ms": None, "error": ""}
    _tried(connection, letter, taken)


def failed(connection: sa.Connection, letter: int, error: str, again: datetime | None) -> None:
    """Note that a letter was not taken; one that was taken after all, by another sender, stays so."""
    delivery = Delivery.GIVEN_UP if again is None else Delivery.WAITING
    refused = {"delivery": str(delivery), "next_ms": ms_or_none(again), "error": error}
    _tried(connection, letter, refused, LETTER.c.delivery != str(Delivery.SENT))


def _tried(
    connection: sa.Connection, letter: int, values: Mapping[str, object], *where: sa.ColumnElement[bool]
) -> None:
    if connection.execute(sa.select(LETTER.c.id).where(LETTER.c.id == letter)).first() is None:
        raise NotPossible(f"没有 {letter} 号邮件 / no letter {letter}")
    mine = sa.update(LETTER).where(LETTER.c.id == letter, *where)
    connection.execute(mine.values(**values, attempts=LETTER.c.attempts + 1, claimed_until_ms=None))


def retry(connection: sa.Connection, letters: Sequence[int]) -> int:
    """Make letters given up or put off due now, as if never tried; return how many."""
    # One a sender has in hand is not given to a second: it would arrive twice.
    put_off = sa.and_(
        LETTER.c.delivery == str(Delivery.WAITING), LETTER.c.next_ms.is_not(None), LETTER.c.claimed_until_ms.is_(None)
    )
    held_up = sa.update(LETTER).where(sa.or_(LETTER.c.delivery == str(Delivery.GIVEN_UP), put_off))
    chosen = held_up.where(LETTER.c.id.in_(letters)) if letters else held_up
    again = chosen.values(delivery=str(Delivery.WAITING), attempts=0, next_ms=None, claimed_until_ms=None)
    return connection.execute(again).rowcount


def of_school(connection: sa.Connection, school: str, limit: int) -> list[Letter]:
    """Return a school's letters, newest first."""
    wanted = sa.select(LETTER).where(LETTER.c.school == school)
    newest = wanted.order_by(LETTER.c.queued_ms.desc(), LETTER.c.id.desc()).limit(limit)
    return [letter_of(dict(row)) for row in connection.execute(newest).mappings()]


def letter_of(row: Mapping[str, Any]) -> Letter:
    """Return the letter of a row."""
    return Letter(
        id=row["id"],
        episode=episode_of(row["told"]),
        address=Address(row["channel"], row["recipient"], row["lang"]),
        queued=from_ms(row["queued_ms"]),
        delivery=Delivery(row["delivery"]),
        attempts=row["attempts"],
        next_try=time_or_none(row["next_ms"]),
        sent=time_or_none(row["sent_ms"]),
        error=row["error"],
    )
