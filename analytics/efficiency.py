"""A plant that takes more for the same it gives: against its own good days at like load, and what physics allows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.detector import Context, NotJudged, Verdict
from analytics.efficiency_line import usual_line
from analytics.events import Rule
from analytics.excess import Excess, Flags, Span, blank, finding_of, least_worth, weigh
from analytics.heat_days import HeatDays
from analytics.heat_response import LOOK_BACK, MEMORY_DAYS, week_of
from analytics.heat_walk import Above, walk
from analytics.hours import Hours, Numbers
from analytics.meter_words import Facts, bare, seen_until
from analytics.robust import middle
from analytics.station import Station
from campus.results import Finding
from campus.units import QUANTITIES

# Four of five days; three good ones end it. Ours.
RULE = Rule(above=4, of=5, quiet=3, memory=9, rejoin=10)
# A week of days beyond what physics allows says that a meter counts wrong. Ours.
WEEK_RULE = Rule(above=5, of=7, quiet=3, memory=10, rejoin=14)
# Fuel is too much above what the heat sent out usually takes by the greatest of this share of it, so many standard
# deviations of the own days, and what is worth a message. Ours.
LEAST_SHARE, NOISE_SIGMAS = 0.05, 3.0
# Days with less than this part of an ordinary day's heat are standing by. Ours.
LOADED = 0.3


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a rule by its `name`: the `least` and the `most` that comes out of what goes in, and what is said where too
    little is `unknown`."""

    name: str
    least: float
    most: float
    unknown: NotJudged


def loaded(of: Station) -> Flags:
    """Return the days (days,) on which a plant was not standing by, all known of them; an ordinary day is half of the
    greatest so far."""
    known = np.isfinite(of.efficiency if of.outdoor_c is None else of.efficiency + of.outdoor_c)
    ordinary = np.maximum.accumulate(np.where(known, of.heat, 0.0)) / 2
    return np.asarray(known & (of.heat > 0) & (of.heat >= LOADED * ordinary))


def judged(plant: tuple[HeatDays, Station], limits: Limits, seen: tuple[Hours, Context]) -> Verdict:
    """Return the events of a plant that takes too much or counts what cannot be, oldest first."""
    (days, of), context = plant, seen[1]
    excess = blank(days.grid, QUANTITIES[context.quantity].unit)
    running = loaded(of) & (days.season >= 0)
    shown = np.nan_to_num(of.efficiency, nan=1.0)
    odd = np.asarray((shown > limits.most) | (shown < limits.least))
    wrong = walk(days, running, lambda row, _good, _first: bool(odd[row]), WEEK_RULE)
    spans = walk(days, running & ~odd, _above(days, of, (excess, least_worth(excess.unit, context))), RULE)
    if np.isnan(excess.amount).all() and not wrong:
        return limits.unknown
    more = [finding_of(limits.name, span, excess, (*seen, _facts(span, of, excess))) for span in spans]
    return sorted([*more, *(_miscount(span, limits, plant, seen) for span in wrong)], key=lambda one: one.start)


def _above(days: HeatDays, of: Station, with_least: tuple[Excess, float]) -> Above:
    """Return what says of a day whether it took too much; while an event lasts, against what it began with."""
    excess, least = with_least
    weeks: dict[int, tuple[Numbers, Numbers] | None] = {}

    def above(row: int, good: Flags, first: int | None) -> bool | None:
        begin = week_of(days, row if first is None else first)
        if begin not in weeks:
            start = max(0, begin - MEMORY_DAYS)
            line = usual_line(of, (np.flatnonzero(good[start : max(begin, 0)]) + start)[-LOOK_BACK:])
            weeks[begin] = None if line is None else line.expected(of)
        known = weeks[begin]
        if known is None:
            return None
        usual, sigma = float(known[0][row]), float(known[1][row])
        margin = max(LEAST_SHARE * usual, NOISE_SIGMAS * sigma, least)
        return weigh(excess, row, float(of.fuel[row]), (usual, margin))

    return above


def _facts(span: Span, of: Station, excess: Excess) -> Facts:
    """Return the efficiency of an event's days, and what it would be as usual."""
    rows = np.flatnonzero(excess.over)
    rows = rows[(rows >= span.first) & (rows < (span.end or len(excess.over)))][-7:]
    heat, fuel = of.heat[rows].sum(), of.fuel[rows].sum() * of.gj_per_unit
    usual = excess.usual[rows].sum() * of.gj_per_unit
    return {"now": float(heat / fuel), "before": float(heat / usual), "gj": of.gj_per_unit}


def _miscount(span: Span, limits: Limits, plant: tuple[HeatDays, Station], seen: tuple[Hours, Context]) -> Finding:
    """Return the finding that both sides do not belong together: it has no amount, since one of them is wrong."""
    (days, of), (hours, context) = plant, seen
    until = seen_until(hours)
    assert until is not None
    ended = None if span.end is None else days.grid.instant(span.end)
    found = bare(limits.name, context, (days.grid.instant(span.first), ended), until)
    shown = of.efficiency[span.first : span.end]
    facts = {"cannot_be": middle(shown[np.isfinite(shown)]), "gj": of.gj_per_unit}
    return replace(found, facts={**found.facts, **facts})
