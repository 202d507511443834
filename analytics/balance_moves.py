"""When the rest of a family is not what it usually is: on enough days, by enough, and which way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.balance import Balance, Usual, usual
from analytics.events import Event, Rule
from analytics.hours import Numbers
from analytics.scan import Mark, scan

# Seven days (users.md section 3): what counts wrong in a block of lessons shows on five of them. Five quiet days in a
# row end it.
RULE = Rule(above=5, of=7, quiet=5, memory=10, rejoin=14)
# The rest has changed when it moved by more than so much of what usually flows in (users.md section 3), by more than
# the meters' classes leave open, and by so many of its own standard deviations.
LEAST_POINTS, NOISE_SIGMAS = 0.03, 3.5
# Where the sub-meters usually count less than this, the rest is use like any other, and no balance.
MOST_REST = 0.3


def partly(known: Usual) -> Mark:
    """Return on which days (days,) the sub-meters count too little for a balance."""
    return np.asarray(known.rest(known.inflow) > MOST_REST * known.inflow)


def changes(of: Balance, known: Usual) -> Numbers:
    """Return by how much of what usually flows in the rest of each day (days,) is above the usual; NaN if untold."""
    flows = np.maximum(of.inflow, known.inflow)
    told = known.judged & ~partly(known)
    more = of.rest - known.rest(of.inflow)
    return np.asarray(np.divide(more, flows, out=np.full(len(flows), np.nan), where=told))


def limits(known: Usual) -> Numbers:
    """Return the change (days,) that is told of [share of what usually flows in]."""
    noise = NOISE_SIGMAS * np.divide(
        known.noise, known.inflow, out=np.zeros(len(known.noise)), where=known.inflow > 0
    )
    return np.maximum(np.maximum(LEAST_POINTS, known.uncertain), noise)


def moved(of: Balance, sign: float, others: Sequence[Event]) -> list[Event]:
    """Return the events of one sign, held against days in none of the `others`."""
    ordinary = calm_days(of, others)

    def above(calm: Mark, held: int | None) -> Numbers:
        known = usual(of, calm & ordinary, held)
        change = changes(of, known)
        return np.where(np.isnan(change), np.nan, sign * change > limits(known))

    return scan(len(of.rest), above, RULE)


def calm_days(of: Balance, events: Sequence[Event]) -> Mark:
    """Return the days (days,) in none of the events."""
    calm = np.ones(len(of.rest), bool)
    for event in events:
        calm[event.first : event.end] = False
    return calm
