"""What flows in at a meter against what the meters below it count: the rest by the day, and what it usually is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.around import Family
from analytics.hours import DayGrid, Numbers, day_grid
from analytics.robust import SIGMA_PER_MAD, median
from analytics.scan import Mark
from analytics.virtual import PERMITTED_ERROR
from campus.registry import Meter, School

# Hours of a day that must be known at every meter for the day to count.
LEAST_HOURS = 20
# The usual rest is that of the eight weeks (users.md section 3) before the last one; of them so many days must be
# known. It is renewed with every week.
WEEKS_DAYS, GAP_DAYS, LEAST_DAYS, RENEWED = 56, 7, 20, 7
# The rest is a part that is always there and one that goes with what flows in. A day on which far more or less flowed
# in than on any day of those weeks is not held against them.
BEYOND = 0.2
# Rounds of reweighting in the fit, and from how many standard deviations on a day counts less (Huber 1964).
ROUNDS, HUBER = 4, 1.5
# Below this relative spread of what flows in its slope means nothing.
LEAST_SPREAD = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """Days of a family: `grid` of what flows in, `parts` (k, days, 24) what each part draws, both NaN in hours that
    are not known at every meter. `inflow`, `rest` (days,) are a day's sums over its known hours, NaN where too few
    are. `error` (k+1,) is the share the parent's and each part's count may be wrong by.
    """

    grid: DayGrid
    parts: Numbers
    inflow: Numbers
    rest: Numbers
    error: Numbers

    @property
    def hours(self) -> Numbers:
        """The rest by the hour (days, 24)."""
        rest: Numbers = self.grid.value - self.parts.sum(axis=0)
        return rest


@dataclass(frozen=True, slots=True)
class Usual:
    """What the rest of each day (days,) usually is, from calm days before it.

    `always` [per day] and `share` are its two parts, `noise` how far it scatters [per day], `inflow` what usually
    flows in a day, `uncertain` what the meters' classes leave open [share of the inflow]; `judged` says which days
    may be held against it. NaN where too few days are known.
    """

    always: Numbers
    share: Numbers
    noise: Numbers
    inflow: Numbers
    uncertain: Numbers
    judged: Mark

    def rest(self, inflow: Numbers) -> Numbers:
        """Return what the rest (days,) would usually be where so much flows in."""
        return self.always + self.share * inflow


def balance(family: Family, school: School) -> Balance:
    """Return the days of a family."""
    grids = [day_grid(hours, school) for hours in (family.inflow, *(hours for _, hours in family.parts))]
    values = np.stack([grid.value for grid in grids])
    known = np.isfinite(values).all(axis=0)
    values[:, ~known] = np.nan
    enough = (known.sum(axis=1) >= LEAST_HOURS) & grids[0].over()
    sums = np.where(enough, np.nansum(values, axis=2), np.nan)
    errors = [error_of(meter) for meter in (family.parent, *(meter for meter, _ in family.parts))]
    grid = DayGrid(grids[0].first, grids[0].kinds, values[0], grids[0].row, grids[0].hour, grids[0].zone)
    return Balance(grid, values[1:], sums[0], sums[0] - sums[1:].sum(axis=0), np.array(errors))


def error_of(meter: Meter) -> float:
    """Return the share a meter may be wrong by: its registered class ("0.5S", "2级", "2 %"), else its medium's."""
    written = re.search(r"\d+(\.\d+)?", meter.survey.get("accuracy", ""))
    return float(written[0]) / 100 if written else PERMITTED_ERROR[meter.registers[0].quantity.medium]


def usual(of: Balance, calm: Mark, held: int | None) -> Usual:
    """Return the usual rest of every day, from `calm` days before it, or before the day `held`."""
    days = len(of.rest)
    starts = np.arange(0, days, RENEWED) - GAP_DAYS if held is None else np.array([_held_from(of, calm, held)])
    place = np.arange(days) // RENEWED if held is None else np.zeros(days, np.int64)
    rows = starts[:, None] - 1 - np.arange(WEEKS_DAYS)
    valid = (rows >= 0) & (calm & np.isfinite(of.rest))[np.maximum(rows, 0)]
    x, y = (np.where(valid, column[np.maximum(rows, 0)], np.nan) for column in (of.inflow, of.rest))
    enough = (valid.sum(axis=1) >= LEAST_DAYS)[place]
    fits = [*_fit(x, y), median(x), _uncertain(of, rows, valid)]
    always, share, noise, middle, uncertain = (np.where(enough, fit[place], np.nan) for fit in fits)
    # A day is only beyond those weeks when the meter above and those below agree on it: else one of them is wrong.
    low, high = np.ones((2, days), bool)
    for flow in (of.inflow, of.inflow - of.rest):
        seen = np.where(valid, flow[np.maximum(rows, 0)], np.nan)
        low &= flow < (1 - BEYOND) * np.where(valid, seen, np.inf).min(axis=1)[place]
        high &= flow > (1 + BEYOND) * np.where(valid, seen, -np.inf).max(axis=1)[place]
    judged = enough & ~low & ~high & np.isfinite(of.rest) & (middle > 0)
    return Usual(always, share, noise, middle, uncertain, judged)


def _held_from(of: Balance, calm: Mark, held: int) -> int:
    """Return the day before which lies what an event that began on day `held` is held against: that day, or where too
    little is known or flowed just before it, as after a gap, the one it was noticed by."""
    rows = np.arange(max(0, held - WEEKS_DAYS), held)
    rows = rows[calm[rows] & np.isfinite(of.rest[rows])]
    told = len(rows) >= LEAST_DAYS and np.median(of.inflow[rows]) > 0
    return held if told else held // RENEWED * RENEWED - GAP_DAYS


def _uncertain(of: Balance, rows: NDArray[np.int64], valid: Mark) -> Numbers:
    """Return what the errors of all meters together may make of the rest (sets,) [share of what flows in]."""
    sums = [of.inflow, *np.where(np.isfinite(of.inflow), np.nansum(of.parts, axis=2), np.nan)]
    usually = np.stack([median(np.where(valid, one[np.maximum(rows, 0)], np.nan)) for one in sums])
    flows = np.where(usually[0] > 0, usually[0], np.nan)
    return np.asarray(np.sqrt(((of.error[:, None] * usually / flows) ** 2).sum(axis=0)))


def _fit(x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return intercept, slope and scatter of y over x (sets, n), days that lie far off counting less.

    Where x hardly varies the slope cannot be told from the intercept: all of it is then taken to go with x.
    """
    known = np.isfinite(x) & np.isfinite(y)
    x, y, weight = np.where(known, x, 0.0), np.where(known, y, 0.0), known.astype(np.float64)
    for _ in range(ROUNDS):
        total = np.maximum(weight.sum(axis=1), 1e-9)
        mean_x, mean_y = (weight * x).sum(axis=1) / total, (weight * y).sum(axis=1) / total
        apart = x - mean_x[:, None]
        spread_x = (weight * apart**2).sum(axis=1) / total
        slope = (weight * apart * (y - mean_y[:, None])).sum(axis=1) / total / np.maximum(spread_x, 1e-12)
        level = spread_x < (LEAST_SPREAD * mean_x) ** 2
        slope = np.where(level, mean_y / np.where(mean_x > 0, mean_x, np.inf), slope)
        always = mean_y - slope * mean_x
        off = np.where(known, np.abs(y - always[:, None] - slope[:, None] * x), np.nan)
        noise = SIGMA_PER_MAD * median(off)
        weight = np.where(known, np.minimum(1.0, HUBER * noise[:, None] / np.maximum(off, 1e-12)), 0.0)
    return always, slope, noise
