"""Events where the verdict of every row can be had at once: as `events.run`, without a walk through the rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analytics.events import Event, Rule, joined
from analytics.hours import Numbers

Mark = NDArray[np.bool_]
# judge(calm, held) gives every row (rows,) its verdict: above 0 is too much, NaN cannot be told. A row may be held
# against `calm` rows before its own alone, those of no event; where `held` is given, against those before that row:
# the level an event is held against stays what it was when the event began.
Judge = Callable[[Mark, int | None], Numbers]


def scan(rows: int, judge: Judge, rule: Rule) -> list[Event]:
    """Return the events, oldest first; what comes later never changes how one began."""
    calm = np.ones(rows, bool)
    events: list[Event] = []
    begin = told = 0
    while opened := _open(judge(calm, None), (begin, told), rule):
        event, quiet_at = _followed(opened, judge(calm, opened.first), rule)
        events.append(event)
        if event.end is None:
            break
        calm[event.first : event.end] = False
        begin, told = event.end, quiet_at
    return joined(events, rule)


def after_events(calm: Mark) -> int:
    """Return the row after the last event so far: those before it have been judged."""
    rows = np.flatnonzero(~calm)
    return int(rows[-1]) + 1 if len(rows) else 0


def _open(verdict: Numbers, since: tuple[int, int], rule: Rule) -> Event | None:
    """Return the first event of rows from `begin` on that is known at the row `told` or later."""
    begin, told = since
    known = np.flatnonzero(np.isfinite(verdict[begin:])) + begin
    up = verdict[known] > 0
    total = np.concatenate([[0], np.cumsum(up)])
    at = np.arange(len(known))
    oldest = np.maximum(np.maximum(at - rule.of + 1, 0), np.searchsorted(known, known - rule.memory))
    opens = up & (total[at + 1] - total[oldest] >= rule.above) & (known >= told)
    if not opens.any():
        return None
    now = int(np.argmax(opens))
    latest = slice(int(oldest[now]), now + 1)
    return Event(_first(known[latest], up[latest]), int(known[now]), int(known[now]))


def _first(known: NDArray[np.intp], up: Mark) -> int:
    """Return the row an event begins at: after the last two in a row that are not above."""
    quiet = np.flatnonzero(~up[1:] & ~up[:-1])
    rest = slice(int(quiet[-1]) + 2, None) if len(quiet) else slice(None)
    return int(known[rest][np.argmax(up[rest])])


def _followed(event: Event, verdict: Numbers, rule: Rule) -> tuple[Event, int]:
    """Return an event with its last row above and its end, and the row after which the end is known."""
    known = np.flatnonzero(np.isfinite(verdict[event.known + 1 :])) + event.known + 1
    up = verdict[known] > 0
    place = np.arange(len(known))
    latest_up = np.maximum.accumulate(np.where(up, place, -1)) if len(known) else place
    ends = np.flatnonzero(place - latest_up >= rule.quiet)
    until = int(ends[0]) if len(ends) else len(known)
    above = known[:until][up[:until]]
    last = int(above[-1]) if len(above) else event.known
    if not len(ends):
        return Event(event.first, event.known, last), len(verdict)
    return Event(event.first, event.known, last, int(known[until - rule.quiet + 1])), int(known[until]) + 1
