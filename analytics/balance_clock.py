"""A meter whose clock runs ahead or behind: its hours fit what flows in only when they are shifted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.balance import GAP_DAYS, RENEWED, Balance
from analytics.events import Event, Rule
from analytics.hours import HOURS_PER_DAY, Numbers
from analytics.robust import median
from analytics.scan import Judge, Mark, scan

# Five of seven days with the same shift; five days in a row without end it.
RULE = Rule(above=5, of=7, quiet=5, memory=10, rejoin=14)
# Shifts looked at [h], as clocks are set wrong: an hour or two by hand, eight from UTC to China, half a day, a day.
SHIFTS = (-12, -8, -2, -1, 1, 2, 8, 12)
# By a whole day only Mondays and Saturdays differ: it is told from the sums of so many days.
DAY_SHIFTS, DAYS = (-24, 24), 7
# A day tells of a shift when it leaves so little of the unshifted day's squared differences (ours), and these are as
# large as this share of how the meter itself varies: what is level fits at any hour.
LEFT, LEAST_MISFIT = 0.25, 0.1
# A day on which the meter shows less than this share of its middle day tells nothing.
LEAST_USED = 0.1
# What is usually left over at an hour of the day is taken from so many days before.
REST_DAYS, LEAST_REST = 28, 7


@dataclass(frozen=True, slots=True)
class Shift:
    """A meter (0 the one above, j + 1 the j-th part) whose hours come so many hours late (negative: early)."""

    meter: int
    hours: int
    event: Event


def shifted(of: Balance) -> list[Shift]:
    """Return the meters whose hours are shifted, oldest first."""
    found: list[Shift] = []
    flat = np.concatenate([of.grid.value.reshape(1, -1), of.parts.reshape(len(of.parts), -1)])
    for meter in range(len(flat)):
        should, own = _should(flat, meter), flat[meter]
        usually = should - _left_over(should - own, None)
        for shifts, days in ((SHIFTS, 1), (DAY_SHIFTS, DAYS)):
            best = _best_shift(usually, own, shifts, days)
            likely = [shift for shift in shifts if (best == shift).sum() >= RULE.above]
            for shift in likely:
                events = scan(len(of.rest), _by((shift, shifts, days), should, own), RULE)
                found += [
                    Shift(meter, shift, replace(event, first=max(0, event.first - days + 1))) for event in events
                ]
    return sorted(found, key=lambda shift: shift.event.first)


def _by(of: tuple[int, tuple[int, ...], int], should: Numbers, own: Numbers) -> Judge:
    shift, shifts, days = of

    def judge(_calm: Mark, held: int | None) -> Numbers:
        before = None if held is None else max(0, held - days + 1)
        best = _best_shift(should - _left_over(should - own, before), own, shifts, days)
        return np.where(np.isnan(best), np.nan, best == shift)

    return judge


def _should(flat: Numbers, meter: int) -> Numbers:
    """Return what a meter should show by all others of the family, its part of what is left over included."""
    if meter == 0:
        return np.asarray(flat[1:].sum(axis=0))
    return np.asarray(flat[0] - np.delete(flat, (0, meter), axis=0).sum(axis=0))


def _best_shift(should: Numbers, own: Numbers, shifts: tuple[int, ...], days: int) -> Numbers:
    """Return the shift [h] that fits each day (days,), 0 where none is needed, NaN where it cannot be told.

    The fit is summed over so many `days` up to each.
    """
    misfit, vary = _squares(should - own, days), _squares(own - _of_day(own), days)
    used = own.reshape(-1, HOURS_PER_DAY).sum(axis=1)
    known = np.isfinite(misfit) & (vary > 0) & (used >= LEAST_USED * median(used))
    best = np.where(known, 0.0, np.nan)
    apart = known & (misfit >= LEAST_MISFIT * vary)
    if apart.sum() < RULE.above:
        return best
    fits = np.stack([_squares(should - _moved(own, shift), days) for shift in shifts])
    place = np.argmin(np.where(np.isfinite(fits), fits, np.inf), axis=0)
    least = np.take_along_axis(fits, place[None], axis=0)[0]
    fit = apart & np.isfinite(fits).all(axis=0) & (least <= LEFT * misfit)
    return np.where(fit, np.array(shifts)[place], best)


def _moved(value: Numbers, shift: int) -> Numbers:
    """Return what a meter would show were it not `shift` hours late."""
    filled = np.full(abs(shift), np.nan)
    return np.concatenate([value[shift:], filled]) if shift > 0 else np.concatenate([filled, value[:shift]])


def _squares(value: Numbers, days: int) -> Numbers:
    """Return the sum of squares of each day (days,) and those before it, so many in all."""
    daily: Numbers = (value.reshape(-1, HOURS_PER_DAY) ** 2).sum(axis=1)
    if days == 1:
        return daily
    return np.asarray(sliding_window_view(np.concatenate([np.full(days - 1, np.nan), daily]), days).sum(axis=1))


def _of_day(value: Numbers) -> Numbers:
    return np.repeat(value.reshape(-1, HOURS_PER_DAY).mean(axis=1), HOURS_PER_DAY)


def _left_over(hours: Numbers, held: int | None) -> Numbers:
    """Return what is usually left over at each hour (n,) in the weeks before its day, or before the day `held`; 0
    where too little is known."""
    left = hours.reshape(-1, HOURS_PER_DAY)
    if not len(left):
        return hours
    starts = np.arange(0, len(left), RENEWED) - GAP_DAYS if held is None else np.array([held])
    rows = starts[:, None] - 1 - np.arange(REST_DAYS)
    seen = np.where((rows >= 0)[..., None], left[np.maximum(rows, 0)], np.nan)
    by_hour = np.nan_to_num(median(seen.swapaxes(1, 2), LEAST_REST))
    place = np.arange(len(left)) // RENEWED if held is None else np.zeros(len(left), np.int64)
    return np.asarray(by_hour[place].reshape(-1))
