"""What most likely made a balance change: which of a few simple explanations fits the hours best."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.balance import WEEKS_DAYS, Balance, Usual
from analytics.hours import Numbers
from analytics.robust import median


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


# An explanation holds when it explains so much of the change, and so much more than the next one (ours).
LEAST_EXPLAINED, LEAST_AHEAD = 0.7, 0.05
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
    """Return the explanation that fits the excess `more` (n, 24) of the days `rows` best; it began on day `first`."""
    known = np.isfinite(more)
    e = more[known]
    columns = [np.ones(len(e)), of.grid.value[rows][known], *(part[rows][known] for part in of.parts)]
    slope, fit = np.transpose([_through_origin(x, e) for x in columns])
    with np.errstate(divide="ignore"):
        counts = np.concatenate([[1.0], 1 / (1 - slope[1:2]), 1 / (1 + slope[2:])])
    for j, part in enumerate(of.parts):
        fit[j + 2] *= _itself_changed(part, counts[j + 2], (first, rows))
    fit[1] *= counts[1] > 0
    best = int(np.argmax(fit))
    others = np.delete(fit, best)
    if fit[best] < LEAST_EXPLAINED or fit[best] - others.max() < LEAST_AHEAD:
        return Cause(Kind.UNCLEAR, 0, explained=float(fit[best]))
    if best == 0:
        return Cause(Kind.STEADY, 0, explained=float(fit[best]))
    kind = Kind.IN_STEP if best == 1 else Kind.PART
    return Cause(kind, best - 1, float(counts[best]), float(fit[best]))


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
