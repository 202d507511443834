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
# A drift may have begun in these weeks of the window; one that began in the first of them may have begun before it. A
# step may have been at any half week. So many days before it must say what is usual.
BEGINS, STEPS = np.arange(0.0, 9.0), np.arange(0.0, 11.6, 0.5)
LEAST_BEFORE_DAYS = 21
# A drift is told of when it is so fast [share a month, ours], has gone so many times beyond the meter's class, has
# come to this share of all that flows in (ours: half of the class of the meter above), and explains what is left over
# so much better than none at all (F of the regression).
LEAST_A_MONTH, CLASSES, LEAST_OF_INFLOW, LEAST_F = 0.02, 1.5, 0.005, 40.0
# Another explanation that leaves not more than the best one divided by this is as likely: a use nobody counts and
# that grows, or a step, then takes the drift away, and another meter is suspected as well.
NEXT_BEST = 0.8
# The least share of the truth a drifting meter is taken to count.
LEAST_TRUE = 0.3
# It is looked at every other week, and told when two looks in a row suspect the same; two weeks in a row back within
# the meter's class end it.
LOOK_DAYS, LOOKS, WEEKS_BACK = 14, 2, 2


@dataclass(frozen=True, slots=True)
class Fit:
    """What a look suspects: meters (0 the one above, from 1 on the parts), none where no drift explains it.

    `a_month` is how fast each of the family would drift [share a month], `begin` the day the likeliest began to.
    """

    suspects: frozenset[int]
    a_month: tuple[float, ...] = ()
    begin: int = 0


@dataclass(frozen=True, slots=True)
class Drift:
    """A meter that drifts: off by more than its class since the day `first`, known on the day `known`, back on `end`.

    `suspects` are the meters that may be it, one where that can be told; `meter` is the one it is told of: the one
    above (0) where several are suspected. `end` is None while it lasts. `a_month` is how fast it grew when it was
    known and `off` (days,) how far it is: shares of what the meter counts too much; of several suspects, of all that
    flows in that the parts count too much.
    """

    meter: int
    suspects: tuple[int, ...]
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
        look, suspects = told
        one = _followed(of, fits[look], suspects, ends[look] - 1)
        found.append(one)
        if one.end is None:
            break
        # What the drift left in the window is not to be taken for another.
        place = sum(end < one.end + WINDOW_DAYS for end in ends)
    return tuple(found)


def _first_told(fits: list[Fit], place: int) -> tuple[int, frozenset[int]] | None:
    """Return the first look from `place` on that suspects what the looks before it did, and whom all of them do."""
    for look in range(place + LOOKS - 1, len(fits)):
        several = fits[look + 1 - LOOKS : look + 1]
        common = frozenset.intersection(*(one.suspects for one in several))
        same = {one: len({fit.a_month[one] > 0 for fit in several}) == 1 for one in common}
        if common and all(same.values()):
            return look, common
    return None


def _fit(of: Balance, end: int) -> Fit:
    """Return whom the weeks before the day `end` suspect of drifting."""
    nobody = Fit(frozenset())
    days = np.arange(end - WINDOW_DAYS, end)
    if (np.isfinite(of.rest[days]) & (of.inflow[days] > 0)).sum() < LEAST_DAYS:
        return nobody
    flows, block = _blocks(of, days)
    known = np.isfinite(flows).all(axis=0)
    flows, since = flows[:, known], _since(days, BEGINS)[:, known]
    at = np.eye(BLOCKS)[block[known]]
    base, _ = np.linalg.qr(np.concatenate([at, flows[:1].T], axis=1))
    rest = _beside(base, (flows[0] - flows[1:-1].sum(axis=0))[:, None])[:, 0]
    slope, left = _explained(base, rest, flows[:, None] * since)
    # Mostly nothing drifts, and a first look suffices.
    if _gained(rest, left) < LEAST_F / 2:
        return nobody
    # What a meter counts has the drift in it: the truth is that less the drift as it is known by now.
    sign = np.where(np.arange(len(flows)) == 0, 1.0, -1.0)[:, None]
    true = flows[:, None] / np.maximum(1 + (sign * slope)[..., None] * since, LEAST_TRUE)
    slope, left = _explained(base, rest, true * since)
    if _gained(rest, left) < LEAST_F:
        return nobody
    _, of_steps = _explained(base, rest, flows[:, None] * (_since(days, STEPS)[:, known] > 0))
    best = left.argmin(axis=1)
    each = np.arange(len(flows))
    likely = NEXT_BEST * left[each, best] <= left.min()
    if likely[-1] or left.min() > NEXT_BEST * of_steps.min():
        return nobody
    a_month, gone = (sign * slope)[each, best], since[best].max(axis=1)
    begin = int(best[np.argmin(left[each, best])])
    suspects = [j for j in each[:-1] if likely[j] and _large(of, int(j), (a_month[j], gone[j], flows))]
    day = end - WINDOW_DAYS + WEEK * begin
    if not suspects or begin == 0 or day < LEAST_BEFORE_DAYS:
        return nobody
    return Fit(frozenset(map(int, suspects)), tuple(a_month[:-1].tolist()), day)


def _large(of: Balance, meter: int, drift: tuple[float, float, Numbers]) -> bool:
    """Whether a meter's drift [share a month] over so many months is one to be told of."""
    a_month, months, flows = drift
    far = abs(a_month) * months
    of_inflow = far * flows[meter].mean() / flows[0].mean()
    return bool(abs(a_month) >= LEAST_A_MONTH and far >= CLASSES * of.error[meter] and of_inflow >= LEAST_OF_INFLOW)


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


def _followed(of: Balance, fit: Fit, suspects: frozenset[int], known: int) -> Drift:
    """Return a drift with how far the count is off by the day, and when it was back."""
    before = np.arange(max(0, fit.begin - WINDOW_DAYS), fit.begin)
    before = before[np.isfinite(of.rest[before])]
    columns = np.stack([np.ones(len(before)), of.inflow[before]], axis=1)
    always, share = np.linalg.lstsq(columns, of.rest[before], rcond=None)[0]
    more = of.rest - always - share * of.inflow
    meter = min(suspects) if len(suspects) == 1 else 0
    counted = of.inflow if meter == 0 else np.nansum(of.parts[meter - 1], axis=1)
    if len(suspects) > 1:
        likeliest = max(suspects, key=lambda one: abs(fit.a_month[one]) * _share(of, one))
        a_month = fit.a_month[likeliest] * _share(of, likeliest) * (-1 if likeliest == 0 else 1)
        off = np.divide(-more, counted, out=np.full(len(more), np.nan), where=counted > 0)
    else:
        a_month = fit.a_month[meter]
        true = counted - more if meter == 0 else counted + more
        off = np.divide(counted, true, out=np.full(len(true), np.nan), where=true > 0) - 1
    error = float(of.error[meter])
    noticeable = round(error / abs(a_month) * MONTH_DAYS)
    first = min(fit.begin + noticeable, known)
    return Drift(meter, tuple(sorted(suspects)), first, known, _back(off, known, error), a_month, off)


def _share(of: Balance, meter: int) -> float:
    """Return the share of all that flows in that a meter counts."""
    flow = (
        of.inflow if meter == 0 else np.where(np.isfinite(of.inflow), np.nansum(of.parts[meter - 1], axis=1), np.nan)
    )
    return float(np.nansum(flow) / np.nansum(of.inflow))


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
