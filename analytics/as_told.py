"""A meter's hours as it told them, what no meter can count included: there a unit gone wrong shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.consumption import Suspicion
from analytics.detector import Context
from analytics.hours import Hours
from analytics.series import Pieces, as_read, resample

IMPLAUSIBLE = "implausible"
_HOUR_MS = 3_600_000


def as_told(hours: Hours, context: Context) -> Hours:
    """Return the hours with the use put back in that was refused for being more than the meter's greatest."""
    refused = [each for each in context.around.breaks if each.kind == IMPLAUSIBLE]
    if not refused or not len(hours.start_ms):
        return hours
    edges = np.append(hours.start_ms, hours.start_ms[-1] + _HOUR_MS)
    told = resample(_pieces(refused, context), edges)
    added = told.coverage > 0
    value = np.where(added, np.nan_to_num(hours.value) + np.nan_to_num(told.value), hours.value)
    coverage = np.minimum(1.0, hours.coverage + told.coverage)
    return replace(hours, value=value, coverage=coverage)


def _pieces(refused: list[Suspicion], context: Context) -> Pieces:
    amount = np.array([(each.after - each.before) * context.meter.ratio for each in refused])
    start = np.array([each.start_ms for each in refused], np.int64)
    end = np.array([each.end_ms for each in refused], np.int64)
    return as_read(start, end, amount, np.zeros(len(refused), bool))
