"""Whether other meters saw what a meter says: the one above it, those below it, those like it."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np

from analytics.around import Around
from analytics.hours import Hours, Numbers, day_grid
from analytics.robust import SIGMA_PER_MAD, median
from analytics.steps import LEAST_HOURS, Step
from campus.registry import School

# Another meter saw a change when it moved by at least this share of it.
SAW = 0.5
# A change smaller than so many standard deviations of the other meter's days cannot be seen there.
SIGMAS = 3.0
# What lies below tells of a meter when it is at least this share of it.
BELOW_SHARE = 0.3
# No part is larger than the whole, but for the errors of two meters of class 2 and what lies between readings.
IMPOSSIBLE = 1.1
# Days on which the other meter has to be known, before and after.
LEAST_DAYS = 3

PARENT, CHILDREN, LIKE = "parent", "children", "like"


def judged(step: Step, around: Around, school: School) -> tuple[bool | None, str]:
    """Return whether a step is wrong, None where nobody can tell, and who says so.

    The meter above and those below weigh energy and speak first; the like ones only tell a common cause.
    """
    for who, others in ((PARENT, list(around.parent.values())), (CHILDREN, list(around.children.values()))):
        wrong = _weighed(step, who, others, school)
        if wrong is not None:
            return wrong, who
    followed = [seen for hours in around.like.values() if (seen := _followed(step, hours, school)) is not None]
    if not followed:
        return None, ""
    return (False, LIKE) if 2 * sum(followed) >= len(followed) else (None, LIKE)


def _weighed(step: Step, who: str, others: Sequence[Hours], school: School) -> bool | None:
    means = [_means(step, hours, school) for hours in others]
    if not means or any(len(m) < LEAST_DAYS for pair in means for m in pair):
        return None
    before, after = (np.sum([np.median(pair[side]) for pair in means]) for side in (0, 1))
    noise = np.sqrt(np.sum([_noise(m) ** 2 for pair in means for m in pair]))
    if who == CHILDREN and before < BELOW_SHARE * step.before:
        return None
    if who == PARENT and step.after > IMPOSSIBLE * after:
        return True
    expected = step.after - step.before
    if abs(expected) < SIGMAS * noise:
        return None
    return bool((after - before) / expected < SAW)


def _followed(step: Step, hours: Hours, school: School) -> bool | None:
    before, after = _means(step, hours, school)
    if min(len(before), len(after)) < LEAST_DAYS or not (np.median(before) > 0 and np.median(after) > 0):
        return None
    return bool(log(np.median(after) / np.median(before)) / log(step.ratio) >= SAW)


def _means(step: Step, hours: Hours, school: School) -> tuple[Numbers, Numbers]:
    """Return another meter's mean use per hour on the days before and after a step, as far as known."""
    value = day_grid(hours, school).value
    known = np.isfinite(value).sum(axis=1)
    total = np.nansum(value, axis=1)
    before, after = (rows[known[rows] >= LEAST_HOURS] for rows in (step.rows_before, step.rows_after))
    return total[before] / known[before], total[after] / known[after]


def _noise(means: Numbers) -> float:
    centre = np.median(means)
    return float(SIGMA_PER_MAD * median(np.abs(means - centre)) / np.sqrt(len(means)))
