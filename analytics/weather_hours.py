"""From observations at any times to means by the hour: what was measured, what lies between two, what is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analytics.series import Ints

Numbers = NDArray[np.float64]

HOUR_MS = 3_600_000
# Stations that report every three hours (SYNOP, WMO-No. 306 FM 12) are bridged, further apart is unknown.
LONGEST_MS = 3 * HOUR_MS
# What a clock's seconds may add to a step.
SLACK_MS = 60_000


class Label(StrEnum):
    """What of the time it is said for a value is."""

    INSTANT = "instant"  # what was at that time
    START = "start"  # the mean from that time on
    END = "end"  # the mean up to that time


@dataclass(frozen=True, slots=True)
class Hourly:
    """Means over hours: `start_ms` (n,), every hour from the first to the last; `value` (n,), NaN where unknown;
    `coverage` (n,) the share of the hour it is of; `estimated` (n,) the share of that drawn between observations more
    than an hour apart."""

    start_ms: Ints
    value: Numbers
    coverage: Numbers
    estimated: Numbers


def hourly(time_ms: Ints, value: Numbers, label: Label) -> Hourly:
    """Return hourly means of samples (n,) at any times; NaN and a doubled time's earlier value are left out.

    Instants are joined by straight lines; a mean holds for a step, the usual distance between two samples.
    """
    time_ms, value = _ordered(time_ms, value)
    if not len(time_ms):
        none = np.empty(0)
        return Hourly(np.empty(0, np.int64), none, none, none)
    starts, ends, first, last, guessed = _pieces(time_ms, value, label)
    return _binned(starts, ends, (first, last), guessed)


def _ordered(time_ms: Ints, value: Numbers) -> tuple[Ints, Numbers]:
    known = np.flatnonzero(np.isfinite(value))
    order = known[np.argsort(time_ms[known], kind="stable")]
    keep = np.append(np.diff(time_ms[order]) > 0, True)[: len(order)]
    return time_ms[order[keep]], value[order[keep]]


def step_ms(time_ms: Ints) -> int:
    """Return the usual distance of two samples [ms], an hour for a single one."""
    return int(np.median(np.diff(time_ms))) if len(time_ms) > 1 else HOUR_MS


def _pieces(time_ms: Ints, value: Numbers, label: Label) -> tuple[Ints, Ints, Numbers, Numbers, NDArray[np.bool_]]:
    """Return stretches [start, end) with the value at either end, and which of them are drawn between samples."""
    if label is Label.INSTANT:
        gap = np.diff(time_ms)
        near = gap <= LONGEST_MS + SLACK_MS
        starts, ends = time_ms[:-1][near], time_ms[1:][near]
        return starts, ends, value[:-1][near], value[1:][near], (gap > HOUR_MS + SLACK_MS)[near]
    step = step_ms(time_ms)
    begin = time_ms - (step if label is Label.END else 0)
    end = np.minimum(begin + step, np.append(begin[1:], begin[-1] + step))
    fits = slice(None if step <= LONGEST_MS + SLACK_MS else 0)
    guessed = np.full(len(value), step > HOUR_MS + SLACK_MS)
    return begin[fits], end[fits], value[fits], value[fits], guessed[fits]


def _binned(starts: Ints, ends: Ints, at: tuple[Numbers, Numbers], guessed: NDArray[np.bool_]) -> Hourly:
    """Cut stretches at the hours and return the mean of what each hour has of them."""
    if not len(starts):
        none = np.empty(0)
        return Hourly(np.empty(0, np.int64), none, none, none)
    cuts = ends // HOUR_MS - starts // HOUR_MS + 1
    which = np.repeat(np.arange(len(starts)), cuts)
    hour = starts[which] // HOUR_MS + np.arange(len(which)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    begin, end = np.maximum(hour * HOUR_MS, starts[which]), np.minimum((hour + 1) * HOUR_MS, ends[which])
    length = np.maximum(end - begin, 0).astype(np.float64)
    slope = (at[1] - at[0]) / np.maximum(ends - starts, 1)
    middle = at[0][which] + slope[which] * ((begin + end) / 2 - starts[which])
    place = hour - hour.min()
    known = np.bincount(place, length)
    drawn = np.bincount(place, length * guessed[which])
    total = np.bincount(place, length * middle)
    grid = (hour.min() + np.arange(len(known))) * HOUR_MS
    share = np.full(len(known), np.nan)
    mean, estimated = (np.divide(x, known, out=share.copy(), where=known > 0) for x in (total, drawn))
    return Hourly(grid, mean, known / HOUR_MS, np.nan_to_num(estimated))
