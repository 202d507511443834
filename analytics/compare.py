"""A year against the one before: per like day (school day, weekend, holiday, vacation), and around Spring Festival.

A year's total moves with how many school days it has and where Spring Festival lies. Here like is held against like,
the days counted on each side are told, and what cannot be compared says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from analytics.hours import Numbers
from analytics.series import Ints
from campus.calendar import WORKING, DayKind, day_kind, provisional, spring_festival
from campus.registry import School
from campus.said import Said

# A day counts where this much of it was measured (as in `analytics.hours.MEASURED`).
MEASURED = 0.9
# Fewer known days of a kind than these say nothing about a day of that kind. Ours.
LEAST_DAYS = 5
# How far around Spring Festival days are held against each other: winter vacations lie within it. Ours.
REACH_DAYS = 40
# Of the days within reach that must be known on both sides. Ours.
LEAST_SHARE = 0.5

Period = tuple[date, date]  # both days belong


@dataclass(frozen=True, slots=True)
class Daily:
    """Use by the local day: `ordinal` (n,) ascending, `value` (n,) [unit], NaN where unknown, the share measured."""

    ordinal: Ints
    value: Numbers
    coverage: Numbers

    def known(self) -> dict[date, float]:
        """Return the days that are known well enough, with their use."""
        good = np.isfinite(self.value) & (self.coverage >= MEASURED)
        pairs = zip(self.ordinal[good].tolist(), self.value[good].tolist(), strict=True)
        return {date.fromordinal(ordinal): value for ordinal, value in pairs}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: how many days there are, how many of them are known, a known day's mean [unit]."""

    days: int
    known: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """Days of one kind in both periods; `change` is the share by which a day now is above one before, None where the
    two cannot be compared, for the `reason`."""

    kind: Said
    now: Side
    before: Side
    change: float | None
    reason: Said | None = None


@dataclass(frozen=True, slots=True)
class ByKind:
    """Two periods by kind of day.

    Their totals, unknown days counted as the mean of their kind, differ by `by_days` [unit] for another number of
    days of each kind and by `by_use` for another use on a day of one kind, None where a kind cannot be compared.
    `assumed` counts days, on both sides, whose kind is only assumed.
    """

    now: Period
    before: Period
    rows: tuple[Row, ...]
    by_days: float | None
    by_use: float | None
    assumed: int


@dataclass(frozen=True, slots=True)
class ByFestival:
    """Days at the same distance from Spring Festival in two years: `pairs` of `days` are known on both sides, and of
    these `unlike` are of another kind (a school day against a holiday). `now` and `before` are their sums [unit]."""

    festival: date
    festival_before: date
    days: int
    pairs: int
    unlike: int
    now: float
    before: float

    @property
    def change(self) -> float | None:
        """The share by which this year's days are above last year's."""
        return self.now / self.before - 1 if self.before > 0 else None


KINDS: tuple[tuple[Said, frozenset[DayKind]], ...] = (
    (Said("教学日", "school day"), WORKING),
    (Said("周末", "weekend"), frozenset({DayKind.WEEKEND})),
    (Said("节假日", "holiday"), frozenset({DayKind.HOLIDAY})),
    (Said("寒暑假", "vacation"), frozenset({DayKind.VACATION})),
)


def year_to(day: date) -> tuple[Period, Period]:
    """Return the calendar year up to a day, and the same days of the year before (29 February ends as the 28th)."""
    leap = (day.month, day.day) == (2, 29)
    last = date(day.year - 1, day.month, 28 if leap else day.day)
    return (date(day.year, 1, 1), day), (date(day.year - 1, 1, 1), last)


def by_kind(daily: Daily, school: School, periods: tuple[Period, Period]) -> ByKind:
    """Hold two periods, now and before, against each other by kind of day."""
    known = daily.known()
    days = tuple(_days(period) for period in periods)
    kinds = tuple({day: day_kind(day, school) for day in side} for side in days)
    rows = []
    for name, which in KINDS:
        now, before = (_side([day for day, kind in side.items() if kind in which], known) for side in kinds)
        if now.days or before.days:
            rows.append(_row(name, now, before))
    assumed = sum(provisional(day, school) for side in days for day in side)
    return ByKind(*periods, tuple(rows), *_parted(rows), assumed)


def _days(period: Period) -> list[date]:
    return [period[0] + timedelta(days=n) for n in range((period[1] - period[0]).days + 1)]


def _side(days: list[date], known: dict[date, float]) -> Side:
    values = [known[day] for day in days if day in known]
    return Side(len(days), len(values), float(np.mean(values)) if values else None)


def _row(name: Said, now: Side, before: Side) -> Row:
    few = min(now.known, before.known)
    if few < LEAST_DAYS or now.mean is None or before.mean is None:
        zh, en = f"一边只有{few}天有数", f"only {few} days are known on one side"
        return Row(name, now, before, None, Said(f"{zh}，少于{LEAST_DAYS}天", f"{en}, fewer than {LEAST_DAYS}"))
    if before.mean <= 0:
        return Row(name, now, before, None, Said("去年这类日子没有用量", "nothing was used on such days before"))
    return Row(name, now, before, now.mean / before.mean - 1)


def _parted(rows: list[Row]) -> tuple[float | None, float | None]:
    """Return how much of the difference comes from the number of days, valued at the mean of before, and how much
    from the use of a day [unit]."""
    by_days = by_use = 0.0
    for row in rows:
        now, before = row.now, row.before
        alone = now.mean if before.days == 0 else before.mean
        if alone is None or (now.days and now.mean is None) or (now.days and before.days and row.reason is not None):
            return None, None
        by_days += (now.days - before.days) * alone
        by_use += now.days * (now.mean - alone) if now.days and now.mean is not None else 0.0
    return by_days, by_use


def by_festival(daily: Daily, school: School, year: int, reach: int = REACH_DAYS) -> ByFestival | Said:
    """Hold the days around Spring Festival against those of the year before; or why they cannot be."""
    festivals = spring_festival(year), spring_festival(year - 1)
    if festivals[0] is None or festivals[1] is None:
        lacking = year if festivals[0] is None else year - 1
        return Said(f"不知道{lacking}年的春节是哪一天", f"the day of Spring Festival {lacking} is not known here")
    known, last = daily.known(), _last(daily)
    shifts = [n for n in range(-reach, reach + 1) if last is None or festivals[0] + timedelta(days=n) <= last]
    pairs = [(festivals[0] + timedelta(days=n), festivals[1] + timedelta(days=n)) for n in shifts]
    both = [(now, before) for now, before in pairs if now in known and before in known]
    if len(both) < LEAST_SHARE * len(pairs) or not both:
        return Said(
            f"春节前后{len(pairs)}天里只有{len(both)}天两年都有数",
            f"of {len(pairs)} days around Spring Festival only {len(both)} are known in both years",
        )
    unlike = sum(day_kind(now, school) != day_kind(before, school) for now, before in both)
    sums = (sum(known[now] for now, _ in both), sum(known[before] for _, before in both))
    return ByFestival(festivals[0], festivals[1], len(pairs), len(both), unlike, *sums)


def _last(daily: Daily) -> date | None:
    return date.fromordinal(int(daily.ordinal[-1])) if len(daily.ordinal) else None
