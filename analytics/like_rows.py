"""What is usual by looking back: for every row at once, the latest calm rows like it that were known before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.hours import Numbers
from analytics.robust import median, middle, spread
from analytics.scan import Mark

# What months say changes slowly: it is looked at anew every so many rows.
RENEWED = 7


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one looks back: at most `recent` rows, none older than `oldest` rows; of them `least` must be known.

    The `gap` rows just before are left out, since what has begun there may not be seen yet.
    """

    recent: int
    least: int
    oldest: int
    gap: int = 0


def earlier(like: Mark, held: int | None, reach: Reach) -> NDArray[np.int64]:
    """Return for every row the latest rows marked `like` before it (rows, recent), -1 where there are fewer.

    With `held`, before that row instead.
    """
    place = np.flatnonzero(like)
    if not len(place):
        return np.full((len(like), reach.recent), -1)
    until = np.arange(len(like)) - reach.gap if held is None else np.full(len(like), held)
    at = np.searchsorted(place, until)[:, None] - 1 - np.arange(reach.recent)
    found = place[np.maximum(at, 0)]
    return np.where((at >= 0) & (until[:, None] - found <= reach.oldest), found, -1)


def level(value: Numbers, earlier_rows: NDArray[np.int64], least: int) -> Numbers:
    """Return the median and the median absolute deviation (2, rows) of the rows before each; NaN with too few."""
    seen = np.where(earlier_rows >= 0, value[earlier_rows], np.nan) if len(value) else np.empty((0, 1))
    centre = median(seen, least)
    return np.stack([centre, spread(seen, centre)])


def long_run(value: Numbers, rows: NDArray[np.int64], reach: Reach) -> Numbers:
    """Return the median of all known `value` within the reach before each of `rows`, NaN where none is known.

    It is renewed at every seventh of them; how many values there are is not looked at.
    """
    at = rows[::RENEWED]
    found = np.full(len(at), np.nan)
    for place, row in enumerate(at.tolist()):
        past = value[max(0, row - reach.oldest) : max(0, row - reach.gap)]
        known = past[np.isfinite(past)]
        if len(known):
            found[place] = middle(known)
    return np.repeat(found, RENEWED)[: len(rows)]
