"""Gradient boosting (scikit-learn) in the place of our ridge: what it would expect from the same days and weather.

Trees do not extrapolate, and one year shows each season once: it is given no season, which measures better than any
form of it that was tried.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from analytics.baseline_days import Days, Setting, days_of
from analytics.hours import HOURS_PER_DAY, DayGrid, Hours, day_grid
from campus.calendar import WORKING, local_hours

TREES, RATE, LEAST_LEAF = 300, 0.05, 100

Numbers = NDArray[np.float64]


def boosted(train: Hours, test: Hours, setting: Setting) -> Numbers:
    """Return what boosted trees fitted on the hours of `train` expect of those of `test` (n,)."""
    grid = day_grid(train, setting.school)
    seen = _columns(days_of(grid.first, len(grid.kinds), setting))
    use = grid.value.ravel()
    known = np.isfinite(use) & np.isfinite(seen).all(axis=1)
    trees = HistGradientBoostingRegressor(
        max_iter=TREES, learning_rate=RATE, min_samples_leaf=LEAST_LEAF, random_state=0
    ).fit(seen[known], use[known])
    then = day_grid(test, setting.school)
    asked = _columns(days_of(then.first, len(then.kinds), setting))[_places(test, then)]
    told = trees.predict(np.nan_to_num(asked))
    return np.where(np.isfinite(asked).all(axis=1), told, np.nan)


def _places(hours: Hours, grid: DayGrid) -> NDArray[np.int64]:
    day, hour = local_hours(hours.start_ms, grid.zone)
    return (day - grid.first.toordinal()) * HOURS_PER_DAY + hour


def _columns(days: Days) -> Numbers:
    """Return hour, weekday, open or not, the hour's temperature and the day's (days · 24, 5)."""
    assert days.now is not None and days.before is not None
    shape = days.now.shape
    hour, weekday, closed = (
        np.broadcast_to(part, shape)
        for part in (np.arange(HOURS_PER_DAY), days.weekday()[:, None], (~days.is_kind(*WORKING))[:, None])
    )
    return np.stack([part.ravel() for part in (hour, weekday, closed, days.now, days.before)], axis=1).astype(float)
