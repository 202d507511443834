"""The stored figures of a year, read at once: amounts by the name `campus explain` gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from math import isclose

import numpy as np

from campus import calendar, quality
from campus.errors import CampusError
from campus.ports import Store
from campus.registry import Meter, Registry
from campus.results import Figure
from campus.schema import (
    FIGURE,
    MONTH,
    SCHOOL_SUBJECT,
    YEAR,
    SeriesId,
    building_subject,
    from_ms,
    meter_subject,
)
from campus.units import QUANTITIES
from reports.year import Amount

_CARBON = "carbon/"
_TOTALS = ("total", "total_national", "total_fixed", "electricity_national")
# The order of the tables; a quantity that is not here is told after them.
_ORDER = tuple(QUANTITIES)
# Stored and reckoned carbon may differ so much before one of them is old: the last digits of a sum.
SAME = 1e-9


class NotBegun(CampusError):
    """A year that has not begun."""

    def __init__(self, year: int) -> None:
        super().__init__(f"{year} 年还没有开始 / {year} has not begun: name an earlier year")


@dataclass(frozen=True, slots=True)
class Year:
    """A local calendar year [start, end), the one before from `before` on, and the end of what has passed of it."""

    number: int
    before: datetime
    start: datetime
    end: datetime
    until: datetime

    @property
    def over(self) -> bool:
        """Whether all of it has passed."""
        return self.until >= self.end


def year_of(registry: Registry, year: int, now: datetime) -> Year:
    """Return a school's calendar year as it is at `now`. Raises `NotBegun`."""
    zone = registry.school.timezone
    before, start, end = (calendar.midnight(date(year + n, 1, 1), zone) for n in (-1, 0, 1))
    until = min(end, calendar.floor_hour(now))
    if until <= start:
        raise NotBegun(year)
    return Year(year, before, start, end, until)


@dataclass(frozen=True, slots=True)
class Row:
    """A stored row as it is: value, and coverage over the whole period."""

    value: float
    coverage: float
    estimated: float
    corrected: float = 0.0


@dataclass(frozen=True, slots=True)
class Rows:
    """What is stored of a year and the one before, by series and start."""

    registry: Registry
    span: Year
    found: dict[tuple[SeriesId, datetime], Row]

    def any_of_year(self) -> bool:
        """Whether anything at all is known of the year."""
        uses = [start for series, start in self.found if not series.name.startswith(_CARBON)]
        return any(start >= self.span.start for start in uses)

    def measured(self) -> list[str]:
        """Return the quantities used that the school has a counter of, in the order of the tables."""
        every = [register.quantity for meter in self.registry.meters.values() for register in meter.registers]
        return sorted({one.key for one in every if one.used and not one.gauge}, key=_ORDER.index)

    def meters_of(self, quantity: str) -> list[Meter]:
        """Return the meters of a quantity, as they were at any time of the year."""
        points = [self.span.start, *self.registry.turning_points(self.span.start, self.span.until)]
        return [m for t in points for m in self.registry.at(t).values() if m.register(quantity) is not None]

    def year(self, subject: str, name: str) -> Amount:
        """Return the year's amount, its coverage over the part that has passed."""
        return self._amount(SeriesId(FIGURE, subject, name, YEAR), (self.span.start, self.span.end))

    def before(self, subject: str, name: str) -> Amount | None:
        """Return the amount of the year before, None where none is stored."""
        series = SeriesId(FIGURE, subject, name, YEAR)
        if (series, self.span.before) not in self.found:
            return None
        return self._amount(series, (self.span.before, self.span.start))

    def months(self, subject: str, name: str) -> tuple[Amount | None, ...]:
        """Return the twelve months, None for one that has not begun."""
        spans = calendar.months(self.span.start, self.span.end, self.registry.school.timezone)
        series = SeriesId(FIGURE, subject, name, MONTH)
        # A month's carbon ends with its data, and so does its coverage; a use is stored over all of its month.
        whole = name.startswith(_CARBON)
        return tuple(
            self._amount(series, span, span if whole else None) if span[0] < self.span.until else None
            for span in spans
        )

    def carbon(self, name: str) -> Amount:
        """Return a line or total of the year's carbon."""
        return self.year(SCHOOL_SUBJECT, _CARBON + name)

    def of_meter(self, meter: Meter, quantity: str) -> Amount:
        """Return a meter's year, its coverage over the part in which it stood."""
        start = max(self.span.start, meter.since or self.span.start)
        end = min(self.span.until, meter.until or self.span.until)
        series = SeriesId(FIGURE, meter_subject(meter.key), quantity, YEAR)
        return self._amount(series, (self.span.start, self.span.end), (start, end))

    def raw(self) -> list[tuple[SeriesId, str, Row]]:
        """Return all that was read, in a fixed order."""
        return sorted((series, start.isoformat(), row) for (series, start), row in self.found.items())

    def differs(self, figures: Iterable[Figure]) -> bool:
        """Whether a figure reckoned now is not what is stored."""
        for figure in figures:
            row = self.found.get((SeriesId(FIGURE, figure.subject, figure.name, YEAR), self.span.start))
            if (row is None) != (figure.value is None):
                return True
            if row is not None and figure.value is not None and not isclose(row.value, figure.value, rel_tol=SAME):
                return True
        return False

    def _amount(
        self, series: SeriesId, span: tuple[datetime, datetime], asked: tuple[datetime, datetime] | None = None
    ) -> Amount:
        """Return the row of a period; `asked` is the part its coverage is over, else the part that has passed."""
        row = self.found.get((series, span[0]))
        unit = "tCO2" if series.name.startswith(_CARBON) else QUANTITIES[series.name].unit
        name = f"{self.registry.school.key}/{series.subject}/{series.name}/{self._period(series, span[0])}"
        if row is None:
            return Amount(name, unit, None)
        start, end = asked or (span[0], min(span[1], self.span.until))
        share = (span[1] - span[0]) / (end - start) if end > start else 1.0
        by_hand = quality.by_hand(self.registry, series.subject, series.name.removeprefix(_CARBON), start)
        covered = min(1.0, row.coverage * share)
        return Amount(name, unit, row.value, covered, row.estimated, corrected=row.corrected, by_hand=by_hand)

    def _period(self, series: SeriesId, start: datetime) -> str:
        day = calendar.local_date(start, self.registry.school.timezone)
        return f"{day:%Y}" if series.resolution == YEAR else f"{day:%Y-%m}"


def read(store: Store, registry: Registry, span: Year) -> Rows:
    """Read the year, the year before and the months of everything the report may ask for."""
    found: dict[tuple[SeriesId, datetime], Row] = {}
    for series, columns in store.series(list(_wanted(registry)), span.before, span.end).items():
        for at, time_ms in enumerate(columns.time_ms):
            value, coverage, estimated = (float(columns.fields[f][at]) for f in ("value", "coverage", "estimated"))
            corrected = float(np.nan_to_num(columns.fields["corrected"][at]))
            found[series, from_ms(int(time_ms))] = Row(value, coverage, estimated, corrected)
    return Rows(registry, span, found)


def _wanted(registry: Registry) -> Iterator[SeriesId]:
    pairs = [(m.key, r.quantity.key) for m in registry.meters.values() for r in m.registers if not r.quantity.gauge]
    quantities = sorted({quantity for _, quantity in pairs})
    for meter, quantity in pairs:
        yield SeriesId(FIGURE, meter_subject(meter), quantity, YEAR)
    for quantity in quantities:
        for building in registry.buildings:
            yield SeriesId(FIGURE, building_subject(building), quantity, YEAR)
        for name in (quantity, _CARBON + quantity):
            yield SeriesId(FIGURE, SCHOOL_SUBJECT, name, YEAR)
            yield SeriesId(FIGURE, SCHOOL_SUBJECT, name, MONTH)
    for name in _TOTALS:
        yield SeriesId(FIGURE, SCHOOL_SUBJECT, _CARBON + name, YEAR)
    yield SeriesId(FIGURE, SCHOOL_SUBJECT, f"{_CARBON}total", MONTH)
