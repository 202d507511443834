"""Takes in what a run of a rule says: what is in force from then on becomes episodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from campus.ports import Episode, State
from ledger import episodes, judged, meter, outbox
from ledger.judged import Kept, Place, Run
from ledger.match import match


@dataclass(frozen=True, slots=True)
class Said:
    """What a run says of a place; `dated` when it told itself when its data were read."""

    place: Place
    run: Run
    dated: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a place: its episodes, oldest first, and the runs that have a say, latest first."""

    episodes: Sequence[Episode] = ()
    runs: Sequence[Run] = ()


def take(connection: sa.Connection, known: Known, said: Said, now: datetime) -> tuple[list[Episode], Kept | None]:
    """Bring a place's episodes to what is in force with this run.

    Returns those that changed, and what is to be kept of the run, None where it says nothing new.
    """
    runs = judged.speaking(known.runs, said.run)
    if said.run not in runs:
        return [], None
    matched = match(known.episodes, judged.in_force(runs))
    after = [(e, meter.seen(e, finding, _heard(connection, e))) for e, finding in matched.known]
    after += [(e, meter.gone(e)) for e in matched.gone if judged.spoken_of(runs, e.finding.start)]
    saved = [episodes.save(connection, episode, newer, now) for episode, newer in after]
    new = [meter.found(said.place[0], finding, now) for finding in matched.new if finding.opens]
    touched = [episode for episode in saved if episode] + [episodes.insert(connection, episode) for episode in new]
    # The same said again needs no new date: what is judged is judged again whenever the program starts.
    repeated = not touched and not said.dated and _repeats(said.run, known.runs)
    return touched, None if repeated else Kept(said.place, known.runs, runs, said.run)


def _repeats(run: Run, known: Sequence[Run]) -> bool:
    return any((run.start, run.end, run.findings) == (other.start, other.end, other.findings) for other in known)


def _heard(connection: sa.Connection, episode: Episode) -> bool:
    """Whether anybody knows of an episode that was withdrawn: told of it, or at work on it."""
    if episode.state is not State.WITHDRAWN:
        return True
    return outbox.heard(connection, episode) or any(e.who for e in episodes.history(connection, episode.id))
