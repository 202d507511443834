"""Who is owed a message about an episode."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from campus.ports import BY_DAY, NOT_YET, TELL, Address, Episode, State

Audience = Callable[[Episode], Sequence[Address]]
Recipient = tuple[str, str]  # address, channel

# What the data showed longer ago than this is no news: it waits until they have caught up.
FRESH = timedelta(hours=48)
# Opened by the meter: told when it is news. Ended by it: told to those alone who were told of its beginning.
OPENED = frozenset({State.NEW, State.REOPENED})
ENDED = frozenset({State.CLOSED_BY_METER, State.WITHDRAWN})
# What is to be told by day waits from this local hour until that one (users.md, section 3: never at night; the hours
# are assumed).
NIGHT_FROM, NIGHT_UNTIL = 21, 7


def recipient(address: Address) -> Recipient:
    """Return what makes an address one recipient, whatever the language."""
    return address.to, address.channel


def owed(
    episode: Episode, audience: Sequence[Address], told: Collection[tuple[State, Recipient]], now: datetime
) -> list[Address]:
    """Return the addresses that are to be told of an episode's state; `told` is who was, in its round, of what."""
    if episode.state in OPENED and (now - episode.finding.seen_until > FRESH or not_yet(episode)):
        return []
    once = {recipient(address): address for address in audience}
    began = {whom for _, whom in told}
    return [
        address
        for whom, address in once.items()
        if (episode.state, whom) not in told and (episode.state not in ENDED or whom in began)
    ]


def not_yet(episode: Episode) -> bool:
    """Whether it is in doubt that what was found still holds."""
    return episode.finding.facts.get(TELL) == NOT_YET


def not_before(episode: Episode, now: datetime) -> datetime | None:
    """Return until when a letter has to wait for the day; None where it need not."""
    facts = episode.finding.facts
    local = now.astimezone(ZoneInfo(str(facts.get("zone", "UTC"))))
    if facts.get(TELL) not in (BY_DAY, NOT_YET) or NIGHT_UNTIL <= local.hour < NIGHT_FROM:
        return None
    morning = local.replace(hour=NIGHT_UNTIL, minute=0, second=0, microsecond=0)
    return (morning + timedelta(days=local.hour >= NIGHT_FROM)).astimezone(UTC)


def nobody(_episode: Episode) -> Sequence[Address]:
    """Return no address: the audience of a ledger that writes to nobody."""
    return ()
