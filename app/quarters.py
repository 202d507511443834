"""A meter's quarter hours, from what it said: a counter read that often, or levels of power."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from analytics import corrected, series
from analytics.around import Quarters
from analytics.demand import QUARTER_MS, of_levels
from analytics.hours import MEASURED
from app.recompute import raw_around
from app.windows import Window
from campus.ports import Rows
from campus.registry import Meter
from campus.schema import REGISTER, SeriesId, from_ms, to_ms

QUARTER = timedelta(minutes=15)


def quarters(rows: Rows, meter: Meter, quantity: str, window: Window) -> Quarters | None:
    """Return the quarter hours that touch [start, end), unknown where they are not measured.

    `meter` is the registered one, its changes not applied. None where it tells none: it is read less often and, of
    electricity, has no power among its registers either.
    """
    register = meter.register(quantity)
    edges = np.arange(to_ms(window[0]) // QUARTER_MS * QUARTER_MS, to_ms(window[1]) + 1, QUARTER_MS, dtype=np.int64)
    if len(edges) < 2:
        return None
    if register is not None and meter.interval <= QUARTER:
        raw = raw_around(rows, SeriesId(REGISTER, meter.key, quantity), *window)
        use = series.resample(corrected.read(raw, meter, register), edges)
        guessed = (use.coverage < MEASURED) | (use.estimated > 0)
        return Quarters(edges[:-1], np.where(guessed, np.nan, use.value))
    if register is not None and quantity == "electricity" and meter.register("power") is not None:
        return _levels(rows, meter, edges)
    return None


def summed_quarters(rows: Rows, meters: Sequence[Meter], quantity: str, window: Window) -> Quarters | None:
    """Return the sum of several meters' quarter hours, unknown where one of them is; None where one tells none."""
    found = [quarters(rows, meter, quantity, window) for meter in meters]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        return None
    return Quarters(known[0].start_ms, np.sum([one.value for one in known], axis=0))


def _levels(rows: Rows, meter: Meter, edges: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Quarters:
    power = SeriesId(REGISTER, meter.key, "power")
    found = rows.series([power], from_ms(int(edges[0])), from_ms(int(edges[-1])))[power]
    # A level stands behind the same transformers as the counter beside it.
    ratio = np.array([meter.at(from_ms(int(time))).ratio for time in found.time_ms]) if meter.changes else meter.ratio
    return of_levels(found.time_ms, found.value * ratio, edges)
