"""Water that runs through nights, as events: told by single nights, or by several together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.events import Event, Rule
from analytics.hours import Numbers
from analytics.night_bands import MEMORY_DAYS, Bands, bands, floor_margin
from analytics.night_steps import BEFORE_NIGHTS, LEAST_SHARE, TOGETHER, Steps, grown, steps
from analytics.nights import IN_TERM, Nights
from analytics.scan import Mark, after_events, scan

# Two of three nights (standards.md 5.1); three quiet ones end it, and what comes back within two weeks was not
# repaired (seen at Greenwich Dome/Tudor, June 2023: eight quiet nights, then as before).
RULE = Rule(above=2, of=3, quiet=3, memory=5, rejoin=14)
# Nights that stand out together are evidence by themselves.
TOGETHER_RULE = replace(RULE, above=1, of=1)
# Nights a size is taken from.
SIZE_NIGHTS = 7
# While it runs, a night counts as quiet when it has lost this share of what stood out.
GONE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Running:
    """Water that ran: the event, the `flow` it is told by, what was `usual` and from which `limit` on a night counts
    (days,) [m³/h], NaN where none is. `grown` is the row at which it had last grown and by how much [m³/h]."""

    event: Event
    flow: Numbers
    usual: Numbers
    limit: Numbers
    grown: tuple[int, float] | None = None

    @property
    def excess(self) -> Numbers:
        """Flow above the usual [m³/h] (days,), not below 0, NaN where unknown."""
        return np.maximum(self.flow - self.usual, 0.0)


def running(nights: Nights) -> list[Running] | None:
    """Return the water that ran, oldest first; None where too few nights are known to tell."""
    single, level = _by_night(nights)
    if np.isnan(level.usual[np.isfinite(nights.flow)]).all():
        return None
    every = sorted([*single, *_by_several(nights)], key=lambda one: one.event.known)
    return [_grown(one, nights) for one in _joined(every)]


def _by_night(nights: Nights) -> tuple[list[Running], Bands]:
    """Return what single nights tell, and the band each night was held against.

    While it lasts the band stays what it was when it began.
    """
    used = Bands(*np.full((2, len(nights.flow)), np.nan))

    def above(calm: Mark, held: int | None) -> Numbers:
        now = bands(nights, calm, held)
        rows = slice(after_events(calm) if held is None else held, None)
        used.usual[rows], used.margin[rows] = now.usual[rows], now.margin[rows]
        return np.where(np.isfinite(nights.flow) & np.isfinite(now.usual), nights.flow > now.limit, np.nan)

    events = scan(len(nights.flow), above, RULE)
    return [Running(event, nights.flow, used.usual, used.limit) for event in events], used


def _by_several(nights: Nights) -> list[Running]:
    """Return what several nights tell together.

    While it lasts the level before it stays the usual one; and what is calm is learnt from calm nights alone.
    """
    usual, limit = np.full((2, len(nights.quiet)), np.nan)
    known = np.isfinite(nights.quiet)
    seen: list[Steps] = []
    begun: dict[int, int] = {}

    def above(calm: Mark, held: int | None) -> Numbers:
        since = after_events(calm)
        if held is None:
            seen.append(steps(nights, calm))
            usual[since:], limit[since:] = np.nan, np.nan
            return np.where(known, seen[-1].up, np.nan)
        before, limit_now, begun[held] = _held_against(nights, seen[-1], held)
        rows = slice(begun[held], None)
        usual[rows], limit[rows] = before[rows], limit_now[rows]
        # Of a kind of night that never was before, only so much is known: what ran away is less than all there is.
        gone = GONE_SHARE * seen[-1].excess[held]
        return np.where(known, nights.quiet > np.where(np.isfinite(limit_now), limit_now, gone), np.nan)

    events = scan(len(nights.quiet), above, TOGETHER_RULE)
    found = [replace(event, first=min(begun[event.known], event.known)) for event in events]
    return [Running(event, nights.quiet, usual, limit) for event in found]


def _held_against(nights: Nights, seen: Steps, row: int) -> tuple[Numbers, Numbers, int]:
    """Return what nights of an event known at a row are held against: the usual of each night's kind and the limit
    above which it still runs (days,), NaN of a kind that was not known then; and its first night above that."""
    usual, excess = np.full(len(nights.quiet), np.nan), float(seen.excess[row])
    for group in np.unique(nights.group).tolist():
        mine = nights.group == group
        known = np.flatnonzero(mine[: row + 1] & np.isfinite(seen.usual[: row + 1]))
        usual[mine] = seen.usual[known[-1]] if len(known) else np.nan
    # Each of the nights had a usual of its own; one level stands for all, by which they exceed as much.
    together = np.arange(seen.first[row], row + 1)
    together = together[np.isfinite(nights.quiet[together] - usual[together])]
    usual += float((nights.quiet - usual)[together].mean()) - excess
    limit = usual + GONE_SHARE * excess
    return usual, limit, int(together[nights.quiet[together] > limit[together]][0])


def _joined(every: list[Running]) -> list[Running]:
    """Return one for all that overlap or come back soon; it is told as it was told first."""
    whole: list[Running] = []
    for one in every:
        before = whole[-1].event if whole else None
        if before is None or (before.end is not None and one.event.first - before.end >= RULE.rejoin):
            whole.append(one)
        else:
            whole[-1] = _both(whole[-1], one)
    return whole


def _both(first: Running, then: Running) -> Running:
    """Return two that are one: by the first while that lasts, by the other where it goes on after it."""
    ends = first.event.end, then.event.end
    end = None if None in ends else max(end for end in ends if end is not None)
    event = replace(first.event, last=max(first.event.last, then.event.last), end=end)
    after = np.arange(len(first.flow)) >= (len(first.flow) if first.event.end is None else first.event.end)
    flow, usual = np.where(after, then.flow, first.flow), np.where(after, then.usual, first.usual)
    return Running(event, flow, usual, np.where(after, then.limit, first.limit))


def _grown(one: Running, nights: Nights) -> Running:
    """Return it with the last time it grew: how much more it runs since than in the two weeks before."""
    rows = np.arange(one.event.first, len(one.flow) if one.event.end is None else one.event.end)
    rows = rows[np.isfinite(one.flow[rows] - one.usual[rows])]
    over = one.flow[rows] - one.usual[rows]
    least = np.maximum(LEAST_SHARE * one.flow[rows], floor_margin(nights.context, IN_TERM))
    last = None
    for place in grown(over, least).tolist():
        last = place if last is None or place >= last + BEFORE_NIGHTS else last
    if last is None:
        return one
    since, before = over[last - 1 : last + SIZE_NIGHTS], over[: last - TOGETHER[0] + 1][-BEFORE_NIGHTS:]
    return replace(one, grown=(int(rows[last]), float(np.median(since) - np.median(before))))


def last_good(one: Running, nights: Nights) -> int:
    """Return the night before an event that was in the band the event was held against.

    Mostly the one before; further back where the flow began before there were nights enough to tell.
    """
    group, by_plan, first = nights.group, np.isfinite(nights.allowed), one.event.first
    alike = (group == group[first]) & (by_plan == by_plan[first])
    row = first - 1
    while row > max(0, first - MEMORY_DAYS) and one.flow[row] > one.limit[first] and alike[row]:
        row -= 1
    return row
