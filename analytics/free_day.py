"""What a heated place may take on a free day: what a plan allows, else what it takes when it is set back."""

from __future__ import annotations

import numpy as np

from analytics import planned
from analytics.detector import Context
from analytics.heat_days import HeatDays
from analytics.hours import Numbers
from analytics.set_back import LEAST_SHARE, Held, begun, level_before, stays_up
from campus.plans import PlanKind

# Room temperature that working days are heated to [°C] (GB 50736-2012, 3.0.2: 18 to 24 [M]): what a plan's set-back
# temperature is reckoned from.
INDOOR_C = 18.0


def planned_heat(days: HeatDays, context: Context) -> tuple[Numbers, Numbers]:
    """Return what a plan's keep-on list allows of each day (days,) [unit a day], and what share of a working day's
    heat its set-back temperature needs; NaN where no plan says."""
    allowed = planned.allowed(days.grid, context.plans).sum(axis=1)
    part = np.full(len(allowed), np.nan)
    for plan in context.plans:
        if plan.kind is PlanKind.CLOSED and plan.setback_c is not None:
            shut = planned.closed(days.grid, (plan,)).all(axis=1)
            need = (plan.setback_c - days.outdoor_c) / np.maximum(INDOOR_C - days.outdoor_c, 1.0)
            part[shut] = np.clip(need[shut], 0.0, 1.0)
    return allowed, part


def may_take(days: HeatDays, row: int, of: tuple[Held | None, float, float]) -> tuple[float, float]:
    """Return what a free day may take and by how much it may take more [unit a day]: by the plan, else by the place's
    own set-back; NaN where neither says."""
    known, allowed, part = of
    if np.isfinite(allowed):
        return allowed, LEAST_SHARE * allowed
    if known is None:
        return float("nan"), float("nan")
    level = level_before(days, int(days.stretch[row]), known)
    if np.isfinite(part):
        usual = float(known.working[row]) * part
        return level * usual, level * known.lost(row, usual)
    free = known.free(days, row)
    if free is None or not free.set_back:
        return float("nan"), float("nan")
    if row not in begun(days, row) and not stays_up(days, row, known):
        return float("nan"), float("nan")
    usual = known.band(days, row)[0]
    return level * usual, level * (known.set_back_until(days, row) - usual)
