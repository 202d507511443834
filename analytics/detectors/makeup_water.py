"""A heating network that is topped up more than it was: water that left it hot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.events import Rule
from analytics.excess import Excess, Flags, Span, blank, finding_of
from analytics.heat_days import NO_SEASON, HeatDays, heat_days
from analytics.heat_response import MEMORY_DAYS, week_of
from analytics.heat_walk import Above, walk
from analytics.heat_words import costs, over
from analytics.hours import Hours, Numbers
from analytics.meter_words import day
from analytics.robust import deviation, middle
from analytics.wording import number, place
from campus.registry import MAKEUP, STATION
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade

NAME = "makeup_water"
# JGJ/T 132-2009 allows 0.5 % of the circulation [M], which nobody measures here: a network is held against its own
# weeks. Two of three days; three good ones end it.
RULE = Rule(above=2, of=3, quiet=3, memory=5, rejoin=14)
# What a network is topped up by is told by the week: by hand, now and then, or by a pump. The greatest of its days is
# left out: a loop that was drained and filled again is no leak. Days of it that must be known.
WEEK_DAYS, LEAST_OF_WEEK = 7, 5
# The first days of a season fill and vent the network. Ours.
FILLING_DAYS = 10
# Good days that make the usual: the newest so many, at least so many. Ours.
LOOK_BACK, LEAST_DAYS = 60, 14
# A week is too much above the usual by the greatest of this share of it, so many standard deviations of its weeks,
# half a tonne a day, and two pulses. Ours.
LEAST_SHARE, NOISE_SIGMAS, LEAST_M3, LEAST_PULSES = 0.5, 3.0, 0.5, 2.0

_UNKNOWN = NotJudged(
    "too_little_history",
    "供暖期里可用的日子还不够，不知道平时补多少水。",
    "Too few known days of a heating season to say what make-up is usual.",
)
_WHAT = Said("供热补水", "make-up water of the heating network")


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the events of too much make-up water, oldest first, or why none is judged; nothing of other water."""
    if context.meter.item != MAKEUP and context.kind != STATION:
        return []
    if not context.school.heating:
        return NO_SEASON
    days = heat_days(hours, context)
    week = _weeks(days)
    excess = blank(days.grid, "m³")
    candidates = (days.since >= FILLING_DAYS) & np.isfinite(week) & np.isfinite(days.amount)
    limit = np.full(len(week), np.nan)
    spans = walk(days, candidates, _above(days, week, (excess, limit, context)), RULE)
    if np.isnan(excess.amount).all():
        return _UNKNOWN
    return [finding_of(NAME, _from_onset(span, days, limit), excess, (hours, context, {})) for span in spans]


def _weeks(days: HeatDays) -> Numbers:
    """Return what a day of the week that ends with each took (days,) [m³], its greatest left out; NaN for too few."""
    padded = np.concatenate([np.full(WEEK_DAYS - 1, np.nan), days.amount])
    week = np.lib.stride_tricks.sliding_window_view(padded, WEEK_DAYS)
    known = np.isfinite(week)
    count = known.sum(axis=1)
    rest = np.where(known, week, 0.0).sum(axis=1) - np.where(known, week, -np.inf).max(axis=1, initial=0.0)
    found: Numbers = np.divide(rest, count - 1, out=np.full(len(count), np.nan), where=count >= LEAST_OF_WEEK)
    return found


def _above(days: HeatDays, week: Numbers, of: tuple[Excess, Numbers, Context]) -> Above:
    """Return what says of a day whether its week took too much and it still does; while an event lasts, against what
    it began with."""
    excess, limit, context = of
    least = max(LEAST_M3, LEAST_PULSES * (context.meter.pulse or 0.0))
    held: dict[int, tuple[float, float] | None] = {}

    def above(row: int, good: Flags, first: int | None) -> bool | None:
        begin = week_of(days, row if first is None else first)
        if begin not in held:
            held[begin] = _usual(week, good, begin, least)
        known = held[begin]
        if known is None:
            return None
        usual, limit[row] = known
        excess.amount[row], excess.usual[row] = days.amount[row] - usual, usual
        excess.over[row] = min(week[row], days.amount[row]) > limit[row]
        return bool(excess.over[row])

    return above


def _usual(week: Numbers, good: Flags, begin: int, least: float) -> tuple[float, float] | None:
    """Return what a day usually takes and from where on it is too much [m³ a day], by good weeks before a day."""
    start = max(0, begin - MEMORY_DAYS)
    known = week[start : max(begin, 0)][good[start : max(begin, 0)]][-LOOK_BACK:]
    if len(known) < LEAST_DAYS:
        return None
    usual = middle(known)
    return usual, usual + max(LEAST_SHARE * usual, NOISE_SIGMAS * deviation(known), least)


def _from_onset(span: Span, days: HeatDays, limit: Numbers) -> Span:
    """Return an event from the first day in a row that by itself took too much: a week tells it days later."""
    first = span.first
    for row in range(first - 1, max(first - WEEK_DAYS, -1), -1):
        if not days.amount[row] > limit[span.first]:
            break
        first = row
    return replace(span, first=first)


def message(finding: Finding, lang: str) -> str:
    """Return what the heating crew reads: where, since when, how much of what was heated, what to look at first."""
    if finding.end is not None:
        return over(finding, lang, _WHAT)
    where, since, money = place(finding, lang), day(finding, finding.start, lang), costs(finding, lang)
    usual = number(None if finding.usual is None else 24 * finding.usual)
    if lang == "zh":
        return (
            f"{where}供热管网补水变多：{since}起每天多补{money}，平时每天{usual}吨。漏的是烧热的水，补进来的还要再烧热。"
            "请供热班先看安全阀和膨胀水箱，再沿管沟找热气和湿土。"
        )
    return (
        f"{where}: the heating network takes more make-up, {money} since {since} (usually {usual}). It was heated "
        "water, and what replaces it is heated again. Check safety valve and expansion tank first, then the pipes."
    )


DETECTOR = Detector(
    name=NAME,
    zh="供热管网补水变多",
    en="More make-up water for the heating network",
    quantities=frozenset({"water"}),
    judge=judge,
    message=message,
    trade=Trade.HEATING,
    closes=Said("连续三天的补水回到平时。", "Three days in a row whose make-up is back to usual."),
)
