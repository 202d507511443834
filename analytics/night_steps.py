"""Several nights together: what no single night shows, three or seven may, held against the two weeks before."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.hours import Numbers
from analytics.like_rows import RENEWED, Reach, earlier, level
from analytics.night_bands import MEMORY_DAYS, caution, floor_margin, stayers
from analytics.nights import IN_TERM, Nights
from analytics.robust import SIGMA_PER_MAD, median
from analytics.scan import Mark

# So many nights together are held against the median of so many like nights before them [nights]. Three find what is
# plain, seven what is small; two weeks before, some of which may be unknown, are enough for a level and too few for a
# season (ours).
TOGETHER, BEFORE_NIGHTS, LEAST_BEFORE = (3, 7), 14, 8
# Each of them stands out by so many standard deviations of such differences, as the last two months of calm nights
# show them [nights, of which so many must be known]: a restless meter's are wide, and a restless season's.
# With these a place whose nights scatter at random by a tenth has about one finding a year (ours, measured).
SIGMAS, SEEN_NIGHTS, LEAST_SEEN = {3: 2.5, 7: 3.0}, 60, 20
# And by this share of the level (ours): less than a single night must, since they are many.
LEAST_SHARE = 0.1
# One odd night is no evidence: the middle one of them must have this share of what all of them have on average.
MOST_SHARE = 0.5
# The variance of a median of normal values is so many times that of their mean (pi / 2).
MEDIAN_LOSS = 1.571
# Nights together may have so many unknown ones between them.
UNKNOWN_NIGHTS = 5


@dataclass(frozen=True, slots=True)
class Steps:
    """At each night (days,): whether the nights that end with it stand `up` above those before, their `excess` and
    what is `usual` of a night like it [m³/h], NaN where that cannot be told, and the row of their `first` night."""

    up: Mark
    excess: Numbers
    usual: Numbers
    first: NDArray[np.int64]


def steps(nights: Nights, calm: Mark) -> Steps:
    """Return where several nights together stand above the two weeks before them, the fewest that do.

    Each is held against calm nights of its own group; nights a plan speaks of are left out.
    """
    count = len(nights.quiet)
    found = Steps(np.zeros(count, bool), np.full(count, np.nan), np.full(count, np.nan), np.arange(count))
    for together in TOGETHER:
        usual = _usual(nights, calm, together)
        rows = np.flatnonzero(np.isfinite(nights.quiet - usual))
        if len(rows) >= together + LEAST_SEEN:
            found.usual[rows] = np.where(found.up[rows], found.usual[rows], usual[rows])
            _look(found, nights, (rows, calm[rows], together))
    return found


def _usual(nights: Nights, calm: Mark, together: int) -> Numbers:
    """Return what the quietest hours of each night usually are (days,), so many nights and more before it."""
    usual = np.full(len(nights.quiet), np.nan)
    known = np.isfinite(nights.quiet) & np.isnan(nights.allowed)
    reach = Reach(BEFORE_NIGHTS, LEAST_BEFORE, MEMORY_DAYS, together - 1)
    for group in np.unique(nights.group).tolist():
        mine = known & (nights.group == group)
        rows = np.flatnonzero(mine)
        usual[rows] = level(nights.quiet, earlier(mine & calm, None, reach)[rows], LEAST_BEFORE)[0]
    return usual


def _look(found: Steps, nights: Nights, at: tuple[NDArray[np.int64], Mark, int]) -> None:
    """Write into `found` where so many of the nights at `rows` stand above what is usual of each."""
    rows, calm, together = at
    above = sliding_window_view((nights.quiet - found.usual)[rows], together)
    last = rows[together - 1 :]
    first, excess = rows[: len(last)], above.mean(axis=1)
    # Boarders come and go for weeks, in term too: several nights show that as well.
    least = max(floor_margin(nights.context, IN_TERM), stayers(nights.context))
    wide = np.maximum(SIGMAS[together] * _scatter((nights.quiet - found.usual)[rows], calm, together), least)
    wide = np.maximum(wide, LEAST_SHARE * found.usual[last])
    raised = above > MOST_SHARE * excess[:, None]
    up = (excess > caution(nights.context) * wide) & (2 * raised.sum(axis=1) > together)
    up &= (last - first < together + UNKNOWN_NIGHTS) & ~found.up[last]
    found.up[last[up]], found.excess[last[up]] = True, excess[up]
    found.first[last[up]] = first[up]


def _scatter(single: Numbers, calm: Mark, together: int) -> Numbers:
    """Return the standard deviation of the mean of so many differences (n,) at each last one; NaN for few known.

    It is that of such means themselves, which drift together, or what single nights would give that do not: few means
    that share their nights may by chance lie close.
    """
    means = sliding_window_view(single, together).mean(axis=1)
    alone = _deviation(np.where(calm, single, np.nan), together)[together - 1 :]
    of_alone = sqrt((1 / together + MEDIAN_LOSS / BEFORE_NIGHTS) / (1 + MEDIAN_LOSS / BEFORE_NIGHTS))
    wide: Numbers = np.maximum(_deviation(np.where(calm[together - 1 :], means, np.nan), together), of_alone * alone)
    return wide


def _deviation(values: Numbers, together: int) -> Numbers:
    """Return the standard deviation of the latest values (n,) that share no night with each; NaN for few."""
    known = np.flatnonzero(np.isfinite(values))
    at = np.arange(0, len(values), RENEWED)
    place = np.searchsorted(known, at - together, side="right")[:, None] - 1 - np.arange(SEEN_NIGHTS)
    padded = np.append(np.abs(values[known]), np.nan)  # -1 finds the NaN
    seen = padded[np.maximum(place, -1)]
    return np.repeat(SIGMA_PER_MAD * median(seen, LEAST_SEEN), RENEWED)[: len(values)]


def grown(over: Numbers, least: Numbers) -> NDArray[np.int64]:
    """Return the places at which a flow that ran, `over` (n,) what was usual in its known nights, had grown.

    The last three nights stand out from the two weeks before, all of them within it, by at least `least` (n,).
    """
    together = TOGETHER[0]
    if len(over) < together + BEFORE_NIGHTS:
        return np.zeros(0, np.int64)
    now = sliding_window_view(over, together)[BEFORE_NIGHTS:]
    before = sliding_window_view(over, BEFORE_NIGHTS)[:-together]
    level = np.median(before, axis=1)
    alone = SIGMA_PER_MAD * np.median(np.abs(before - level[:, None]), axis=1)
    excess = now.mean(axis=1) - level
    place = np.arange(together + BEFORE_NIGHTS - 1, len(over))
    wide = np.maximum(SIGMAS[together] * sqrt(1 / together + MEDIAN_LOSS / BEFORE_NIGHTS) * alone, least[place])
    raised = (now > (level + MOST_SHARE * excess)[:, None]).sum(axis=1)
    up: NDArray[np.int64] = place[(excess > wide) & (2 * raised > together)]
    return up
