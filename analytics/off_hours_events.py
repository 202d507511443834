"""When a shut building uses too much: events of all days, and of free days alone, each told once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.events import Event, Rule
from analytics.hours import Numbers
from analytics.off_hours import WORKDAY
from analytics.scan import Judge, Mark, scan

# Three of five days (users.md section 3); three quiet ones end it; back within two weeks, it was not repaired.
RULE = Rule(above=3, of=5, quiet=3, memory=8, rejoin=14)
# Of free days alone the same, so that a load of the weekends shows, which five days in a row never hold.
FREE_RULE = Rule(above=3, of=5, quiet=3, memory=6, rejoin=6)


@dataclass(frozen=True, slots=True)
class Found:
    """An event among the rows `place`; `calm` (all rows,) are those that were in no event before it."""

    event: Event
    place: NDArray[np.intp]
    calm: Mark

    @property
    def rows(self) -> NDArray[np.intp]:
        """The rows of the event."""
        return self.place[self.event.first : self.event.end]


def events(above: Judge, group: NDArray[np.int64]) -> list[Found]:
    """Return the events, by their first row.

    What was seen on free days alone goes on with the next free day, and is not over when the next working days are
    quiet: it is an event of free days. Of two that are one cause the one that was known first is told.
    """
    every, free = np.ones(len(group), bool), group != WORKDAY
    nights = [one for one in _run(above, every, RULE) if (group[_told(one)] == WORKDAY).any()]
    alone = _run(above, free, FREE_RULE)
    kept = [one for one in nights if not any(_same(one, other) and _known(other) < _known(one) for other in alone)]
    kept += [
        one for one in alone if not any(_began_in(one, night) and _known(night) <= _known(one) for night in kept)
    ]
    return sorted(kept, key=lambda one: int(one.rows[0]))


def _told(found: Found) -> NDArray[np.intp]:
    """Return the rows that an event was known by."""
    return found.place[found.event.first : found.event.known + 1]


def _known(found: Found) -> int:
    return int(found.place[found.event.known])


def _same(one: Found, other: Found) -> bool:
    return bool(abs(int(one.rows[0]) - int(other.rows[0])) <= RULE.of)


def _began_in(one: Found, other: Found) -> bool:
    return bool(other.rows[0] <= one.rows[0] <= other.rows[-1])


def _run(above: Judge, mine: Mark, rule: Rule) -> list[Found]:
    place = np.flatnonzero(mine)

    def calm_of(mark: Mark) -> Mark:
        calm = np.ones(len(mine), bool)
        calm[place[~mark]] = False
        return calm

    def among(mark: Mark, held: int | None) -> Numbers:
        return above(calm_of(mark), None if held is None else int(place[held]))[place]

    found, mark = list[Found](), np.ones(len(place), bool)
    for event in scan(len(place), among, rule):
        found.append(Found(event, place, calm_of(mark)))
        mark[event.first : event.end] = False
    return found
