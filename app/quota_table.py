"""The stored local days that a school's quota indicators are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from analytics import heating_season, stored
from analytics.ahead import kinds
from analytics.boundary import Place
from analytics.indicator_days import Flags, Table, bought_share, daily
from analytics.indicator_terms import Sum, Sums, sums
from analytics.series import Ints, Use
from app.windows import Window, edges
from campus import calendar, factors
from campus.ports import Store
from campus.registry import Registry, School
from campus.schema import DAY, FIGURE, SCHOOL_SUBJECT, SeriesId, to_ms

_SOLAR = ((SCHOOL_SUBJECT, "electricity"), (SCHOOL_SUBJECT, "generation"), (SCHOOL_SUBJECT, "electricity_export"))


@dataclass(frozen=True, slots=True)
class Days:
    """A school's days with what each indicator sums over which of them: `periods` are masks (n,) and sums.

    `kind` (n,) tells days of different kinds apart.
    """

    school: School
    table: Table
    kind: Ints
    periods: tuple[tuple[Flags, Sums], ...]

    def row(self, day: date) -> int:
        """Return the place of a local day."""
        return (day - self.table.first).days

    def at(self, row: int) -> Sums:
        """Return what is summed on a day."""
        return next(sums for here, sums in self.periods if here[row])

    def of(self, key: str) -> list[tuple[Flags, Sum]]:
        """Return what an indicator sums, over which days; of a way of heating that is not there on a day, nothing."""
        return [(here, sums.of[key]) for here, sums in self.periods if key in sums.of]

    def known(self, year: int) -> tuple[date, date] | None:
        """Return the first and the last day of a year of which some use is known, None where it has none."""
        first, end = self.row(date(year, 1, 1)), self.row(date(year + 1, 1, 1))
        any_of = np.zeros(end - first, bool)
        for use in self.table.uses.values():
            any_of |= np.isfinite(use.value[first:end])
        rows = first + np.flatnonzero(any_of)
        if not len(rows):
            return None
        return self.table.first + timedelta(days=int(rows[0])), self.table.first + timedelta(days=int(rows[-1]))

    def daily(self, key: str) -> Use:
        """Return an indicator's sum by the day (n,)."""
        return daily(self.of(key), self.table)


def read(store: Store, registry: Registry, first: date, end: date) -> Days:
    """Read the local days [first, end) of everything an indicator may ask for."""
    zone = registry.school.timezone
    bounds = calendar.midnight(first, zone), calendar.midnight(end, zone)
    day_edges = edges(calendar.days(*bounds, zone))
    periods = _periods(registry, bounds, day_edges[:-1])
    places = _places([found for _, found in periods])
    ids = {place: SeriesId(FIGURE, *place, DAY) for place in places}
    rows = store.series(ids.values(), *bounds)
    uses = {place: stored.on_grid(rows[one], day_edges) for place, one in ids.items() if len(rows[one])}
    days = len(day_edges) - 1
    heated = heating_season.heated(registry.school, first, days)
    table = Table(first, day_edges, uses, heated, bought_share(uses, days))
    return Days(registry.school, table, kinds(first, days, registry.school), periods)


def _periods(registry: Registry, bounds: Window, starts_ms: Ints) -> tuple[tuple[Flags, Sums], ...]:
    instants = [bounds[0], *registry.turning_points(*bounds)]
    known = factors.shipped()
    of_day = np.searchsorted([to_ms(instant) for instant in instants], starts_ms, side="right") - 1
    # What holds at no day's beginning, since another change followed the same day, is not asked for.
    return tuple((of_day == at, sums(registry, instants[at], known)) for at in np.unique(of_day))


def _places(found: Sequence[Sums]) -> set[Place]:
    terms = {(t.subject, t.quantity) for one in found for of in one.of.values() for t in of.terms}
    return terms | set(_SOLAR)
