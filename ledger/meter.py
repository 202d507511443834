"""What the meter does to an episode: it opens, ends, reopens and withdraws, and leaves what people said alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from campus.ports import Episode, State
from campus.results import Finding

# What still goes on this long after somebody repaired it was not repaired: a whole night lies between.
CONFIRM = timedelta(hours=36)


def found(school: str, finding: Finding, now: datetime) -> Episode:
    """Return the episode of a finding seen for the first time; one that had ended by then is history."""
    state = State.NEW if finding.end is None else State.CLOSED_BY_METER
    return Episode(0, school, state, finding, first_found=now, updated=now, version=1)


def seen(episode: Episode, finding: Finding, heard: bool) -> Episode:
    """Return an episode as a newer finding of it leaves it; `heard` says that anybody knows of it.

    What was dismissed stays so while the same event goes on, ends or comes back within the re-arm time.
    """
    now = replace(episode, finding=_settled(episode.finding, finding))
    if episode.state is State.DISMISSED:
        return now
    if finding.end is not None:
        return _moved(now, State.CLOSED_BY_METER)
    if episode.state is State.WITHDRAWN and not heard:
        return _moved(now, State.NEW)
    if episode.state in (State.CLOSED_BY_METER, State.WITHDRAWN) or _not_repaired(now):
        return replace(_moved(now, State.REOPENED), round=episode.round + 1, repaired=None)
    return now


def gone(episode: Episode) -> Episode:
    """Return an episode no longer found where it was judged; one dismissed stays so, with its reason."""
    return episode if episode.state is State.DISMISSED else _moved(episode, State.WITHDRAWN)


def _settled(before: Finding, now: Finding) -> Finding:
    """Return the newer finding, but of one long ended the older if it only was looked at again."""
    looked_again = now.end is not None and replace(now, seen_until=before.seen_until) == before
    return before if looked_again else now


def _not_repaired(episode: Episode) -> bool:
    said = episode.repaired
    return episode.state is State.REPAIRED and said is not None and episode.finding.seen_until > said + CONFIRM


def _moved(episode: Episode, state: State) -> Episode:
    return episode if episode.state is state else replace(episode, state=state, acted_by="")
