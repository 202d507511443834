"""Whether other meters went on as usual in the hours in which one showed nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analytics.around import on_grid
from analytics.detector import Context
from analytics.hours import HOURS_PER_DAY, Hours, Numbers
from analytics.robust import SIGMA_PER_MAD
from analytics.series import Ints
from analytics.usual import BAND_SIGMAS, usual

# Another meter moved as usual when it used at least this share of what it usually does in those hours.
AS_USUAL = 0.5
# Of the like meters at least this share did.
LIKE_SHARE = 0.5
# What is left over is used where this meter stands still when it is so many standard deviations above what is usually
# left over, and this share of what the meter should have shown (ours).
SIGMAS, LEAST_LEFT = 3.0, 0.15
# Days before, from which is taken what the meter above usually sees besides; and the hours of them to be known.
BESIDES_DAYS, LEAST_HOURS = 28, 7 * HOURS_PER_DAY
Missed = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Own:
    """What a meter shows and what it usually does, by the hour (n,) [epoch ms]."""

    start_ms: Ints
    value: Numbers
    expected: Numbers

    def missing(self, missed: Missed) -> float:
        """Return what it should have used in the hours `missed`."""
        return float(np.nansum(self.expected[missed]))


def moved(missed: Missed, own: Own, context: Context) -> bool:
    """Whether the meter above saw what this one should have, or where it cannot tell, half of those like it moved."""
    told = above_went_on(missed, own, context)
    if told is not None:
        return told
    above, alike = (
        [seen for hours in others.values() if (seen := _of(missed, hours, context)) is not None]
        for others in (context.around.parent, context.around.like)
    )
    each = [seen.used >= AS_USUAL * seen.usual for seen in alike or above]
    return bool(each) and sum(each) >= LIKE_SHARE * len(each)


def above_went_on(missed: Missed, own: Own, context: Context) -> bool | None:
    """Whether the meter above saw what this one should have in the hours `missed`; None where it cannot tell."""
    least = AS_USUAL * own.missing(missed)
    left = _left_over(missed, own, context)
    if left is not None and least > left.scatter:
        # On a holiday less is used than usual: something at all that nobody counts is enough.
        return left.used - left.usual >= max(SIGMAS * left.scatter, LEAST_LEFT * own.missing(missed))
    for hours in context.around.parent.values():
        seen = _of(missed, hours, context)
        # What is off this meter does not show, and the one above does not either: it then lacks all of it.
        if seen is not None and least > seen.scatter:
            return seen.used >= seen.usual - least
    return None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What another meter used in the hours missed, what it usually does, and how far that scatters."""

    used: float
    usual: float
    scatter: float


def _left_over(missed: Missed, own: Own, context: Context) -> _Seen | None:
    """Return what flowed in above less all that the meters beside this one and itself count; None where unknown."""
    family = context.around.above
    if family is None or len(family.parts) < 2:
        return None
    beside = [hours.value for part, hours in family.parts if part.key != context.meter.key]
    rest = replace(family.inflow, value=family.inflow.value - np.sum(beside, axis=0))
    left = on_grid(rest, own.start_ms).value - own.value
    before = left[max(0, int(missed[0]) - BESIDES_DAYS * HOURS_PER_DAY) : missed[0]]
    before, now = before[np.isfinite(before)], left[missed][np.isfinite(left[missed])]
    if len(before) < LEAST_HOURS or 2 * len(now) < len(missed):
        return None
    middle = float(np.median(before))
    scatter = SIGMA_PER_MAD * float(np.median(np.abs(before - middle)))
    # The left over of neighbouring hours is alike: it does not average out within a night.
    return _Seen(float(now.mean()) * len(missed), middle * len(missed), scatter * len(missed))


def _of(missed: Missed, hours: Hours, context: Context) -> _Seen | None:
    """Return what another meter saw; None where it, or its usual, is known in less than half of the hours."""
    expected = usual(hours, context.school)
    value, high, used = expected.value[missed], expected.high[missed], hours.value[missed]
    known = np.isfinite(value) & np.isfinite(used)
    if 2 * known.sum() < len(missed) or value[known].sum() <= 0:
        return None
    scatter = np.sqrt((((high - value)[known] / BAND_SIGMAS) ** 2).sum())
    return _Seen(float(used[known].sum()), float(value[known].sum()), float(scatter))
