"""The findings ledger as the page shows it: what is open, what was closed lately, what came back, what is held up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campus.ports import Episode, State
from campus.said import Said
from web.findings import Item, item, items
from web.history import reached
from web.mails import Post, held_up, posts
from web.state import View
from web.words import STATES

# What was closed stays on the page this long: a month's meeting looks back on it.
CLOSED_FOR = timedelta(days=30)
# The way of an episode through people's hands, in order.
STAGES = (State.NEW, State.ACKNOWLEDGED, State.IN_WORK, State.REPAIRED)


@dataclass(frozen=True, slots=True)
class Stage:
    """How many open episodes are in a state."""

    name: Said
    count: int


@dataclass(frozen=True, slots=True)
class Came:
    """An episode and the time it came into the state it is named for."""

    item: Item
    at: datetime

    @property
    def lasted_days(self) -> float:
        """How long it had lasted then [d]."""
        return (self.at - self.item.start) / timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """The ledger at one moment. `yuan_per_day` sums what has a price, `unpriced` counts what has an amount and none;
    `stopped_yuan_per_day` is what the episodes the meter ended had cost a day before. None: nothing to sum."""

    taken: datetime
    open: tuple[Item, ...]
    stages: tuple[Stage, ...]
    back: Stage
    overdue: int
    unowned: int
    yuan_per_day: float | None
    unpriced: int
    closed: tuple[Came, ...]
    stopped_yuan_per_day: float | None
    reopened: tuple[Came, ...]
    undelivered: tuple[Post, ...]
    told: bool


def desk(view: View) -> Desk:
    """Read a school's ledger now."""
    school, now = view.registry().school, view.clock()
    episodes = view.ledger.episodes(school.key)
    working = [one for one in episodes if one.open]
    open_items = items(view, working)
    closed = _closed(view, episodes, now - CLOSED_FOR)
    return Desk(
        taken=now,
        open=tuple(open_items),
        stages=tuple(_stage(working, state) for state in STAGES),
        back=_stage(working, State.REOPENED),
        overdue=sum(one.overdue > 0 for one in open_items),
        unowned=sum(not one.owner for one in open_items),
        yuan_per_day=_sum(open_items),
        unpriced=sum(one.yuan_per_day is None and one.per_day is not None for one in open_items),
        closed=tuple(closed),
        stopped_yuan_per_day=_sum([one.item for one in closed if one.item.stage == State.CLOSED_BY_METER]),
        reopened=tuple(_reopened(view, working, [one.item for one in closed])),
        undelivered=tuple(posts(view, held_up(view.letters()))),
        told=bool(school.contacts),
    )


def _stage(episodes: Sequence[Episode], state: State) -> Stage:
    return Stage(STATES[state], sum(one.state == state for one in episodes))


def _sum(shown: Sequence[Item]) -> float | None:
    """Return the yuan a day of what has a price; None where nothing has."""
    known = [one.yuan_per_day for one in shown if one.yuan_per_day is not None]
    return sum(known) if known else None


def _closed(view: View, episodes: Sequence[Episode], since: datetime) -> list[Came]:
    """Return what the meter ended or somebody dismissed since then, newest first."""
    ends = [(_end(view, one, since), one) for one in episodes if not one.open]
    shown = [Came(item(view, one), at) for at, one in ends if at is not None and at >= since]
    return sorted(shown, key=lambda one: one.at, reverse=True)


def _end(view: View, episode: Episode, since: datetime) -> datetime | None:
    """Return when an episode was closed: the meter's end of it, or the moment it was dismissed."""
    if episode.state != State.DISMISSED:
        return episode.finding.end
    # Its history is read only where it may be recent: what is dismissed still goes on and is updated every hour.
    if episode.updated < since:
        return None
    return reached(view.ledger.history(episode.school, episode.id), State.DISMISSED)


def _reopened(view: View, working: Sequence[Episode], closed: Sequence[Item]) -> list[Came]:
    """Return what the meter opened again, newest first: of the open ones and of those closed lately."""
    again = [*items(view, working), *closed]
    school = view.registry().school.key
    came = [
        Came(one, at)
        for one in again
        if one.round > 1 and (at := reached(view.ledger.history(school, one.id), State.REOPENED))
    ]
    return sorted(came, key=lambda one: one.at, reverse=True)
