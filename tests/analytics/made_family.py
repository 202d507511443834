"""A family made for tests: a main meter, a teaching block, a dormitory and a canteen, and what nobody counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from made import POWER_PRICE, SCHOOL, context, cut, grid, hours, local_hour

from analytics.around import Around, Family
from analytics.detector import Context
from analytics.hours import Hours
from campus.registry import Meter

DAYS = 140
MS = grid(DAYS)
# Without public holidays, so that every week is like the others.
ORDINARY = replace(SCHOOL, calendar="none")
NAMES = {"main": "总表", "teaching": "教学楼表", "dormitory": "宿舍表", "canteen": "食堂表"}
BUSY = {"teaching": range(8, 18), "dormitory": range(18, 24), "canteen": (6, 7, 11, 12, 17, 18)}
SIZE = {"teaching": (60.0, 8.0), "dormitory": (40.0, 10.0), "canteen": (50.0, 12.0)}
# Always on and in no sub-meter [kW], and lost in the wires [share].
REST, LOSS = 3.0, 0.02


def used(name: str, seed: int = 1) -> np.ndarray:
    """Return what a part truly uses [kWh per hour]: less on weekends, and never twice the same."""
    noise = np.random.default_rng([seed, len(name)]).normal(1, 0.08, len(MS)).clip(0.5, 1.5)
    high, low = SIZE[name]
    free = np.repeat(np.arange(DAYS) % 7 >= 5, 24)
    return np.where(np.isin(local_hour(MS), BUSY[name]) & ~(free & (name != "dormitory")), high, low) * noise


def meter(key: str) -> Meter:
    """Return a meter of the family."""
    return replace(context("electricity").meter, key=key, name=NAMES[key], name_en=key.title())


def family(
    shown: dict[str, np.ndarray] | None = None, more: np.ndarray | float = 0.0, counts: np.ndarray | float = 1.0
) -> Family:
    """Return it: what its parts show (else what they use), what flows in besides, what the main meter counts."""
    true = {name: used(name) for name in SIZE}
    inflow = (sum(true.values()) * (1 + LOSS) + REST + more) * counts
    parts = tuple((meter(name), hours(MS, (shown or {}).get(name, use))) for name, use in true.items())
    return Family(meter("main"), hours(MS, inflow), parts)


def in_order(seed: int) -> Family:
    """Return another family in order."""
    true = {name: used(name, seed) for name in SIZE}
    rest = REST * np.random.default_rng(seed).normal(1, 0.2, len(MS))
    parts = tuple((meter(name), hours(MS, use)) for name, use in true.items())
    return Family(meter("main"), hours(MS, sum(true.values()) * (1 + LOSS) + rest), parts)


def seen_from(key: str, of: Family, count: int | None = None) -> tuple[Hours, Context]:
    """Return a member's hours and context, as they were after `count` hours."""

    def until(series: Hours) -> Hours:
        return series if count is None else cut(series, count)

    of = Family(of.parent, until(of.inflow), tuple((part, until(series)) for part, series in of.parts))
    own = of.inflow if key == "main" else {part.key: series for part, series in of.parts}[key]
    around = Around(below=of) if key == "main" else Around(above=of)
    known = context("electricity", school=ORDINARY, price=POWER_PRICE, around=around, building=None)
    return own, replace(known, meter=meter(key))
