"""Two sub-meters that changed places: from a day on each shows what the other used to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from analytics.balance import RENEWED, Balance
from analytics.events import Event, Rule
from analytics.hours import Numbers
from analytics.robust import median
from analytics.scan import Judge, Mark, scan
from campus.calendar import WORKING

# Five of seven days; five days in a row in their old places end it.
RULE = Rule(above=5, of=7, quiet=5, memory=10, rejoin=14)
# What a meter usually shows is taken from the last so many days alike (with lessons or without), of which so many
# must be known; the last week may be the change itself.
ALIKE, LEAST_ALIKE, GAP_DAYS = 20, 4, 7
# Days are compared by blocks of so many hours: coarse enough for a lesson moved, fine enough for a day's shape.
BLOCK_HOURS = 2
# A day tells of changed places when the two together are nearer to each other's usual day than to their own by this
# factor (ours), and their usual days are as far apart as this share of what they use: twins cannot be told apart.
NEARER, LEAST_APART = 0.5, 0.5


@dataclass(frozen=True, slots=True)
class Places:
    """Two parts that changed places, from the first day of the event on."""

    one: int
    other: int
    event: Event


def changed_places(of: Balance) -> list[Places]:
    """Return the pairs of parts that changed places, oldest first."""
    shapes = _blocks(of)
    all_calm = np.ones(len(of.rest), bool)
    usual = [_usual_days(of, shape, (all_calm, None)) for shape in shapes]
    found = []
    for one, other in combinations(range(len(shapes)), 2):
        pair = shapes[one], shapes[other]
        # Mostly a look at all days suffices: none of them is nearer to the other's.
        if np.nansum(_nearer_to_the_other(pair, (usual[one], usual[other]))) >= RULE.above:
            found += [Places(one, other, event) for event in scan(len(of.rest), _by(of, pair), RULE)]
    return sorted(found, key=lambda places: places.event.first)


def _blocks(of: Balance) -> Numbers:
    """Return what each part draws in each two hours of a day (k, days, 12), NaN where one is unknown."""
    blocks: Numbers = of.parts.reshape(*of.parts.shape[:2], -1, BLOCK_HOURS).mean(axis=3)
    return blocks


def _by(of: Balance, pair: tuple[Numbers, Numbers]) -> Judge:
    def judge(calm: Mark, held: int | None) -> Numbers:
        usual_a, usual_b = (_usual_days(of, part, (calm, held)) for part in pair)
        return _nearer_to_the_other(pair, (usual_a, usual_b))

    return judge


def _nearer_to_the_other(pair: tuple[Numbers, Numbers], usual: tuple[Numbers, Numbers]) -> Numbers:
    """Return 1.0 for the days (days,) on which each of a pair shows what the other usually does, NaN if unknown."""
    (a, b), (usual_a, usual_b) = pair, usual
    own = _apart(a, usual_a) + _apart(b, usual_b)
    cross = _apart(a, usual_b) + _apart(b, usual_a)
    nothing = np.zeros_like(a)
    between, used = 2 * _apart(usual_a, usual_b), _apart(usual_a, nothing) + _apart(usual_b, nothing)
    told = np.isfinite(own + cross) & (between >= LEAST_APART * used) & (used > 0)
    return np.where(told, (cross <= NEARER * own) & (own >= NEARER * between), np.nan)


def _apart(one: Numbers, other: Numbers) -> Numbers:
    """Return the mean distance of the hours of two days (days,), NaN where most are unknown."""
    gap = np.abs(one - other)
    known = np.isfinite(gap)
    count = known.sum(axis=1)
    total = np.where(known, gap, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(gap), np.nan), where=2 * count >= gap.shape[1]))


def _usual_days(of: Balance, part: Numbers, known: tuple[Mark, int | None]) -> Numbers:
    """Return what a part usually draws in each two hours of each day (days, 12) on days alike, renewed every week."""
    (calm, held), days = known, len(part)
    starts = np.arange(0, max(days, 1), RENEWED) - GAP_DAYS if held is None else np.array([held])
    place = np.arange(days) // RENEWED if held is None else np.zeros(days, np.int64)
    working, found = of.grid.is_kind(*WORKING), np.full(part.shape, np.nan)
    for group in (True, False):
        mine = working == group
        rows = np.flatnonzero(mine & calm & np.isfinite(part).any(axis=1))
        at = np.searchsorted(rows, starts)[:, None] - 1 - np.arange(ALIKE)
        if len(rows):
            seen = np.where((at >= 0)[..., None], part[rows[np.maximum(at, 0)]], np.nan)
            found[mine] = median(seen.swapaxes(1, 2), LEAST_ALIKE)[place[mine]]
    return found
