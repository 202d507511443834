"""A boiler room that burns more for the same heat: against its own good days at like load and what physics allows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.around import BESIDE
from analytics.detector import Context, Detector, Verdict
from analytics.events import Rule
from analytics.excess import Excess, Flags, Span, blank, finding_of, least_worth, weigh
from analytics.heat_days import FUELS, TOO_LITTLE, HeatDays, Rows, heat_days
from analytics.heat_response import LEAST_DAYS, LOOK_BACK, MEMORY_DAYS, week_of
from analytics.heat_walk import Above, walk
from analytics.hours import Hours, Numbers, day_grid
from analytics.meter_words import Facts, bare, seen_until
from analytics.robust import deviation, middle
from analytics.station import Station, station
from analytics.station_words import message
from campus.registry import STATION
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade
from campus.units import QUANTITIES

NAME = "heat_station_efficiency"
# Four of five days; three good ones end it. Ours.
RULE = Rule(above=4, of=5, quiet=3, memory=9, rejoin=10)
# Fuel is too much above what the heat sent out usually takes by the greatest of this share of it, so many standard
# deviations of the own days, and what is worth a message. Ours.
LEAST_SHARE, NOISE_SIGMAS = 0.05, 3.0
# Days whose heat differs by less than this share of an ordinary day's do not tell how fuel goes with load; so many
# pairs that do are needed. Ours.
APART, LEAST_PAIRS = 0.1, 20
# Days with less than this part of an ordinary day's heat are standing by. Ours.
LOADED = 0.3
# What physics allows of a fuel's lower calorific value: of natural gas with all its vapour condensed 1.11 (the higher
# over the lower value [M]), of electricity what heat pumps reach; and what no boiler in use stays below. A week of
# days beyond says that a meter counts wrong. The lower bound ours.
MOST, MOST_ELECTRIC, LEAST = 1.11, 8.0, 0.5
WEEK_RULE = Rule(above=5, of=7, quiet=3, memory=10, rejoin=14)
Line = tuple[float, float, float]  # fuel without heat, fuel per GJ, standard deviation


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the events of a boiler room that burns too much or counts what cannot be, or why none is judged; nothing
    of other places."""
    if context.kind != STATION:
        return []
    days = _with_season(heat_days(hours, context))
    of = station(days, context)
    if not isinstance(of, Station):
        return of
    excess = blank(days.grid, QUANTITIES[context.quantity].unit)
    known = np.isfinite(of.efficiency) & (days.season >= 0)
    loaded = known & (of.heat >= LOADED * _ordinary(of.heat, known))
    odd = _odd(of, context)
    wrong = walk(days, loaded, lambda row, _good, _first: bool(odd[row]), WEEK_RULE)
    spans = walk(days, loaded & ~odd, _above(days, of, (excess, least_worth(excess.unit, context))), RULE)
    if np.isnan(excess.amount).all() and not wrong:
        return TOO_LITTLE
    more = [finding_of(NAME, span, excess, (hours, context, _facts(span, of, excess))) for span in spans]
    return sorted([*more, *(_miscount(span, of, hours, context) for span in wrong)], key=lambda one: one.start)


def _with_season(days: HeatDays) -> HeatDays:
    """Return the days, all of them as one season where none is registered: a boiler's days tell load themselves."""
    if (days.season >= 0).any() or days.off.any():
        return days
    return replace(days, season=np.zeros(len(days.season), np.int64))


def _ordinary(heat: Numbers, known: Flags) -> Numbers:
    """Return what an ordinary day up to each sends out (days,) [GJ]: half of the greatest so far."""
    greatest: Numbers = np.maximum.accumulate(np.where(known, heat, 0.0))
    return greatest / 2


def _odd(of: Station, context: Context) -> Flags:
    """Return on which days more or less heat comes out than the fuel can give (days,)."""
    most = MOST if context.quantity in FUELS else MOST_ELECTRIC
    seen = np.nan_to_num(of.efficiency, nan=1.0)
    return np.asarray((seen > most) | (seen < LEAST))


def _above(days: HeatDays, of: Station, with_least: tuple[Excess, float]) -> Above:
    """Return what says of a day whether it burnt too much; while an event lasts, against what it began with."""
    excess, least = with_least
    weeks: dict[int, Line | None] = {}

    def above(row: int, good: Flags, first: int | None) -> bool | None:
        begin = week_of(days, row if first is None else first)
        if begin not in weeks:
            start = max(0, begin - MEMORY_DAYS)
            weeks[begin] = _line(of, (np.flatnonzero(good[start : max(begin, 0)]) + start)[-LOOK_BACK:])
        known = weeks[begin]
        if known is None:
            return None
        usual = known[0] + known[1] * float(of.heat[row])
        margin = max(LEAST_SHARE * usual, NOISE_SIGMAS * known[2], least)
        return weigh(excess, row, float(of.fuel[row]), (usual, margin))

    return above


def _line(of: Station, rows: Rows) -> Line | None:
    """Return what heat usually takes in fuel, by medians over good days; None for too few of them."""
    if len(rows) < LEAST_DAYS:
        return None
    heat, fuel = of.heat[rows], of.fuel[rows]
    apart = heat[:, None] - heat
    told = apart >= APART * middle(heat)
    per_gj = middle(fuel / heat)
    if told.sum() >= LEAST_PAIRS:
        per_gj = middle((fuel[:, None] - fuel)[told] / apart[told])
    rest = fuel - per_gj * heat
    return middle(rest), per_gj, deviation(rest)


def _facts(span: Span, of: Station, excess: Excess) -> Facts:
    """Return the efficiency of an event's days, and what it would be as usual."""
    rows = np.flatnonzero(excess.over)
    rows = rows[(rows >= span.first) & (rows < (span.end or len(excess.over)))][-7:]
    heat, fuel = of.heat[rows].sum(), of.fuel[rows].sum() * of.gj_per_unit
    usual = excess.usual[rows].sum() * of.gj_per_unit
    return {"now": float(heat / fuel), "before": float(heat / usual), "gj": of.gj_per_unit}


def _miscount(span: Span, of: Station, hours: Hours, context: Context) -> Finding:
    """Return the finding that heat and fuel do not belong together: it has no amount, since one of them is wrong."""
    grid, seen = day_grid(hours, context.school), seen_until(hours)
    assert seen is not None
    ended = None if span.end is None else grid.instant(span.end)
    found = bare(NAME, context, (grid.instant(span.first), ended), seen)
    shown = of.efficiency[span.first : span.end]
    return replace(found, facts={**found.facts, "cannot_be": middle(shown[np.isfinite(shown)]), "gj": of.gj_per_unit})


DETECTOR = Detector(
    name=NAME,
    zh="锅炉房效率下降",
    en="Boiler room less efficient",
    quantities=frozenset({"electricity", *FUELS}),
    judge=judge,
    message=message,
    trade=Trade.HEATING,
    closes=Said("连续三天供同样的热不再多烧。", "Three days in a row that burn no more for the same heat."),
    needs=frozenset({BESIDE}),
)
