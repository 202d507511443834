"""Takes in what a run of a rule says: its findings become episodes, as far as no later run spoke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from campus.ports import Episode, State
from campus.results import Finding
from ledger import episodes, judged, meter, outbox
from ledger.judged import Place, Run
from ledger.match import match


@dataclass(frozen=True, slots=True)
class Said:
    """What a run found at a place; `dated` when it told itself when its data were read."""

    place: Place
    run: Run
    findings: Sequence[Finding]
    dated: bool


def take(connection: sa.Connection, before: Sequence[Episode], said: Said, now: datetime) -> list[Episode]:
    """Write what a run says of the time no later one judged; return the episodes that changed."""
    known = judged.runs(connection, said.place)
    limit = judged.until(said.run, known)
    if limit is None:
        return []
    matched = match(before, said.findings)
    again = {e.id: f for e, f in matched.known if max(e.finding.start, f.start) < limit}
    changed = []
    for episode in before:
        if episode.id in again:
            after = meter.seen(episode, again[episode.id], _heard(connection, episode))
        elif said.run.start <= episode.finding.start < limit:
            after = meter.gone(episode)
        else:
            continue
        changed.append(episodes.save(connection, episode, after, now))
    new = [meter.found(said.place[0], finding, now) for finding in matched.new if finding.start < limit]
    touched = [saved for saved in changed if saved] + [episodes.insert(connection, episode) for episode in new]
    # The same said again needs no new date: every meter's rules are judged again whenever one meter's are.
    if touched or said.dated or not judged.repeats(said.run, known):
        judged.note(connection, said.place, said.run)
    return touched


def _heard(connection: sa.Connection, episode: Episode) -> bool:
    """Whether anybody knows of an episode that was withdrawn: told of it, or at work on it."""
    if episode.state is not State.WITHDRAWN:
        return True
    return outbox.heard(connection, episode) or any(e.who for e in episodes.history(connection, episode.id))
