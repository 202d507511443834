"""A plan's audit from the store: the closed hours of its buildings and meters as they are known now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from analytics.hours import Hours
from analytics.plan_audit import Used, audit
from app.hours import closed_hour, hours_of
from app.windows import HOUR_MS, edges, hour_edges
from campus import calendar
from campus.plans import Kept, Plan, PlanKind
from campus.ports import Store
from campus.registry import Registry
from campus.schema import CONSUMPTION, DAY, FIGURE, HOUR, SeriesId, from_ms, to_ms


@dataclass(frozen=True, slots=True)
class _Reader:
    store: Store
    registry: Registry
    window: tuple[datetime, datetime]

    def __call__(self, subject: str, quantity: str) -> Used:
        """Return a subject's use over the window: by the hour where it has hours, else as means of its days."""
        kind, _, key = subject.partition("/")
        start, end = self.window
        series = SeriesId(FIGURE, subject, quantity, HOUR)
        if kind == "meter":
            series = SeriesId(CONSUMPTION, key, quantity)
            end = max(start, min(end, closed_hour(self.store, key, quantity) or start))
        columns = self.store.series([series], calendar.floor_hour(start), end)[series]
        by_the_hour = kind != "meter" or self.registry.meters[key].interval <= calendar.HOUR
        if len(columns) and by_the_hour:
            return Used(hours_of(columns, hour_edges(start, calendar.ceil_hour(self.window[1]))))
        return self._days(subject, quantity)

    def _days(self, subject: str, quantity: str) -> Used:
        days = edges(calendar.days(*self.window, self.registry.school.timezone))
        series = SeriesId(FIGURE, subject, quantity, DAY)
        found = hours_of(self.store.series([series], from_ms(days[0]), from_ms(days[-1]))[series], days)
        # Of a day that is not closed all of it nobody knows what was used before or after.
        whole = (days[:-1] >= to_ms(self.window[0])) & (days[1:] <= to_ms(self.window[1]))
        rate = np.where(whole, found.value / (np.diff(days) / HOUR_MS), np.nan)
        start_ms = hour_edges(from_ms(days[0]), from_ms(days[-1]))[:-1]
        row = np.searchsorted(days, start_ms, side="right") - 1
        # A day read once is one interval: whether it is known is its coverage.
        return Used(Hours(start_ms, rate[row], found.coverage[row], np.zeros(len(row))), by_day=True)


def audited(store: Store, registry: Registry, plan: Plan, now: datetime) -> list[Kept]:
    """Return the audit of a closed plan as far as it has run; empty before it began and for other kinds of plan."""
    if plan.kind is not PlanKind.CLOSED or now <= plan.start:
        return []
    until = min(plan.end, now)
    return audit(plan, registry, until, _Reader(store, registry, (plan.start, until)))
