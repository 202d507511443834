"""Who is owed a message about an episode."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from campus.ports import Address, Episode, State

Audience = Callable[[Episode], Sequence[Address]]
Recipient = tuple[str, str]  # address, channel

# What the data showed longer ago than this is no news: it waits until they have caught up.
FRESH = timedelta(hours=48)
# Opened by the meter: told when it is news. Ended by it: told to those alone who were told of its beginning.
OPENED = frozenset({State.NEW, State.REOPENED})
ENDED = frozenset({State.CLOSED_BY_METER, State.WITHDRAWN})


def recipient(address: Address) -> Recipient:
    """Return what makes an address one recipient, whatever the language."""
    return address.to, address.channel


def owed(
    episode: Episode, audience: Sequence[Address], told: Collection[tuple[State, Recipient]], now: datetime
) -> list[Address]:
    """Return the addresses that are to be told of an episode's state; `told` is who was, in its round, of what."""
    if episode.state in OPENED and now - episode.finding.seen_until > FRESH:
        return []
    once = {recipient(address): address for address in audience}
    began = {whom for _, whom in told}
    return [
        address
        for whom, address in once.items()
        if (episode.state, whom) not in told and (episode.state not in ENDED or whom in began)
    ]


def nobody(_episode: Episode) -> Sequence[Address]:
    """Return no address: the audience of a ledger that writes to nobody."""
    return ()
