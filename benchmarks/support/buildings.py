"""University buildings' hourly meters as a baseline may use them: gaps unknown, one unit, English holidays."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.detector import Context, NotJudged
from analytics.detectors import unit_step
from analytics.hours import Hours
from campus.registry import Arrival, Meter, Register, School, Term
from campus.schema import to_ms
from campus.units import QUANTITIES

HOUR_MS = 3_600_000
ZONE = ZoneInfo("Europe/London")
QUANTITY = {"electricity": "electricity", "gas": "gas_energy"}
# The archive stored gaps as 0. Electricity is never 0 in a building; a burner rests for a night, not longer [h].
LONGEST_REST = {"electricity": 0, "gas": 19}

Numbers = NDArray[np.float64]


def hours_of(files: list[Path]) -> Hours:
    """Return the first number of each row of files with UTC times, on a complete grid."""
    values = dict(row for path in files for row in _rows(path))
    start_ms = np.arange(min(values), max(values) + HOUR_MS, HOUR_MS)
    return known(start_ms, np.array([values.get(int(time), np.nan) for time in start_ms]))


def known(start_ms: NDArray[np.int64], value: Numbers) -> Hours:
    return Hours(start_ms, value, np.isfinite(value).astype(np.float64), np.zeros(len(value)))


def year_of(hours: Hours, year: int) -> Hours:
    """Return the hours of a UTC year."""
    edges = [to_ms(datetime(y, 1, 1, tzinfo=UTC)) for y in (year, year + 1)]
    part = slice(*np.searchsorted(hours.start_ms, edges).tolist())
    return Hours(hours.start_ms[part], hours.value[part], hours.coverage[part], hours.estimated[part])


def cleaned(hours: Hours, medium: str) -> Hours:
    """Return the hours with stored gaps unknown, and the hour on either side of each, which holds half of its use."""
    zero = hours.value == 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], zero, [False]])))
    gap = np.isnan(hours.value)
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        if end - first > LONGEST_REST[medium]:
            gap[max(first - 1, 0) : end + 1] = True
    return known(hours.start_ms, np.where(gap, np.nan, hours.value))


def in_last_unit(hours: Hours, medium: str) -> tuple[Hours, list[date]]:
    """Return the hours since the meter's unit last changed, those before it unknown, and the days of all changes."""
    register = Register(QUANTITIES[QUANTITY[medium]], "kWh")
    meter = Meter("m", "", "", "t", "native", (register,), timedelta(hours=1), Arrival.HOURLY)
    verdict = unit_step.judge(hours, Context(school(), meter, QUANTITY[medium]))
    changes = [] if isinstance(verdict, NotJudged) else sorted(finding.start for finding in verdict)
    if not changes:
        return hours, []
    # The change may lie within the day it is told for.
    since = hours.start_ms >= to_ms(changes[-1] + timedelta(days=1))
    return known(hours.start_ms, np.where(since, hours.value, np.nan)), [c.astimezone(ZONE).date() for c in changes]


def school(years: range = range(2000, 2050)) -> School:
    """Return the school of all buildings: England's public holidays, and closed from 24 December to 1 January."""
    days = [day for year in years for day in _holidays(year)]
    closed = [Term(date(year, 12, 24), date(year + 1, 1, 1), "holiday") for year in years]
    terms = (*(Term(day, day, "holiday") for day in days), *closed)
    return School("university", "", "", "university", ZONE, "GB", "none", terms=terms)


def without_holidays() -> School:
    """Return the same school as one that knows weekends only."""
    return School("university", "", "", "university", ZONE, "GB", "none")


def _holidays(year: int) -> Iterator[date]:
    """Yield Easter's two holidays and the three Mondays that are bank holidays in England."""
    easter = _easter(year)
    yield from (easter - timedelta(days=2), easter + timedelta(days=1))
    yield _monday(date(year, 5, 1))
    yield from (_monday(date(year, month, 25)) for month in (5, 8))


def _monday(day: date) -> date:
    """Return the first Monday from a day on: from the 25th of a month of 31 days it is the last."""
    return day + timedelta(days=-day.weekday() % 7)


def _easter(year: int) -> date:
    """Return Easter Sunday (Gauss, as corrected by Lichtenberg 1997)."""
    k = year // 100
    m, s = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25, 2 - (3 * k + 3) // 4
    a = year % 19
    d = (19 * a + m) % 30
    r = (d + a // 11) // 29
    og = 21 + d - r
    sz = 7 - (year + year // 4 + s) % 7
    return date(year, 3, 1) + timedelta(days=og + 7 - (og - sz) % 7 - 1)


def _rows(path: Path) -> Iterator[tuple[int, float]]:
    with path.open(newline="", encoding="utf-8") as file:
        for row in list(csv.reader(file))[1:]:
            if len(row) > 1 and row[1].strip():
                yield to_ms(datetime.fromisoformat(row[0]).replace(tzinfo=UTC)), float(row[1])
