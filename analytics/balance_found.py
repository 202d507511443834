"""What is wrong in a family of meters, and at which of them: every change of its balance with its likeliest cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analytics.around import Family
from analytics.balance import Balance, Usual, balance, usual
from analytics.balance_cause import Cause, Kind, cause_of, excess
from analytics.balance_clock import shifted
from analytics.balance_moves import calm_days, moved, partly
from analytics.balance_places import changed_places
from analytics.events import Event
from analytics.hours import KEPT, Numbers
from analytics.scan import Mark
from campus.registry import School

# A change is sudden when the week before it had less than this share of it: what creeps up at one meter is a drift.
SUDDEN, WEEK = 0.5, 7


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in a family: its likeliest cause and the days of the event.

    `meter` is whom it is told of and `other` the second one of a pair: 0 the meter above, j + 1 the j-th part; -1 is
    none. `more` (days,) is the rest above the usual [per day], `usual` what it was held against.
    """

    cause: Cause
    meter: int
    event: Event
    more: Numbers
    usual: Usual
    other: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The days of a family, what was seen in them, and whether any day could be held against a usual rest; `partly`
    says that the sub-meters count too little for a balance."""

    of: Balance
    seen: tuple[Seen, ...]
    told: bool
    partly: bool


@lru_cache(KEPT)
def judged(family: Family, school: School) -> Judged:
    """Judge a family; its members ask for the same, and get the same."""
    of = balance(family, school)
    calm = np.ones(len(of.rest), bool)
    first = usual(of, calm, None)
    told = first.judged & ~partly(first)
    if not told.any():
        return Judged(of, (), False, bool(first.judged.any()))
    seen = sorted((*_sums(of), *_pairs(of), *_clocks(of)), key=lambda one: one.event.first)
    return Judged(of, tuple(seen), True, False)


def _sums(of: Balance) -> Iterator[Seen]:
    """Yield the changes of what is left over, up and down.

    Days of the one are none the other is held against: what is put right after weeks is no change the other way.
    """
    up = moved(of, 1.0, ())
    down = moved(of, -1.0, up)
    up = moved(of, 1.0, down) if down else up
    for events, others in ((up, down), (down, up)):
        for place, event in enumerate(events):
            if (one := _seen(of, event, calm_days(of, (*others, *events[:place])))) is not None:
                yield one


def _seen(of: Balance, event: Event, calm: Mark) -> Seen | None:
    """Return a change with its cause, told from the days it was known by; None where one meter crept away, or where
    of the weeks just before it too little is known to say how much it is."""
    known = usual(of, calm, event.first)
    if not known.judged[event.first : event.known + 1].any():
        return None
    # The first day is mostly a part of one.
    rows = np.arange(event.first + 1, event.known + 1)
    cause = cause_of(of, excess(of, known, event.first, rows), event.first, rows)
    more = of.rest - known.rest(of.inflow)
    if cause.kind in (Kind.PART, Kind.IN_STEP) and not _sudden(more, event):
        return None
    return Seen(cause, cause.meter, event, more, known)


def _sudden(more: Numbers, event: Event) -> bool:
    before, since = more[max(0, event.first - WEEK) : event.first], more[event.first : event.known + 1]
    before, since = before[np.isfinite(before)], since[np.isfinite(since)]
    return bool(not len(before) or abs(np.median(before)) < SUDDEN * abs(np.median(since)))


def _pairs(of: Balance) -> Iterator[Seen]:
    """Yield the parts that changed places, told of the one that uses more."""
    for pair in changed_places(of):
        uses = [np.nansum(of.parts[part][: pair.event.first]) for part in (pair.one, pair.other)]
        large, small = (pair.one, pair.other) if uses[0] >= uses[1] else (pair.other, pair.one)
        yield _plain(of, Cause(Kind.SWAPPED, large + 1), pair.event, small + 1)


def _clocks(of: Balance) -> Iterator[Seen]:
    for shift in shifted(of):
        yield _plain(of, Cause(Kind.CLOCK, shift.meter, counts=float(shift.hours)), shift.event)


def _plain(of: Balance, cause: Cause, event: Event, other: int = -1) -> Seen:
    known = usual(of, np.ones(len(of.rest), bool), event.first)
    return Seen(cause, cause.meter, event, of.rest - known.rest(of.inflow), known, other)


def meters(family: Family) -> NDArray[np.str_]:
    """Return the keys of a family: the meter above, then its parts."""
    return np.array([family.parent.key, *(meter.key for meter, _ in family.parts)])
