"""The band good nights lie in: what the lowest hour of a night usually is, and how much above it is still usual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.detector import Context
from analytics.hours import Numbers
from analytics.like_rows import Reach, earlier, level, long_run
from analytics.nights import IN_TERM, Nights
from analytics.robust import SIGMA_PER_MAD
from analytics.scan import Mark, after_events

# What a sleeper may use at night before own nights are known [m³/(person·h)] (standards.md 5.1: a prior only).
PRIOR_M3_H = 0.002
# On free days one sleeper in four may or may not have stayed, each with an ordinary 0.4 L/h (users.md 2 d: 0.2 to
# 0.6): an excess below this [m³/(person·h)] cannot be told from who stayed.
STAYERS_M3_H = 0.25 * 0.0004
# Good nights before the meter's own history takes over (standards.md 5.1), how many of them must be like the night
# in question (see `Nights.group`), how far back it reaches [days], and how many make the recent level.
LEAST_NIGHTS, LEAST_ALIKE, MEMORY_DAYS, RECENT_NIGHTS = 14, 10, 180, 28
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
_RECENT = Reach(recent=RECENT_NIGHTS, least=LEAST_ALIKE, oldest=MEMORY_DAYS)


@dataclass(frozen=True, slots=True)
class Bands:
    """The usual lowest flow of nights (days,) [m³/h] and how much above it still is usual; NaN where nobody knows."""

    usual: Numbers
    margin: Numbers

    @property
    def limit(self) -> Numbers:
        """The flow (days,) [m³/h] from which on a night counts as above."""
        return self.usual + self.margin


def caution(context: Context) -> float:
    """Return by how much more than elsewhere flow must stand out at a meter."""
    return ABOVE_OTHERS if context.submetered else 1.0


def floor_margin(context: Context, group: int) -> float:
    """Return the smallest excess [m³/h] to be told: by the pulse, the cost of a message, and who may have stayed."""
    least = max(LEAST_EXCESS_M3_H, LEAST_PULSES_PER_H * (context.meter.pulse or 0.0))
    return least if group == IN_TERM else max(least, stayers(context))


def stayers(context: Context) -> float:
    """Return what those use [m³/h] who may be there or not; 0 where nobody wrote down who sleeps."""
    return STAYERS_M3_H * (context.sleepers or 0)


def bands(nights: Nights, calm: Mark, held: int | None = None) -> Bands:
    """Return the band of every night, from the calm nights before it; with `held`, from those before that row.

    Nights up to the last event were judged before it and are left out. A plan that says what keeps running says what
    is usual.
    """
    usual, margin = np.full((2, len(nights.flow)), np.nan)
    since = after_events(calm)
    for group in np.unique(nights.group[since:]).tolist():
        mine = np.flatnonzero(nights.group[since:] == group) + since
        usual[mine], margin[mine] = _of_group(nights, calm, (group, mine if held is None else np.array([held])))
    by_plan = np.isfinite(nights.allowed)
    kept = np.maximum(nights.allowed[by_plan] - nights.context.meter.night_use_m3_h, 0.0)
    usual[by_plan] = kept
    margin[by_plan] = np.maximum(LEAST_SHARE * kept, floor_margin(nights.context, IN_TERM))
    return Bands(usual, margin)


def _of_group(nights: Nights, calm: Mark, which: tuple[int, NDArray[np.int64]]) -> Numbers:
    """Return usual and margin (2, rows) as for nights of a group, from what lies before each of these rows.

    Nights of free days with too few of their own are held against term nights, which use more; never the reverse.
    """
    group, rows = which
    known, sleepers = calm & np.isfinite(nights.flow), nights.context.sleepers
    least = floor_margin(nights.context, group)
    usual = np.full(len(rows), np.nan if sleepers is None else PRIOR_M3_H * sleepers)
    margin = np.full(len(rows), least)
    learnt = _count(known, rows) >= LEAST_NIGHTS
    for wanted in dict.fromkeys((group, IN_TERM)):
        like = known & (nights.group == wanted)
        enough = learnt & (_count(like, rows) >= LEAST_ALIKE)
        if enough.any():
            usual[enough], margin[enough] = _learnt(nights, like, rows[enough], least)
            learnt &= ~enough
    return np.stack([usual, margin])


def _learnt(nights: Nights, like: Mark, rows: NDArray[np.int64], least: float) -> tuple[Numbers, Numbers]:
    """Return usual and margin (rows,) from the nights marked `like` before each row.

    The lower of the recent level and that of the whole memory is the usual one, so that it does not creep up with a
    leak that grows slowly.
    """
    recent, noise = level(nights.flow, earlier(like, None, _RECENT)[rows], LEAST_ALIKE)
    doubt = np.maximum(1.0, 2.0 - _count(like, rows) / MANY_NIGHTS)
    usual = np.fmin(recent, long_run(np.where(like, nights.flow, np.nan), rows, _RECENT))
    wide = np.maximum(NOISE_MADS * doubt * noise, np.maximum(LEAST_SHARE * usual, least))
    return usual, caution(nights.context) * wide


def _count(like: Mark, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many nights are `like` in the memory before each row."""
    total = np.concatenate([[0], np.cumsum(like)])
    counts: NDArray[np.int64] = total[rows] - total[np.maximum(rows - MEMORY_DAYS, 0)]
    return counts
