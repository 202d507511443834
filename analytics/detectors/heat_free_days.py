"""Heat that is not set back when nobody is there: free days against what the place takes when it is set back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.around import BESIDE, WEATHER
from analytics.detector import Context, Detector, NotJudged, Verdict, yuan_per_day
from analytics.events import Rule
from analytics.excess import Excess, Flags, Span, blank, finding_of, least_worth, weigh
from analytics.free_day import may_take, planned_heat
from analytics.heat_days import FUELS, HeatDays
from analytics.heat_response import heated, week_of
from analytics.heat_walk import Above, walk
from analytics.heat_words import costs, over
from analytics.hours import Hours
from analytics.meter_words import Facts, day
from analytics.set_back import Held, held
from analytics.wording import place
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade
from campus.units import QUANTITIES

NAME = "heat_free_days"
# Found on the second free day ("放假第2天", users.md section 3, wording 3); two that are set back end it.
RULE = Rule(above=2, of=2, quiet=2, memory=3, rejoin=14)
# From this day on a holiday is told by its day ("the second day of the holiday", users.md section 3, wording 3).
TOLD_FROM = 2
# Days that say how many of them are free: an amount of free days alone is none of every day.
SHARE_DAYS = 28
PER_FREE_DAY = "per_free_day"

_NEVER = NotJudged(
    "never_set_back",
    "没见过这里放假时把供热调低，或可用的日子还不够；登记假期用能方案（写明温度）后就能判断。",
    "Too few known days, or none on which heating was set back: enter a plan with its set-back temperature.",
)
_WHAT = Said("放假时的供热", "heat on free days")
Weeks = dict[int, Held | None]


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the events of free days that were not set back, oldest first, or why it cannot be judged."""
    told = heated(hours, context)
    if not isinstance(told, tuple):
        return told
    days, candidates = told
    excess = blank(days.grid, QUANTITIES[context.quantity].unit)
    spans = walk(days, candidates, _above(days, context, excess), RULE)
    if np.isnan(excess.amount).all():
        return _NEVER
    return [_finding(span, (days, excess), (hours, context)) for span in spans]


def _finding(span: Span, of: tuple[HeatDays, Excess], seen: tuple[Hours, Context]) -> Finding:
    """Return the finding of an event; what a free day takes too much is spread over the days of the last weeks."""
    days, excess = of
    found = finding_of(NAME, span, excess, (*seen, _facts(span, days, excess)))
    assert found.per_day is not None
    last = int(np.flatnonzero(excess.over[: span.end])[-1])
    free = days.free[max(span.first, last + 1 - SHARE_DAYS) : last + 1]
    per_day = found.per_day * float(free.mean())
    return replace(
        found,
        per_day=per_day,
        yuan_per_day=yuan_per_day(per_day, found.unit, seen[1].price),
        facts={**found.facts, PER_FREE_DAY: found.per_day},
    )


def _above(days: HeatDays, context: Context, excess: Excess) -> Above:
    """Return what says whether a free day was not set back; while an event lasts, against what it began with."""
    weeks: Weeks = {}
    allowed, part = planned_heat(days, context)
    least = least_worth(excess.unit, context)

    def above(row: int, good: Flags, first: int | None) -> bool | None:
        if not days.free[row]:
            return None
        at = row if first is None else first
        week = week_of(days, at)
        if week not in weeks:
            weeks[week] = held(days, good, at)
        usual, margin = may_take(days, row, (weeks[week], float(allowed[row]), float(part[row])))
        return weigh(excess, row, float(days.amount[row]), (usual, max(margin, least)))

    return above


def _facts(span: Span, days: HeatDays, excess: Excess) -> Facts:
    """Return which day of a holiday that goes on the latest free day was, 0 of a mere weekend or one that is over."""
    over = np.flatnonzero(excess.over)
    last = int(over[(over >= span.first) & (over < (span.end or len(excess.over)))][-1])
    known = int(np.flatnonzero(np.isfinite(days.amount))[-1])
    first = int(days.stretch[known])
    holiday = days.free[last : known + 1].all() and not days.weekend[first : known + 1].all()
    return {"nth": float(known - first + 1) if holiday else 0.0}


def message(finding: Finding, lang: str) -> str:
    """Return what the heating crew reads: where, when, how much, what to turn down, and how far."""
    if finding.end is not None:
        return over(finding, lang, _WHAT)
    per_day = float(finding.facts.get(PER_FREE_DAY, finding.per_day or 0.0))
    yuan = None if finding.price is None else yuan_per_day(per_day, finding.unit, finding.price)
    money = costs(replace(finding, per_day=per_day, yuan_per_day=yuan), lang)
    where, since = place(finding, lang), day(finding, finding.start, lang)
    nth = int(float(finding.facts["nth"]))
    if lang == "zh":
        if nth >= TOLD_FROM:
            return (
                f"放假第{nth}天，{where}供热没调低，{since}起每天多用{money}。"
                "请供热班今天关小楼入口阀，室温别低于5℃。"
            )
        return (
            f"{where}周末和放假时供热没调低，{since}起，放假每天多用{money}。"
            "请供热班放假前关小楼入口阀，室温别低于5℃。"
        )
    if nth >= TOLD_FROM:
        return (
            f"Day {nth} of the holiday: heat at {where} is not set back, since {since} {money} too much. "
            "Please throttle the inlet valve today; keep rooms above 5 °C."
        )
    return (
        f"{where}: heat is not set back on free days, since {since} {money} too much. "
        "Please throttle the inlet valve before each; keep rooms above 5 °C."
    )


DETECTOR = Detector(
    name=NAME,
    zh="放假供热没调低",
    en="Heat not set back on free days",
    quantities=frozenset({"heat", *FUELS}),
    judge=judge,
    message=message,
    trade=Trade.HEATING,
    closes=Said("连续两个放假日的用热降到平时放假的量。", "Two free days in a row down to what they usually take."),
    needs=frozenset({BESIDE, WEATHER}),
)
