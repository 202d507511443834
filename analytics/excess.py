"""Days that take too much: what they took above what they should have, and the finding of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.detector import Context, yuan_per_day
from analytics.hours import HOURS_PER_DAY, DayGrid, Hours, Numbers
from analytics.meter_words import Facts, seen_until
from analytics.wording import place_facts
from campus.results import Finding
from campus.schema import meter_subject

# Days the present size is taken from.
SIZE_DAYS = 7
BEFORE, AFTER = timedelta(days=7), timedelta(days=14)
# A day's excess worth a message [yuan a day] (users.md section 3), and where no price is set about what that buys:
# 0.1 GJ of heat, 3 m³ of gas or water, 20 kWh. The latter assumed.
LEAST_YUAN = 10.0
LEAST_UNPRICED = {"GJ": 0.1, "m³": 3.0, "kWh": 20.0}

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Span:
    """An event in days of a grid: `first` above, `known` where it could first be told, `end` the first day after it,
    None while it lasts. `by_season`: it ended because the heating season did."""

    first: int
    known: int
    end: int | None
    by_season: bool = False


@dataclass(frozen=True, slots=True)
class Excess:
    """Days held against what they should have taken.

    `amount` (days,) above it and `usual` (days,), each [unit a day], NaN where not judged; `over` (days,) says which
    were too much.
    """

    grid: DayGrid
    amount: Numbers
    usual: Numbers
    over: Flags
    unit: str


def blank(grid: DayGrid, unit: str) -> Excess:
    """Return days of which none is judged yet, to be written into."""
    days = len(grid.kinds)
    return Excess(grid, np.full(days, np.nan), np.full(days, np.nan), np.zeros(days, bool), unit)


def weigh(excess: Excess, row: int, took: float, held: tuple[float, float]) -> bool | None:
    """Hold day `row`, which took so much, against a usual amount with a margin and write it down.

    Returns whether it was too much, None where any of them is unknown.
    """
    usual, margin = held
    if not np.isfinite(took - usual - margin):
        return None
    excess.amount[row], excess.usual[row] = took - usual, usual
    excess.over[row] = took - usual > margin
    return bool(excess.over[row])


def least_worth(unit: str, context: Context) -> float:
    """Return the smallest excess [unit a day] that is worth a message."""
    price = context.price
    if price is None or price.unit != unit or price.yuan <= 0:
        return LEAST_UNPRICED[unit]
    return LEAST_YUAN / price.yuan


def finding_of(rule: str, span: Span, excess: Excess, of: tuple[Hours, Context, Facts]) -> Finding:
    """Return the finding of an event: its size is the median of its latest days that were too much."""
    hours, context, facts = of
    grid = excess.grid
    rows = np.arange(span.first, len(excess.amount) if span.end is None else span.end)
    judged = rows[np.isfinite(excess.amount[rows])]
    over = judged[excess.over[judged]]
    latest = over[-SIZE_DAYS:]
    per_day = float(np.median(excess.amount[latest]))
    start, seen = grid.instant(span.first), seen_until(hours)
    assert seen is not None
    return Finding(
        rule=rule,
        subject=meter_subject(context.meter.key),
        quantity=context.quantity,
        start=start,
        end=None if span.end is None else grid.instant(span.end),
        seen_until=seen,
        size=per_day / HOURS_PER_DAY,
        size_unit=f"{excess.unit}/h",
        usual=float(np.median(excess.usual[latest])) / HOURS_PER_DAY,
        per_day=per_day,
        to_date=float(np.maximum(excess.amount[judged], 0.0).sum()),
        unit=excess.unit,
        yuan_per_day=yuan_per_day(per_day, excess.unit, context.price),
        price=context.price,
        sure=float(excess.over[judged].mean()),
        facts={
            **place_facts(context),
            "by_area": float(context.by_area),
            "by_season": float(span.by_season),
            "days_over": float(len(over)),
            **facts,
        },
        evidence=((start - BEFORE, min(start + AFTER, seen)),),
    )
