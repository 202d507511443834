"""When something begins, lasts and ends: single verdicts on days or nights become events that do not flicker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rule:
    """An event opens when `above` of the last `of` verdicts are, and ends with `quiet` in a row that are not.

    A verdict older than `memory` rows no longer counts towards opening one. What begins again less than `rejoin`
    rows after the end is the same event.
    """

    above: int
    of: int
    quiet: int
    memory: int
    rejoin: int


@dataclass(frozen=True, slots=True)
class Event:
    """Rows of an event: `first` and `last` above, `known` where it could first be told; `end` is the first quiet
    row after it, None while it lasts."""

    first: int
    known: int
    last: int
    end: int | None = None


# judge(row, calm, event) says whether a row is above, or None where that cannot be told. `calm` (rows,) marks the
# earlier rows to compare with: those not above and, once no event can begin at them any more, lone ones above.
# `event` is the one that lasts.
Judge = Callable[[int, NDArray[np.bool_], Event | None], bool | None]


def run(rows: int, judge: Judge, rule: Rule) -> list[Event]:
    """Walk through the rows in time and return the events; what comes later never changes how one began."""
    calm = np.zeros(rows, bool)
    events: list[Event] = []
    recent: list[tuple[int, bool]] = []
    for row in range(rows):
        _settle(calm, row - rule.memory - 1, events)
        current = events[-1] if events and events[-1].end is None else None
        above = judge(row, calm, current)
        calm[row] = current is None and not above
        if above is None:
            continue
        recent = [*recent, (row, above)][-max(rule.of, rule.quiet) :]
        if current is not None:
            events[-1] = _go_on(current, recent, rule)
            calm[events[-1].end or row + 1 : row + 1] = True
        elif opened := _open(recent, rule):
            events.append(opened)
            calm[opened.first : row + 1] = False
    return joined(events, rule)


def _settle(calm: NDArray[np.bool_], row: int, events: list[Event]) -> None:
    if row >= 0:
        calm[row] = not any(e.first <= row and (e.end is None or row < e.end) for e in events[-2:])


def _open(recent: list[tuple[int, bool]], rule: Rule) -> Event | None:
    """Open an event if enough of the latest are above; it begins after the last two in a row that are not."""
    now, above = recent[-1]
    latest = [(row, up) for row, up in recent[-rule.of :] if row >= now - rule.memory]
    if not above or sum(up for _, up in latest) < rule.above:
        return None
    first, quiet = now, 0
    for row, up in reversed(latest):
        first, quiet = (row, 0) if up else (first, quiet + 1)
        if quiet == 2:
            break
    return Event(first, now, now)


def _go_on(event: Event, recent: list[tuple[int, bool]], rule: Rule) -> Event:
    row, above = recent[-1]
    if above:
        return replace(event, last=row)
    tail = recent[-rule.quiet :]
    quiet = len(tail) == rule.quiet and not any(up for _, up in tail) and tail[0][0] > event.last
    return replace(event, end=tail[0][0]) if quiet else event


def joined(events: list[Event], rule: Rule) -> list[Event]:
    """Join events that are less than `rejoin` rows apart."""
    whole: list[Event] = []
    for event in events:
        before = whole[-1] if whole else None
        if before is not None and before.end is not None and event.first - before.end < rule.rejoin:
            whole[-1] = replace(event, first=before.first, known=before.known)
        else:
            whole.append(event)
    return whole
