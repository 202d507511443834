"""When a constant extra use began: the change point of highest likelihood."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from analytics.hours import Hours, Numbers, day_grid
from analytics.robust import SIGMA_PER_MAD, median, spread
from campus.calendar import WORKING
from campus.registry import School
from campus.schema import from_ms, to_ms

# Days that say what an hour before an onset was like (three school weeks), of which so many must be known.
ALIKE_DAYS, LEAST_ALIKE = 15, 4


def first_hour(residual: Numbers, size: float, sigma: Numbers) -> int:
    """Return from which index on `residual` (n,) is best explained by `size` instead of 0; n if it nowhere is.

    Every hour counts by its own standard deviation `sigma` (n,) > 0; hours with NaN in either count nothing.
    Source: Page (1954), Biometrika 41, the likelihood ratio of a step of known size, for normal residuals.
    """
    gain = size * (residual - size / 2) / sigma**2
    from_here_on = np.cumsum(np.nan_to_num(gain)[::-1])[::-1]
    return int(np.argmax(np.append(from_here_on, 0.0)))


def began(hours: Hours, school: School, within: tuple[datetime, datetime], step: tuple[float, float]) -> datetime:
    """Return the hour of [begin, until) at which a step of (size, margin) began, the last one if it nowhere did.

    Each hour is held against the same one of the days like it before `begin`: days on which the school works, or not.
    Its standard deviation is at least the margin [unit of the hours].
    """
    (begin, until), (size, margin) = within, step
    grid, working = day_grid(hours, school), day_grid(hours, school).is_kind(*WORKING)
    inside = np.flatnonzero((hours.start_ms >= to_ms(begin)) & (hours.start_ms < to_ms(until)))
    row, hour = grid.row[inside], grid.hour[inside]
    residual, sigma = np.full(len(inside), np.nan), np.full(len(inside), margin)
    for kind in (True, False):
        like = np.flatnonzero(working[: row[0]] == kind)[-ALIKE_DAYS:]
        seen, mine = grid.value[like].T, working[row] == kind
        centre = median(seen, LEAST_ALIKE)
        residual[mine] = hours.value[inside[mine]] - centre[hour[mine]]
        wide = SIGMA_PER_MAD * spread(seen, centre)[hour[mine]]
        sigma[mine] = np.fmax(wide, margin)
    at = first_hour(residual, size, sigma)
    return from_ms(int(hours.start_ms[inside[min(at, len(inside) - 1)]]))
