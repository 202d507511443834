"""An episode's history in words: who did what when, the meter named as one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from campus.ports import Entry, Episode, State
from campus.said import Said
from web.state import View
from web.words import STATES, WORDS


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `state` is None where it stayed as it was, `size` [unit] the excess where the meter moved it."""

    at: datetime
    who: Said
    state: Said | None
    text: str
    size: float | None
    unit: str


def timeline(view: View, episode: Episode) -> list[Line]:
    """Return what happened to an episode, oldest first."""
    entries = view.ledger.history(episode.school, episode.id)
    return [_line(entry, before) for entry, before in zip(entries, [None, *entries], strict=False)]


def _line(entry: Entry, before: Entry | None) -> Line:
    moved = before is None or entry.state != before.state
    told = not entry.who and (before is None or entry.finding.size != before.finding.size)
    return Line(
        at=entry.at,
        who=Said(entry.who, entry.who) if entry.who else WORDS["the_meter"],
        state=STATES[entry.state] if moved else None,
        text=entry.text,
        size=entry.finding.size if told else None,
        unit=entry.finding.size_unit,
    )


def reached(entries: Sequence[Entry], state: State) -> datetime | None:
    """Return when an episode last came into a state, or None where it never did."""
    came = [
        entry.at
        for entry, before in zip(entries, [None, *entries], strict=False)
        if entry.state == state and (before is None or before.state != state)
    ]
    return came[-1] if came else None
