"""Nights of a water meter: when a building's night is, its lowest hour, and the band good nights lie in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics import planned
from analytics.detector import Context
from analytics.hours import DayGrid, Numbers
from analytics.robust import SIGMA_PER_MAD
from campus.calendar import DayKind

# Local hours in which nobody is expected to use water, by building class (standards.md 5.1).
WINDOWS: dict[str, tuple[int, ...]] = {
    "canteen": (0, 1, 2),
    "dormitory": (2, 3),
    "teaching": (-1, 0, 1, 2, 3, 4),
}
DEFAULT_WINDOW = (1, 2, 3, 4)
# What a sleeper may use at night before own nights are known [m³/(person·h)] (standards.md 5.1: a prior only).
PRIOR_M3_H = 0.002
# On free days one sleeper in four may or may not have stayed, each with an ordinary 0.4 L/h (users.md 2 d: 0.2 to
# 0.6): an excess below this [m³/(person·h)] cannot be told from who stayed.
STAYERS_M3_H = 0.25 * 0.0004
# Good nights before the meter's own history takes over (standards.md 5.1), how many of them must be like the night
# in question (see `Nights.group`), and how far back it reaches [days].
LEAST_NIGHTS, LEAST_ALIKE, MEMORY_DAYS = 14, 10, 180
# Good nights that make the recent level.
RECENT_NIGHTS = 28
# A flow counts above the usual one by the greatest of these (standards.md 5.1).
# Three standard deviations as a median deviation gives them, not three of the latter (two deviations): over a year of
# simulated histories 621 of 621 faults are found either way, and false findings fall from 5 in 540 to none.
NOISE_MADS, LEAST_PULSES_PER_H, LEAST_SHARE = 3.0 * SIGMA_PER_MAD, 2.0, 0.15
# The deviation of few nights is itself uncertain: its multiple is doubled without any and falls to the plain one with
# this many. Chosen on healthy simulated schools (standards.md 5.1 does not say), where it takes away most false
# findings of the first month.
MANY_NIGHTS = 28
# What runs away in a building is found at its own meter; at a meter above others only what stands out twice as much.
ABOVE_OTHERS = 2.0
# Below this excess [m³/h] a message costs more than the water: half a tonne a day.
LEAST_EXCESS_M3_H = 0.02

IN_TERM, WEEKEND, HOLIDAY, VACATION = range(4)
_GROUP = {DayKind.WEEKEND: WEEKEND, DayKind.HOLIDAY: HOLIDAY, DayKind.VACATION: VACATION}


@dataclass(frozen=True, slots=True)
class Band:
    """The usual lowest flow [m³/h] and how much above it still counts as usual."""

    usual: float
    margin: float

    def above(self, flow: float) -> bool:
        """Whether a flow [m³/h] is above the band."""
        return flow > self.usual + self.margin


def window(kind: str) -> tuple[int, ...]:
    """Return the hours of the night, counted from the midnight it holds: -1 is 23:00 of the day before."""
    return WINDOWS.get(kind, DEFAULT_WINDOW)


@dataclass(frozen=True, slots=True)
class Nights:
    """A meter's nights by the day they end in: `flow` (days,) is the lowest hour [m³/h] less registered night use,
    NaN where an hour of the night is unknown (a lower one might be missing). `group` (days,) tells nights apart by
    how many sleep here: IN_TERM for all of them and wherever nobody sleeps, else the kind of free day. `allowed`
    (days,) [m³/h] is what a plan keeps running, NaN where none says."""

    grid: DayGrid
    flow: Numbers
    group: NDArray[np.int64]
    allowed: Numbers
    context: Context


def nights_of(grid: DayGrid, context: Context) -> Nights:
    """Return the nights of a meter."""
    lowest = _lowest(grid.value, context)
    flow = np.maximum(lowest - context.meter.night_use_m3_h, 0.0)
    group = np.full(len(flow), IN_TERM) if context.sleepers == 0 else _groups(grid.kinds)
    return Nights(grid, flow, group, _lowest(planned.allowed(grid, context.plans), context), context)


def _lowest(value: Numbers, context: Context) -> Numbers:
    """Return the lowest hour of each night (days,), NaN where one is unknown."""
    lowest: Numbers = np.min(np.stack([_column(value, hour) for hour in window(context.kind)]), axis=0)
    return lowest


def _groups(kinds: tuple[DayKind, ...]) -> NDArray[np.int64]:
    """Return the group of each night; a public holiday inside a vacation is a night of the vacation."""
    groups: list[int] = []
    for kind in kinds:
        group = _GROUP.get(kind, IN_TERM)
        groups.append(VACATION if group == HOLIDAY and groups and groups[-1] == VACATION else group)
    return np.array(groups, np.int64)


def _column(value: Numbers, hour: int) -> Numbers:
    column: Numbers = value[:, hour]
    return column if hour >= 0 else np.concatenate([[np.nan], column])[: len(column)]


def floor_margin(context: Context) -> float:
    """Return the smallest excess [m³/h] the meter's pulse and the cost of a message allow."""
    return max(LEAST_EXCESS_M3_H, LEAST_PULSES_PER_H * (context.meter.pulse or 0.0))


def band_before(nights: Nights, row: int, calm: NDArray[np.bool_], like: int) -> Band | None:
    """Return the band night `like` is held against, from calm nights before `row`; None when nothing is known yet.

    Nights of free days with too few of their own are held against term nights, which use more; never the reverse.
    """
    past = slice(max(0, row - MEMORY_DAYS), row)
    known = calm[past] & np.isfinite(nights.flow[past])
    flow, group = nights.flow[past][known], nights.group[past][known]
    own = int(nights.group[like])
    least = floor_margin(nights.context)
    if own != IN_TERM:
        least = max(least, STAYERS_M3_H * (nights.context.sleepers or 0))
    for wanted in dict.fromkeys((own, IN_TERM)):
        alike = flow[group == wanted]
        if len(flow) >= LEAST_NIGHTS and len(alike) >= LEAST_ALIKE:
            return _learned(alike, least, ABOVE_OTHERS if nights.context.submetered else 1.0)
    return _assumed(nights.context.sleepers, least)


def planned_band(nights: Nights, row: int) -> Band | None:
    """Return the band of a night on which a plan says what keeps running; registered night use is part of that."""
    allowed = float(nights.allowed[row]) - nights.context.meter.night_use_m3_h
    if np.isnan(allowed):
        return None
    usual = max(allowed, 0.0)
    return Band(usual, max(floor_margin(nights.context), LEAST_SHARE * usual))


def _learned(good: Numbers, least: float, caution: float) -> Band:
    """Return a band from good nights. Its level is the lower of the recent and the long-run median, so that it does
    not creep up with a leak that grows slowly."""
    recent = good[-RECENT_NIGHTS:]
    level = float(np.median(recent))
    doubt = max(1.0, 2.0 - len(good) / MANY_NIGHTS)
    noise = doubt * NOISE_MADS * float(np.median(np.abs(recent - level)))
    usual = min(level, float(np.median(good)))
    return Band(usual, caution * max(noise, least, LEAST_SHARE * usual))


def _assumed(sleepers: int | None, least: float) -> Band | None:
    """Return a band before own nights are known: where nobody sleeps any continuous flow is too much."""
    return None if sleepers is None else Band(PRIOR_M3_H * sleepers, least)
