"""What most likely made a balance change: which of a few simple explanations fits the hours best."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.balance import WEEKS_DAYS, Balance, Usual
from analytics.hours import Numbers
from analytics.robust import SIGMA_PER_MAD, median


class Kind(StrEnum):
    """Why what flows in and what is counted below part."""

    STEADY = (
        "steady"  # the same amount at every hour: a leak, or what is never switched off, in front of the sub-meters
    )
    IN_STEP = "in_step"  # a share of all that flows in: the meter above counts wrong, or something takes its share
    PART = "part"  # a share of what one sub-meter counts: that one counts wrong
    UNCLEAR = "unclear"  # some use of its own that no meter shows
    SWAPPED = "swapped"  # two sub-meters changed places
    CLOCK = "clock"  # a meter's clock runs ahead or behind


@dataclass(frozen=True, slots=True)
class Cause:
    """An explanation, and how much of the change it explains, 0 to 1.

    `meter` is the one to look at: 0 the one above, from 1 on the parts. `counts` is the share of the truth it counts
    where that is what is wrong; of a clock the hours it is late.
    """

    kind: Kind
    meter: int
    counts: float = float("nan")
    explained: float = 0.0


# An explanation holds when it explains so much of the change, and leaves this share of what the next one leaves
# (ours: buildings use alike, so that the wrong one explains much as well).
LEAST_EXPLAINED, AHEAD = 0.7, 0.6
# Days of the week before are looked at; a meter's own days vary by this share at least; a jump decides when it is so
# much likelier (the difference of squared standard deviations: two of them).
WEEK, LEAST_NOISE, DECIDES = 7, 0.02, 4.0
# From one month to the next the use itself may vary by this factor (ours).
USE_VARIES = 1.6


def excess(of: Balance, usual: Usual, first: int, rows: NDArray[np.intp]) -> Numbers:
    """Return by how much the rest is above the usual in each hour of some days (n, 24), the usual being that of each
    hour of the day in the weeks before the day `first`."""
    before = np.arange(max(0, first - WEEKS_DAYS), first)
    share = float(usual.share[first])
    by_hour = median((of.hours[before] - share * of.grid.value[before]).T)
    more: Numbers = of.hours[rows] - share * of.grid.value[rows] - by_hour
    return more


def cause_of(of: Balance, more: Numbers, first: int, rows: NDArray[np.intp]) -> Cause:
    """Return the explanation that fits the excess `more` (n, 24) of the days `rows` best; it began on day `first`.

    Where several fit about alike, the readings of the meters themselves decide: which of them jumped when it began.
    """
    known = np.isfinite(more)
    e = more[known]
    columns = [np.ones(len(e)), of.grid.value[rows][known], *(part[rows][known] for part in of.parts)]
    slope, fit = np.transpose([_through_origin(x, e) for x in columns])
    with np.errstate(divide="ignore"):
        counts = np.concatenate([[1.0], 1 / (1 - slope[1:2]), 1 / (1 + slope[2:])])
    for j, part in enumerate(of.parts):
        fit[j + 2] *= _itself_changed(part, counts[j + 2], (first, rows))
    fit[1] *= counts[1] > 0
    alike = np.flatnonzero((fit >= LEAST_EXPLAINED) & (AHEAD * (1 - fit) <= 1 - fit.max()))
    best = _likeliest(of, alike, (counts, first, rows)) if len(alike) > 1 else int(np.argmax(fit))
    if best is None or fit[best] < LEAST_EXPLAINED:
        return Cause(Kind.UNCLEAR, 0, explained=float(fit.max()))
    if best == 0:
        return Cause(Kind.STEADY, 0, explained=float(fit[best]))
    kind = Kind.IN_STEP if best == 1 else Kind.PART
    return Cause(kind, best - 1, float(counts[best]), float(fit[best]))


def _likeliest(of: Balance, alike: NDArray[np.intp], when: tuple[Numbers, int, NDArray[np.intp]]) -> int | None:
    """Return which of the explanations `alike` the meters' own jumps speak for; None where they do not decide.

    A jump is by how much more than the others a meter moved against the same days of the week before.
    """
    counts, first, rows = when
    flows = np.concatenate([of.inflow[None], np.nansum(of.parts, axis=2)])
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.log(flows[:, WEEK:] / flows[:, :-WEEK])
    moved = np.where(np.isfinite(moved), moved, np.nan)
    moved = moved - median(moved.T)
    jump = median(moved[:, rows[rows < first + WEEK] - WEEK])
    before = moved[:, max(0, first - WEEK - WEEKS_DAYS) : max(0, first - WEEK)]
    noise = np.maximum(SIGMA_PER_MAD * median(np.abs(before)), LEAST_NOISE)
    if np.isnan(jump + noise).any():
        return None
    against = []
    for one in alike:
        expected = np.zeros(len(flows))
        if one > 0:
            expected[one - 1] = np.log(counts[one])
        against.append(float((((jump - (expected - np.median(expected))) / noise) ** 2).sum()))
    order = np.argsort(against)
    return int(alike[order[0]]) if against[order[1]] - against[order[0]] >= DECIDES else None


def _itself_changed(part: Numbers, counts: float, when: tuple[int, NDArray[np.intp]]) -> bool:
    """Whether a part's own level moved as it must have, were it to count this share of the truth from then on."""
    first, rows = when
    before, since = part[max(0, first - WEEKS_DAYS) : first], part[rows]
    levels = [float(np.nanmean(days)) if np.isfinite(days).any() else 0.0 for days in (before, since)]
    if not 0 < counts < np.inf or min(levels) <= 0:
        return False
    off = abs(np.log(levels[1] / levels[0] / counts))
    return bool(off <= max(np.log(USE_VARIES), abs(np.log(counts)) / 2))


def _through_origin(x: Numbers, e: Numbers) -> tuple[float, float]:
    """Return the slope of e over x through the origin and the share of e² it explains."""
    xx, ee, xe = float(x @ x), float(e @ e), float(x @ e)
    return (xe / xx, xe**2 / (xx * ee)) if xx > 0 and ee > 0 else (0.0, 0.0)
