"""A few hours of far more electricity than such hours ever had: told once, for information."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from analytics.by_weather import BY_WEATHER, follows_weather
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.detectors.out_of_hours import LEAST_KWH_UNPRICED, LEAST_YUAN
from analytics.hours import DayGrid, Hours, Numbers, day_grid
from analytics.meter_words import Facts, bare, seen_until
from analytics.spells import spells
from analytics.usual import usual
from analytics.wording import moment, number, place
from campus.calendar import WORKING
from campus.ports import ON_PAGE, TELL
from campus.results import Finding
from campus.said import Said
from campus.schema import from_ms
from campus.trades import Trade

NAME = "spike"
# An hour stands out when it is above the usual by this many times what the greatest of such hours ever was, and above
# that greatest by this share. Ours: on thirty meter-years of real buildings it is met once in four years.
TIMES, ABOVE_GREATEST = 2.0, 0.5
# Known days before it, so that the greatest means something: two months hold exams, a sports day and a cold spell.
LEAST_DAYS, LEAST_HOURS = 60, 20
# It is a spike when it is over within so many hours and the hours around it, the nearest one left out, are not raised
# by a third as much: what rises and falls with the day is weather or work.
LONGEST, AROUND, RAISED = 3, 3, 1 / 3

_DAILY = NotJudged(
    "daily_meter",
    "这块表每天只读一次数，看不到单个小时。",
    "This meter is read once a day, so single hours cannot be seen.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "还没有两个月的数据，不知道这样的小时最高是多少。",
    "Two months of data are needed to know the greatest of such hours.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the spikes of an electricity meter, oldest first, each once the hours after it are known."""
    if context.meter.interval >= timedelta(days=1):
        return _DAILY
    if follows_weather(context):
        return BY_WEATHER
    grid = day_grid(hours, context.school)
    greatest = _greatest(grid)[grid.row, grid.hour]
    if np.isnan(greatest).all():
        return _UNKNOWN
    value, expected = hours.measured(), usual(hours, context.school).value
    limit = np.maximum(expected + TIMES * (greatest - expected), (1 + ABOVE_GREATEST) * greatest)
    found = [
        _finding(span, (value, expected, greatest), hours, context)
        for span in spells(value > limit, bridge=1)
        if _stands_alone(span, value - expected)
    ]
    least = _least_kwh(context)
    return [one for one in found if float(one.facts["more"]) >= least]


def _greatest(grid: DayGrid) -> Numbers:
    """Return the greatest value (days, 24) before each day at about that hour, on days of work or days without.

    NaN until `LEAST_DAYS` are known.
    """
    top = np.where(np.isfinite(grid.value), grid.value, -np.inf)
    near = np.maximum(np.maximum(top, np.roll(top, 1, axis=1)), np.roll(top, -1, axis=1))
    working, found = grid.is_kind(*WORKING), np.full(top.shape, np.nan)
    for rows in (np.flatnonzero(working), np.flatnonzero(~working)):
        found[rows[1:]] = np.maximum.accumulate(near[rows], axis=0)[:-1]
    known = np.cumsum(np.isfinite(grid.value).sum(axis=1) >= LEAST_HOURS)
    found[(known < LEAST_DAYS)] = np.nan
    return np.where(np.isfinite(found), found, np.nan)


def _stands_alone(span: tuple[int, int], more: Numbers) -> bool:
    """Whether the hours around a stretch are known and not raised; what follows a gap may be its catch-up."""
    first, last = span
    around = np.concatenate([more[max(first - AROUND, 0) : first - 1], more[last + 1 : last + AROUND]])
    if last - first > LONGEST or first < AROUND or len(around) < 2 * (AROUND - 1):
        return False
    near = np.isfinite(more[[first - 1, last]]).all()
    return bool(near and (around < RAISED * np.nanmax(more[first:last])).all())


def _least_kwh(context: Context) -> float:
    """Return the amount [kWh] that is worth a message: what `out_of_hours` asks of a day."""
    price = context.price
    priced = price is not None and price.unit == "kWh" and price.yuan > 0
    return LEAST_YUAN / price.yuan if priced and price else LEAST_KWH_UNPRICED


def _finding(
    span: tuple[int, int], seen: tuple[Numbers, Numbers, Numbers], hours: Hours, context: Context
) -> Finding:
    value, expected, greatest = (part[slice(*span)] for part in seen)
    until = seen_until(hours)
    assert until is not None
    top = int(np.nanargmax(value))
    start, end = from_ms(hours.start_ms[span[0]]), from_ms(hours.start_ms[span[1]])
    more = float(np.nansum(value - expected))
    found = bare(NAME, context, (start, end), until)
    facts: Facts = {"top": float(value[top]), "greatest": float(greatest[top]), "more": more, TELL: ON_PAGE}
    return replace(
        found,
        size=float(value[top] - expected[top]),
        size_unit="kW",
        usual=float(expected[top]),
        to_date=more,
        price=context.price if context.price is not None and context.price.unit == found.unit else None,
        facts={**found.facts, **facts},
    )


def message(finding: Finding, lang: str) -> str:
    """Return what happened, how far it is from what such hours were, and what to ask."""
    where, since, facts = place(finding, lang), moment(finding, finding.start, lang), finding.facts
    top, most, more = (number(float(facts[key])) for key in ("top", "greatest", "more"))
    assert finding.end is not None
    long, yuan = number((finding.end - finding.start) / timedelta(hours=1)), finding.yuan_to_date
    if lang == "zh":
        paid = "" if yuan is None else f"（约{number(yuan)}元）"
        return (
            f"{where}{since}起{long}小时内用电冲到{top}千瓦：这个点平时{number(finding.usual)}千瓦，从前最高{most}千瓦，"
            f"多用约{more}度{paid}。请问那时开了什么；没人开过，就查表和线路。"
        )
    paid = "" if yuan is None else f" (about ¥{number(yuan)})"
    return (
        f"{where} drew up to {top} kW for {long} h from {since}: usually {number(finding.usual)} kW at such an hour, "
        f"never more than {most}; about {more} kWh more{paid}. Ask what was on; if nothing was, check the wiring."
    )


DETECTOR = Detector(
    name=NAME,
    zh="用电突然冲高",
    en="Spike of electricity",
    quantities=frozenset({"electricity"}),
    judge=judge,
    message=message,
    trade=Trade.ELECTRICIAN,
    closes=Said("它自己已经过去，只作提示。", "It is over by itself and is told for information."),
)
