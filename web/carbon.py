"""The month's carbon: the stored total, and its sources with factor and document."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campus.quality import Code, code
from campus.registry import Registry
from campus.schema import FIGURE, MONTH, SCHOOL_SUBJECT, Columns, SeriesId
from web.state import CarbonLine, View, Window
from web.windows import month_of

TOTAL = SeriesId(FIGURE, SCHOOL_SUBJECT, "carbon/total", MONTH)


@dataclass(frozen=True, slots=True)
class Total:
    """A month's total [tCO₂] with its coverage, estimated share and code, None where there is not enough data."""

    value: float | None
    coverage: float | None
    estimated: float | None
    code: Code


@dataclass(frozen=True, slots=True)
class Carbon:
    """This month so far and the month before."""

    month: datetime
    total: Total
    last_month: datetime
    last_total: Total
    lines: tuple[CarbonLine, ...]


def carbon(view: View, registry: Registry, now: datetime) -> Carbon:
    """Return the carbon of the local month that holds `now`."""
    zone = registry.school.timezone
    month = month_of(now, zone)
    before = month_of(month[0] - timedelta(hours=1), zone)
    lines: Sequence[CarbonLine] = view.carbon(month[0])
    return Carbon(month[0], _total(view, month), before[0], _total(view, before), tuple(lines))


def _total(view: View, month: Window) -> Total:
    rows = view.store.series([TOTAL], *month)[TOTAL]
    value, coverage, estimated, corrected = (
        _number(rows, field) for field in ("value", "coverage", "estimated", "corrected")
    )
    return Total(value, coverage, estimated, code(value, coverage, estimated, corrected))


def _number(rows: Columns, field: str) -> float | None:
    value = float(rows.fields[field][-1]) if len(rows) else math.nan
    return None if math.isnan(value) else value
