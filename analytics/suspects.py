"""Steps of a meter that no use explains: what the ratio and the unit rule share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import log

import numpy as np

from analytics import witness
from analytics.as_told import as_told
from analytics.detector import Context
from analytics.filled import without_filled
from analytics.hours import DayGrid, Hours, day_grid
from analytics.relations import Relation, relation
from analytics.steps import Step, levels, steps
from campus.calendar import HOUR

# Without another meter that tells, only a step so large is judged, and only when it has held for a week: what schools
# do themselves, from a heating plant to a canteen closed, changes a working day by less.
ALONE_FACTOR, ALONE_HELD = 8.0, timedelta(days=7)
# Half of the hours since are more than the meter's registered greatest: no use is.
REFUSED = 0.5
# The finest digit has moved with the level when it did so by at least as much.
GRAIN_FACTOR = 8.0
# What burns by the weather jumps by as much from one day to the next: its level alone tells nothing. A kitchen's gas
# does not.
BY_WEATHER, COOKING = frozenset({"gas", "gas_energy", "heat"}), frozenset({"canteen"})
# A step back by the same factor within this one ends what the first began.
BACK = 1.6
# How sure: energy weighed by another meter; others like it stayed; nobody to ask. Assumed, in this order.
SURE = {witness.PARENT: 0.95, witness.CHILDREN: 0.95, witness.LIKE: 0.8, "": 0.6}


@dataclass(frozen=True, slots=True)
class Suspect:
    """A step with the relation it fits, who bears witness, since when and until when."""

    step: Step
    relation: Relation
    witness: str
    start: datetime
    end: datetime | None = None

    @property
    def factor(self) -> float:
        """By what the readings are to be divided to be what they were."""
        near = self.relation.factor(max(self.step.ratio, 1 / self.step.ratio))
        return near if self.step.ratio > 1 else 1 / near


@dataclass(frozen=True, slots=True)
class _Seen:
    """The days as the meter told them, and as they were believed (None: all of it was)."""

    told: DayGrid
    believed: DayGrid | None

    def refused(self, step: Step) -> float:
        """Return the share of the hours used since a step that are more than the meter can count, 0 to 1."""
        if self.believed is None:
            return 0.0
        told, believed = (grid.value[step.rows_after] for grid in (self.told, self.believed))
        return float(np.isnan(believed[told > 0]).mean())


def suspects(hours: Hours, context: Context) -> list[Suspect] | None:
    """Return the steps of a meter that are probably not its use, oldest first; None with too little history."""
    told = as_told(hours, context)
    seen = _Seen(
        without_filled(day_grid(told, context.school)), None if told is hours else day_grid(hours, context.school)
    )
    of = levels(seen.told)
    if not len(of.row):
        return None
    found: list[Suspect] = []
    for step in steps(of):
        suspect = _suspect(step, seen, int(of.row[-1]), context)
        if suspect is not None and found and _back(found[-1], suspect):
            found[-1] = replace(found[-1], end=suspect.start)
        elif suspect is not None:
            found.append(suspect)
    return found


def _back(before: Suspect, now: Suspect) -> bool:
    return before.end is None and abs(log(before.step.ratio * now.step.ratio)) <= log(BACK)


def _suspect(step: Step, seen: _Seen, last: int, context: Context) -> Suspect | None:
    fits = relation(context.quantity, step.ratio)
    if fits is None:
        return None
    wrong, who = witness.judged(step, context.around, context.school)
    at = seen.told.instant(step.row)
    if wrong is None:
        held = seen.told.instant(last + 1) - at >= ALONE_HELD
        wrong = held and _alone(step, seen, context)
    return Suspect(step, fits, who, at) if wrong else None


def _alone(step: Step, seen: _Seen, context: Context) -> bool:
    """Whether a step that no other meter can judge is none of the use."""
    size = abs(log(step.ratio))
    if size < log(ALONE_FACTOR):
        return False
    if seen.refused(step) >= REFUSED:
        return True
    grains = 0.0 if step.grains is None else log(step.grains) * (1 if step.ratio > 1 else -1)
    if grains >= log(GRAIN_FACTOR):
        return True
    hourly = context.meter.interval <= HOUR
    by_weather = context.quantity in BY_WEATHER and context.kind not in COOKING
    return hourly and bool(step.whole) and not by_weather
