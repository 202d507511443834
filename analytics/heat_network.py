"""What a heat network loses: what leaves the station and does not arrive, over a week of cold days, and how sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.around import Family
from analytics.detector import Context
from analytics.heat_days import HeatDays, amounts
from analytics.hours import Numbers, day_grid

# Cold days a loss is told from (standards.md 5.3), known within so many days; cold is what heating periods are
# reckoned by (GB 50736-2012, 4.1.17 [M]).
WEEK_DAYS, WITHIN_DAYS, COLD_C = 7, 21, 5.0
# Heat meters of class 2 to 3 are wrong by up to this share of what they count (EN 1434-1 [M]); the worse is taken.
METER_ERROR = 0.03


@dataclass(frozen=True, slots=True)
class Network:
    """Days of a network: `sent` and `arrived` (days,) [GJ a day]; `lost` (days,) is the share of the last `WEEK_DAYS`
    cold days that did not arrive, of their mean `weekly` (days,) [GJ a day] sent out; `doubt` (days,) is what meters
    may make of it; NaN where too few are known."""

    sent: Numbers
    arrived: Numbers
    weekly: Numbers
    lost: Numbers
    doubt: Numbers


def network_of(days: HeatDays, family: Family, context: Context) -> Network:
    """Return the days of the network that a station's meter and those below it are."""
    parts = [amounts(day_grid(hours, context.school)) for _, hours in family.parts]
    sent = days.amount
    arrived = np.sum(parts, axis=0)
    squares = sent**2 + np.sum(np.square(parts), axis=0)
    cold = days.settled & ~(days.outdoor_c > COLD_C) & np.isfinite(sent) & np.isfinite(arrived) & (sent > 0)
    rows = np.flatnonzero(cold)
    weekly, lost, doubt = np.full((3, len(sent)), np.nan)
    if len(rows) >= WEEK_DAYS:
        total = [np.concatenate([[0.0], np.cumsum(part[rows])]) for part in (sent, arrived, np.sqrt(squares))]
        out, came, error = (one[WEEK_DAYS:] - one[:-WEEK_DAYS] for one in total)
        near = rows[WEEK_DAYS - 1 :] - rows[: len(rows) - WEEK_DAYS + 1] < WITHIN_DAYS
        weekly[rows[WEEK_DAYS - 1 :]] = out / WEEK_DAYS
        lost[rows[WEEK_DAYS - 1 :]] = np.where(near, 1 - came / out, np.nan)
        doubt[rows[WEEK_DAYS - 1 :]] = METER_ERROR * error / out
    return Network(sent, arrived, weekly, lost, doubt)
