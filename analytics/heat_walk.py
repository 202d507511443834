"""Events of heating, season by season: what lasts ends with its season, and the next one is judged anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analytics.events import Event, Rule, run
from analytics.excess import Flags, Span
from analytics.heat_days import HeatDays

# What lasts for more than this share of a season is how the place is: the next season is held against it. Ours.
MOSTLY = 0.5


# above(row, good, first) says whether day `row` is too much, None where that cannot be told. `good` (days,) marks the
# days up to it to compare with, `first` is the day the event that lasts began.
Above = Callable[[int, Flags, int | None], bool | None]


def walk(days: HeatDays, candidates: Flags, above: Above, rule: Rule) -> list[Span]:
    """Walk through the candidates (days,) of each season in time and return the events."""
    good, spans = np.zeros(len(days.season), bool), list[Span]()
    used = days.season[candidates]
    for place in dict.fromkeys(used[used >= 0].tolist()):
        rows = np.flatnonzero(candidates & (days.season == place))
        calm, events = _of_season(rows, (good, above), rule)
        good[rows] = calm
        last = int(np.flatnonzero(days.season == place)[-1])
        over = last + 1 if last + 1 < len(days.season) else None
        found = [_span(event, rows, over) for event in events]
        if sum((span.end or len(good)) - span.first for span in found) > MOSTLY * (last + 1 - rows[0]):
            good[rows] = True
        spans += found
    return spans


def _of_season(rows: NDArray[np.int64], of: tuple[Flags, Above], rule: Rule) -> tuple[Flags, list[Event]]:
    good, above = of
    last = np.zeros(len(rows), bool)

    def judge(at: int, calm: Flags, event: Event | None) -> bool | None:
        good[rows[:at]] = calm[:at]
        last[:at] = calm[:at]
        return above(int(rows[at]), good, None if event is None else int(rows[event.first]))

    return last, run(len(rows), judge, rule)


def _span(event: Event, rows: NDArray[np.int64], over: int | None) -> Span:
    first, known = int(rows[event.first]), int(rows[event.known])
    if event.end is not None:
        return Span(first, known, int(rows[event.end]))
    return Span(first, known, over, over is not None)
