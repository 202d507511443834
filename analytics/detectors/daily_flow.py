"""Water that does not stop, at a meter read once a day: a week in which no day was as quiet as one usually is."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from analytics.around import DAYS
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.events import Event
from analytics.excess import Excess, Span, finding_of
from analytics.growth import grew, growth
from analytics.hours import HOURS_PER_DAY, Hours, day_grid
from analytics.meter_words import day
from analytics.onset import began
from analytics.quiet_days import LEAST_EXCESS_M3, LEAST_SHARE, WEEK, QuietDays, quiet_days
from analytics.wording import cost, number, place
from campus.results import Finding
from campus.said import Said
from campus.schema import to_ms
from campus.trades import Trade

NAME = "daily_flow"
# A meter is judged when its pulse is at most a third of the least flow to be told (standards.md 5.1, of nights).
PULSE_SHARE = 1 / 3

_COARSE = NotJudged(
    "coarse_pulse",
    "这块表一个脉冲代表的水太多，一天里分不清是滴漏还是没水。换成更细的脉冲后再判断。",
    "One pulse of this meter is too much water to tell a leak from a quiet day; it needs a finer pulse.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "可用的天数还不够，不知道用水最少的一天平时是多少。",
    "There are not enough known days yet to say what the quietest day of a week usually is.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the leaks of a water meter read once a day, oldest first; nothing of one that is read more often."""
    if context.meter.interval < timedelta(days=1):
        return []
    days = quiet_days(day_grid(hours, context.school), context)
    if np.isnan(days.usual).all():
        return _UNKNOWN
    if (context.meter.pulse or 0.0) > PULSE_SHARE * max(LEAST_EXCESS_M3, LEAST_SHARE * float(np.nanmean(days.use))):
        return _COARSE
    return [_finding(event, days, hours, context) for event in days.events]


def _finding(event: Event, days: QuietDays, hours: Hours, context: Context) -> Finding:
    """Return the finding of an event: what ran by day is what the least day of its week had too much."""
    known = event.known
    amount, over = days.least - days.usual, days.least > days.limit
    first = _first_day(event, days, hours, context)
    amount[first:known], over[first:known] = amount[known], True
    usual = np.full(len(amount), days.usual[known])
    facts: dict[str, str | float] = {"usual_least": float(days.usual[known]), "least": float(days.least[event.last])}
    if known in days.grown:
        row, more = days.grown[known]
        facts |= growth(days.grid.day(row), more / HOURS_PER_DAY)
    span = Span(first, known, event.end)
    return finding_of(NAME, span, Excess(days.grid, amount, usual, over, "m³"), (hours, context, facts))


def _first_day(event: Event, days: QuietDays, hours: Hours, context: Context) -> int:
    """Return the day it began: the change point since the last week that had a quiet day."""
    grid, known = days.grid, event.known
    quiet = np.flatnonzero(days.least[:known] <= days.limit[known])
    last = int(quiet[-1]) + 1 if len(quiet) else 0
    week = grid.instant(max(min(last, known) - WEEK + 1, 0)), grid.instant(known + 1)
    size, margin = (
        float(part) / HOURS_PER_DAY
        for part in (days.least[known] - days.usual[known], days.limit[known] - days.usual[known])
    )
    hour = began(hours, context.school, week, (size, margin))
    return int(grid.row[np.searchsorted(hours.start_ms, to_ms(hour))])


def message(finding: Finding, lang: str) -> str:
    """Return what the plumber reads: where, since when, how little a quiet day was and is, cost, what to do first."""
    since, where, money = day(finding, finding.start, lang), place(finding, lang), cost(finding, lang)
    if finding.end is not None:
        until, total = day(finding, finding.end, lang), number(finding.to_date)
        if lang == "zh":
            return f"{where}一直流的水停了：{since}到{until}，一共约{total}吨。"
        return (
            f"{where}: the water that ran all the time has stopped. From {since} to {until} it was about {total} m³."
        )
    least, before = (number(float(finding.facts[name])) for name in ("least", "usual_least"))
    if lang == "zh":
        return (
            f"{where}从{since}起没有一天少于{least}吨水，平时最少的一天是{before}吨，可能有水一直在流，每天{money}。"
            f"{grew(finding, lang)}先趁没人用水时看表还走不走，再查水箱浮球。"
        )
    return (
        f"{where}: since {since} no day used less than {least} m³, the quietest usually {before}; water probably "
        f"runs all the time, {money}. {grew(finding, lang)}See whether the meter moves when nobody uses water, then "
        "check cistern floats."
    )


DETECTOR = Detector(
    name=NAME,
    zh="每天都有水在流",
    en="Water runs every day",
    quantities=frozenset({"water"}),
    judge=judge,
    message=message,
    trade=Trade.PLUMBER,
    closes=Said("有一天的用水回到平时最少的那天。", "One day as quiet as the quietest usually is."),
    needs=frozenset({DAYS}),
)
