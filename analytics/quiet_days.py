"""Days of a water meter that is read once a day: the least day of each week, and what it usually is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.detector import Context
from analytics.events import Event, Rule
from analytics.hours import HOURS_PER_DAY, DayGrid, Numbers
from analytics.like_rows import Reach, earlier, long_run
from analytics.night_bands import caution
from analytics.scan import Mark, after_events, scan
from campus.calendar import WORKING, DayKind

# A day is known when this much of it is. Every week has a day on which a school uses little; of its days so many must
# be known, and so many free.
DAY_KNOWN, WEEK, LEAST_OF_WEEK, FREE_OF_WEEK = 0.9, 7, 5, 2
# The least days of four weeks before the week in question say what is usual, of which so many must be known: of those
# the lower quarter, since a holiday's tap left open is no usual day. Never above the median of half a year, so that
# it does not creep up with a leak that grows [days]. Ours.
USUAL, LOWER = Reach(recent=28, least=14, oldest=180, gap=WEEK - 1), 0.25
# A least day stands out by this share of the mean use of half a year (of a few weeks it would be small
# when a vacation ends), by what a cistern loses that runs all day (10 L/h), below which a message costs more than the
# water [m³/day], and by so many pulses. Ours.
LEAST_SHARE, LEAST_EXCESS_M3, LEAST_PULSES = 0.25, 0.24, 2.0
# A whole week without a quiet day is evidence by itself; a day that has lost half of what stood out ends it.
RULE = Rule(above=1, of=1, quiet=1, memory=WEEK, rejoin=14)
GONE_SHARE = 0.5
# It has grown when a week stands out from weeks it ran through already [days].
GROWN_AFTER = WEEK + USUAL.recent


@dataclass(frozen=True, slots=True)
class QuietDays:
    """By local day (days,), all [m³/day], NaN where unknown: `use`; `least`, the use of the least day of the
    week that ends with it; what was `usual` of that, and the `limit` above which it counts. `events` are in rows.

    `grown` names, by the row an event was known at, the last row at which it had grown and by how much [m³/day].
    """

    grid: DayGrid
    use: Numbers
    least: Numbers
    usual: Numbers
    limit: Numbers
    events: list[Event]
    grown: dict[int, tuple[int, float]]


def quiet_days(grid: DayGrid, context: Context) -> QuietDays:
    """Return the days of a meter and the events in which no day was quiet."""
    known = np.isfinite(grid.value).mean(axis=1) >= DAY_KNOWN
    use = np.full(len(known), np.nan)
    use[known] = np.nanmean(grid.value[known], axis=1) * HOURS_PER_DAY
    empty = np.full((3, len(use)), np.nan)
    days = QuietDays(grid, use, empty[0], empty[1], empty[2], [], {})
    days.least[:] = np.where(_plain(grid, context), _least_of_week(use), np.nan)
    least = max(LEAST_EXCESS_M3, LEAST_PULSES * (context.meter.pulse or 0.0))
    margin = caution(context) * np.maximum(LEAST_SHARE * _mean_before(use), least)
    recent, months = _usual(days)
    days.events.extend(_walk(days, np.fmin(recent, months), margin))
    for event in days.events:
        _grow(days, event, days.least - recent > margin, days.least - recent)
    return days


def _plain(grid: DayGrid, context: Context) -> Mark:
    """Return whether the week that ends with each day (days,) is like others.

    It has two free days and no make-up day, follows none, and where people sleep, who stay or not, it is nothing but
    school days and a weekend.

    A meter read at noon counts half of a make-up Saturday on the Sunday after it.
    """
    free, made_up = ~grid.is_kind(*WORKING), grid.is_kind(DayKind.MAKEUP)
    away = grid.is_kind(DayKind.HOLIDAY, DayKind.VACATION) & (context.sleepers != 0)
    plain: Mark = (
        (_within(free, WEEK) >= FREE_OF_WEEK) & (_within(made_up, WEEK + 1) == 0) & (_within(away, WEEK) == 0)
    )
    return plain


def _within(mark: Mark, days: int) -> Numbers:
    """Return how many of so many days up to each are marked."""
    counts: Numbers = np.convolve(mark, np.ones(days))[: len(mark)]
    return counts


def _least_of_week(use: Numbers) -> Numbers:
    if len(use) < WEEK:
        return np.full(len(use), np.nan)
    week = np.sort(sliding_window_view(use, WEEK), axis=1)  # NaN goes last
    least = np.where(np.isfinite(week).sum(axis=1) >= LEAST_OF_WEEK, week[:, 0], np.nan)
    return np.concatenate([np.full(WEEK - 1, np.nan), least])


def _usual(days: QuietDays) -> tuple[Numbers, Numbers]:
    """Return what the least day of a week was lately and over half a year (days,), from weeks before its own."""
    recent, months = np.full((2, len(days.use)), np.nan)
    like = np.isfinite(days.least)
    rows = np.flatnonzero(like)
    before = earlier(like, None, USUAL)[rows]
    seen = np.sort(np.where(before >= 0, days.least[before], np.nan), axis=1)
    count = (before >= 0).sum(axis=1)
    lower = seen[np.arange(len(rows)), (np.maximum(count - 1, 0) * LOWER).astype(int)]
    recent[rows] = np.where(count >= USUAL.least, lower, np.nan)
    months[rows] = long_run(days.least, rows, USUAL)
    return recent, np.where(np.isfinite(recent), months, np.nan)


def _mean_before(use: Numbers) -> Numbers:
    """Return the mean use (days,) of half a year before each row's week; 0 where none is known."""
    end = np.maximum(np.arange(len(use)) - USUAL.gap, 0)
    start = np.maximum(end - USUAL.oldest, 0)
    total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(use))])
    count = np.concatenate([[0], np.cumsum(np.isfinite(use))])
    mean: Numbers = (total[end] - total[start]) / np.maximum(count[end] - count[start], 1)
    return mean


def _walk(days: QuietDays, usual: Numbers, margin: Numbers) -> list[Event]:
    """Return the events; while one lasts, the usual stays what it was when it was known."""
    least = days.least

    def above(calm: Mark, held: int | None) -> Numbers:
        if held is None:
            rows = slice(after_events(calm), None)
            days.usual[rows], days.limit[rows] = usual[rows], (usual + margin)[rows]
            return np.where(np.isfinite(least) & np.isfinite(usual), least > usual + margin, np.nan)
        gone = GONE_SHARE * (least[held] - usual[held])
        days.usual[held:], days.limit[held:] = usual[held], usual[held] + gone
        # Any day that used less than what ran away shows that it no longer does.
        told = np.isfinite(least) | (days.use < gone)
        return np.where(told, (least > usual[held] + gone) & ~(days.use < gone), np.nan)

    return scan(len(least), above, RULE)


def _grow(days: QuietDays, event: Event, up: Mark, excess: Numbers) -> None:
    """Write down the last row at which an event had grown: weeks stand out from four that it ran through already."""
    at, end = event.known, len(up) if event.end is None else event.end
    for row in (np.flatnonzero(up[at:end]) + at).tolist():
        if row >= at + GROWN_AFTER:
            days.grown[event.known] = row, float(excess[row])
            at = row
