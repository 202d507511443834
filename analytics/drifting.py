"""Whether one meter of a family slowly counts less or more than the others say: which, how fast, since when."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analytics.around import Family
from analytics.balance import Balance
from analytics.balance_found import judged
from analytics.hours import KEPT, Numbers
from campus.registry import School

# Twelve weeks are looked at, by the week; so many of their days must be known.
WINDOW_DAYS, WEEK, LEAST_DAYS = 84, 7, 50
MONTH_DAYS = 30.0
# A day is looked at in so many blocks, in which the meters share differently.
BLOCKS = 3
# A drift began within these weeks of the window, so that the weeks before it say what is usual and those after it how
# it goes; a step may have been at any half week.
BEGINS, STEPS = np.arange(3.0, 9.0), np.arange(3.0, 11.6, 0.5)
# A drift is told of when it is so fast [share a month, ours], has gone so many times beyond the meter's class, and
# explains what is left over so much better than none at all (F of the regression), than a step, and than any other
# meter or a use that nobody counts (share of their squared remainders).
LEAST_A_MONTH, CLASSES, LEAST_F, NEXT_BEST = 0.02, 1.5, 40.0, 0.8
# It must have come to this share of all that flows in (ours: half of the class of the meter above).
LEAST_OF_INFLOW = 0.005
# The least share of the truth a drifting meter is taken to count.
LEAST_TRUE = 0.3
# It is looked at every other week, and told when two looks in a row say the same; two weeks in a row back within the
# meter's class end it.
LOOK_DAYS, LOOKS, WEEKS_BACK = 14, 2, 2


@dataclass(frozen=True, slots=True)
class Fit:
    """The best explanation of a look: the meter (0 the one above, from 1 on the parts), its drift [share a
    month], and the day it began; None for the meter where none holds."""

    meter: int | None
    a_month: float
    begin: int


@dataclass(frozen=True, slots=True)
class Drift:
    """A meter that drifts: off by more than its class since the day `first`, known on the day `known`, back on `end`.

    `end` is None while it lasts; `off` (days,) is the share by which it counts too much, `a_month` how fast that grew
    when it was known.
    """

    meter: int
    first: int
    known: int
    end: int | None
    a_month: float
    off: Numbers


@lru_cache(KEPT)
def drifts(family: Family, school: School) -> tuple[Drift, ...]:
    """Return the drifts in a family, oldest first."""
    known = judged(family, school)
    of, found = known.of, list[Drift]()
    ends = list(range(WINDOW_DAYS, len(of.rest) + 1, LOOK_DAYS)) if known.told else []
    fits = [_fit(of, end) for end in ends]
    place = 0
    while (told := _first_told(fits, place)) is not None:
        one = _followed(of, fits[told], ends[told] - 1)
        found.append(one)
        if one.end is None:
            break
        # What the drift left in the window is not to be taken for another.
        place = sum(end < one.end + WINDOW_DAYS for end in ends)
    return tuple(found)


def _first_told(fits: list[Fit], place: int) -> int | None:
    """Return the first look from `place` on that says the same of the same meter as the looks before it."""
    for look in range(place + LOOKS - 1, len(fits)):
        said = [(one.meter, one.a_month > 0) for one in fits[look + 1 - LOOKS : look + 1]]
        if said[0][0] is not None and len(set(said)) == 1:
            return look
    return None


def _fit(of: Balance, end: int) -> Fit:
    """Return the best explanation of what was left over in the weeks before the day `end`."""
    nothing = Fit(None, 0.0, end)
    days = np.arange(end - WINDOW_DAYS, end)
    if (np.isfinite(of.rest[days]) & (of.inflow[days] > 0)).sum() < LEAST_DAYS:
        return nothing
    flows, block = _blocks(of, days)
    known = np.isfinite(flows).all(axis=0)
    flows, since = flows[:, known], _since(days, BEGINS)[:, known]
    at = np.eye(BLOCKS)[block[known]]
    base, _ = np.linalg.qr(np.concatenate([at, flows[:1].T], axis=1))
    rest = _beside(base, (flows[0] - flows[1:-1].sum(axis=0))[:, None])[:, 0]
    slope, left = _explained(base, rest, flows[:, None] * since)
    # Mostly nothing drifts, and a first look suffices.
    if _gained(rest, left) < LEAST_F / 2:
        return nothing
    # What a meter counts has the drift in it: the truth is that less the drift as it is known by now.
    sign = np.where(np.arange(len(flows)) == 0, 1.0, -1.0)[:, None]
    true = flows[:, None] / np.maximum(1 + (sign * slope)[..., None] * since, LEAST_TRUE)
    slope, left = _explained(base, rest, true * since)
    meter, begin = np.unravel_index(np.argmin(left), left.shape)
    a_month, least = float((sign * slope)[meter, begin]), float(left[meter, begin])
    far = abs(a_month) * since[begin].max()
    large = (
        meter < len(flows) - 1
        and abs(a_month) >= LEAST_A_MONTH
        and far >= CLASSES * of.error[meter]
        and far * flows[meter].mean() >= LEAST_OF_INFLOW * flows[0].mean()
        and _gained(rest, left) >= LEAST_F
        and least <= NEXT_BEST * np.delete(left, meter, axis=0).min()
    )
    if not large:
        return nothing
    _, of_steps = _explained(base, rest, flows[:, None] * (_since(days, STEPS)[:, known] > 0))
    if least > NEXT_BEST * of_steps.min():
        return nothing
    return Fit(int(meter), a_month, end - WINDOW_DAYS + WEEK * int(BEGINS[begin]))


def _gained(rest: Numbers, left: Numbers) -> float:
    """Return the F of the best regression against none, one regressor more."""
    least = float(left.min())
    return float(rest @ rest - least) / max(least / (len(rest) - BLOCKS - 2), 1e-12)


def _blocks(of: Balance, days: NDArray[np.intp]) -> tuple[Numbers, NDArray[np.intp]]:
    """Return what flows in, what each part draws and one that never varies (k + 2, blocks), and each block's place in
    its day; NaN where an hour is unknown."""
    hours = np.concatenate([of.grid.value[None, days], of.parts[:, days]])
    flows = hours.reshape(len(hours), len(days) * BLOCKS, -1).sum(axis=2)
    level = np.full((1, flows.shape[1]), np.nanmean(flows[0]))
    return np.concatenate([flows, level]), np.tile(np.arange(BLOCKS), len(days))


def _since(days: NDArray[np.intp], weeks: Numbers) -> Numbers:
    """Return the months since each of the weeks (weeks, blocks), 0 before it."""
    begin = days[0] + WEEK * weeks
    return np.repeat(np.maximum(days - begin[:, None], 0) / MONTH_DAYS, BLOCKS, axis=1)


def _beside(base: Numbers, columns: Numbers) -> Numbers:
    """Return what of columns (n, m) no combination of the base's (n, 2) gives."""
    return np.asarray(columns - base @ (base.T @ columns))


def _explained(base: Numbers, rest: Numbers, shapes: Numbers) -> tuple[Numbers, Numbers]:
    """Return the slope of each shape (meters, begins, n) and the squares of `rest` it leaves, (meters, begins)."""
    columns = _beside(base, shapes.reshape(-1, len(rest)).T)
    square = np.maximum((columns**2).sum(axis=0), 1e-12)
    slope = rest @ columns / square
    left = rest @ rest - slope**2 * square
    return slope.reshape(shapes.shape[:2]), left.reshape(shapes.shape[:2])


def _followed(of: Balance, fit: Fit, known: int) -> Drift:
    """Return a drift with how far the count is off by the day, and when it was back."""
    assert fit.meter is not None
    before = np.arange(max(0, fit.begin - WINDOW_DAYS), fit.begin)
    before = before[np.isfinite(of.rest[before])]
    columns = np.stack([np.ones(len(before)), of.inflow[before]], axis=1)
    always, share = np.linalg.lstsq(columns, of.rest[before], rcond=None)[0]
    more = of.rest - always - share * of.inflow
    counted = of.inflow if fit.meter == 0 else np.nansum(of.parts[fit.meter - 1], axis=1)
    true = counted - more if fit.meter == 0 else counted + more
    off = np.divide(counted, true, out=np.full(len(true), np.nan), where=true > 0) - 1
    end = _back(off, known, float(of.error[fit.meter]))
    noticeable = round(float(of.error[fit.meter]) / abs(fit.a_month) * MONTH_DAYS)
    return Drift(fit.meter, min(fit.begin + noticeable, known), known, end, fit.a_month, off)


def _back(off: Numbers, known: int, error: float) -> int | None:
    """Return the first day of two weeks in a row in which the count was within its class again."""
    quiet = 0
    for start in range(known + 1, len(off) - WEEK + 1, WEEK):
        week = off[start : start + WEEK]
        week = week[np.isfinite(week)]
        if len(week):
            quiet = quiet + 1 if abs(np.median(week)) <= error else 0
        if quiet == WEEKS_BACK:
            return start - WEEK * (WEEKS_BACK - 1)
    return None
