"""How far a piece of a day lies from what the meter did at the same hour on the days most like it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.hours import HOURS_PER_DAY
from analytics.robust import median
from analytics.unusual_sight import Sight, windows

# Days so far apart are not compared [days]: a year holds every season once.
YEAR_DAYS = 366
# This share of what is ordinary at the hour is added to what is ordinary among the nearest days: where those agree to
# the last digit (a standby load), the least stir is not unheard of.
FLOOR = 0.1

Numbers = NDArray[np.float64]


def nearness(value: Numbers, piece_hours: int, nearest: int, sight: Sight) -> Numbers:
    """Return how far each hour's piece of use (days, 24) is from like ones; about 0.8 where it is ordinary.

    The distance of two pieces of `piece_hours` is their mean absolute difference. Counted is the distance to the
    `nearest`-th nearest day, divided by what that is for those days themselves, as the local outlier factor does
    (Breunig et al., SIGMOD 2000): a lively hour of a lively kind of day is ordinary. NaN where the piece is not whole
    or so many days are not known.
    """
    pieces = windows(value, sight.split(piece_hours)).reshape(len(value), HOURS_PER_DAY, -1)
    never = _not_compared(len(value), sight)
    far, like = np.full_like(value, np.nan), np.full_like(value, np.nan)
    for hour in range(HOURS_PER_DAY):
        far[:, hour], like[:, hour] = _to_nearest(_distances(pieces[:, hour], never), nearest)
    return over(far, like + FLOOR * sight.over_days(far, scatter))


def over(far: Numbers, scale: Numbers) -> Numbers:
    """Return `far` in units of `scale`; 0 where nothing ever scatters."""
    quotient = np.divide(far, scale, out=np.zeros_like(far), where=scale > 0)
    return np.where(np.isnan(far + scale), np.nan, quotient)


def scatter(off: Numbers) -> Numbers:
    """Return (24,) what `off` (days, 24) ordinarily is at each hour, and added to it what it is at any.

    Where it is ordinarily 0 (a meter of coarse steps, a lamp that is off most nights) the mean stands for the median.
    """
    hourly = median(off.T)
    anyway = median(hourly[None, :])
    known = off[np.isfinite(off)]
    if not anyway[0] > 0 and len(known):
        anyway = np.array([known.mean()])
    return hourly + anyway


def _not_compared(days: int, sight: Sight) -> NDArray[np.bool_]:
    """Return of which other days (days, days) a day takes no notice: itself, what is years off, what is to come."""
    later = np.arange(days)[None, :] - np.arange(days)[:, None]
    never: NDArray[np.bool_] = (later == 0) | (np.abs(later) > YEAR_DAYS) | (later > sight.after_days)
    return never


def _distances(pieces: Numbers, never: NDArray[np.bool_]) -> Numbers:
    """Return the distances (days, days) of each day's piece to those of the others, else infinity."""
    apart, step = np.zeros(never.shape), np.empty(never.shape)
    for hour in pieces.T:
        np.subtract.outer(hour, hour, out=step)
        apart += np.abs(step, out=step)
    apart /= pieces.shape[1]
    apart[never | np.isnan(apart)] = np.inf
    return apart


def _to_nearest(apart: Numbers, nearest: int) -> tuple[Numbers, Numbers]:
    """Return the distance (days,) to the nearest-th day, and the median of the same of those nearest days."""
    if len(apart) <= nearest:
        return np.full(len(apart), np.nan), np.full(len(apart), np.nan)
    days = np.argpartition(apart, nearest - 1, axis=1)[:, :nearest]
    far = np.take_along_axis(apart, days, axis=1).max(axis=1)
    far = np.where(np.isfinite(far), far, np.nan)
    return far, np.where(np.isfinite(far), median(far[days]), np.nan)
