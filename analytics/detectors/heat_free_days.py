"""Heat that is not set back when nobody is there: free days against what the place takes when it is set back."""

from __future__ import annotations

import numpy as np

from analytics import planned
from analytics.around import BESIDE, WEATHER
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.events import Rule
from analytics.excess import Excess, Flags, Span, blank, finding_of, least_worth, weigh
from analytics.heat_days import FUELS, NO_SEASON, NO_WEATHER, HeatDays, heat_days, not_heating
from analytics.heat_response import week_of
from analytics.heat_walk import Above, walk
from analytics.heat_words import costs, over
from analytics.hours import Hours, Numbers
from analytics.meter_words import Facts, day
from analytics.set_back import LEAST_SHARE, Held, begun, held, level_before, stays_up
from analytics.wording import place
from campus.plans import PlanKind
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade
from campus.units import QUANTITIES

NAME = "heat_free_days"
# Found on the second free day ("放假第2天", users.md section 3, wording 3); two that are set back end it.
RULE = Rule(above=2, of=2, quiet=2, memory=3, rejoin=14)
# Room temperature that working days are heated to [°C] (GB 50736-2012, 3.0.2: 18 to 24 [M]): what a plan's set-back
# temperature is reckoned from.
INDOOR_C = 18.0
# A stretch this long is told by its day ("the third day of the holiday"), a shorter one as a weekend.
HOLIDAY_DAYS = 3

_NEVER = NotJudged(
    "never_set_back",
    "没见过这里放假时把供热调低，或可用的日子还不够；登记假期用能方案（写明温度）后就能判断。",
    "Too few known days, or none on which heating was set back: enter a plan with its set-back temperature.",
)
_WHAT = Said("放假时的供热", "heat on free days")
Weeks = dict[int, Held | None]


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the events of free days that were not set back, oldest first, or why it cannot be judged."""
    if (why := not_heating(context)) is not None:
        return why
    if not context.school.heating:
        return NO_SEASON
    if context.around.temperature is None:
        return NO_WEATHER
    days = heat_days(hours, context)
    excess = blank(days.grid, QUANTITIES[context.quantity].unit)
    candidates = days.settled & np.isfinite(days.amount) & np.isfinite(days.outdoor_c)
    spans = walk(days, candidates, _above(days, context, excess), RULE)
    if np.isnan(excess.amount).all():
        return _NEVER
    return [finding_of(NAME, span, excess, (hours, context, _facts(span, days, excess))) for span in spans]


def _above(days: HeatDays, context: Context, excess: Excess) -> Above:
    """Return what says whether a free day was not set back; while an event lasts, against what it began with."""
    weeks: Weeks = {}
    allowed, part = _planned(days, context)
    least = least_worth(excess.unit, context)

    def above(row: int, good: Flags, first: int | None) -> bool | None:
        if not days.free[row]:
            return None
        at = row if first is None else first
        week = week_of(days, at)
        if week not in weeks:
            weeks[week] = held(days, good, at)
        usual, margin = _held_to(days, row, (weeks[week], float(allowed[row]), float(part[row])))
        return weigh(excess, row, float(days.amount[row]), (usual, max(margin, least)))

    return above


def _planned(days: HeatDays, context: Context) -> tuple[Numbers, Numbers]:
    """Return what a plan's keep-on list allows of each day (days,) [unit a day], and what share of a working day's
    heat its set-back temperature needs; NaN where no plan says."""
    allowed = planned.allowed(days.grid, context.plans).sum(axis=1)
    part = np.full(len(allowed), np.nan)
    for plan in context.plans:
        if plan.kind is PlanKind.CLOSED and plan.setback_c is not None:
            shut = planned.closed(days.grid, (plan,)).all(axis=1)
            need = (plan.setback_c - days.outdoor_c) / np.maximum(INDOOR_C - days.outdoor_c, 1.0)
            part[shut] = np.clip(need[shut], 0.0, 1.0)
    return allowed, part


def _held_to(days: HeatDays, row: int, of: tuple[Held | None, float, float]) -> tuple[float, float]:
    """Return what a free day may take and by how much it may take more [unit a day]: by the plan, else by the place's
    own set-back; NaN where neither says."""
    known, allowed, part = of
    if np.isfinite(allowed):
        return allowed, LEAST_SHARE * allowed
    if known is None:
        return float("nan"), float("nan")
    level = level_before(days, int(days.stretch[row]), known)
    if np.isfinite(part):
        usual = float(known.working[row]) * part
        return level * usual, level * known.lost(row, usual)
    free = known.free(days, row)
    if free is None or not free.set_back:
        return float("nan"), float("nan")
    if row not in begun(days, row) and not stays_up(days, row, known):
        return float("nan"), float("nan")
    usual = known.band(days, row)[0]
    return level * usual, level * (known.set_back_until(days, row) - usual)


def _facts(span: Span, days: HeatDays, excess: Excess) -> Facts:
    """Return the day of its stretch that the latest free day was, and whether that stretch goes on."""
    over = np.flatnonzero(excess.over)
    last = int(over[(over >= span.first) & (over < (span.end or len(excess.over)))][-1])
    known = int(np.flatnonzero(np.isfinite(days.amount))[-1])
    on = bool(days.free[last : known + 1].all())
    return {"nth": float(known - days.stretch[known] + 1) if on else 0.0, "on": float(on)}


def message(finding: Finding, lang: str) -> str:
    """Return what the heating crew reads: where, when, how much, what to turn down, and how far."""
    if finding.end is not None:
        return over(finding, lang, _WHAT)
    where, money, since = place(finding, lang), costs(finding, lang), day(finding, finding.start, lang)
    nth = int(float(finding.facts["nth"]))
    if lang == "zh":
        if nth >= HOLIDAY_DAYS - 1:
            return (
                f"放假第{nth}天，{where}供热没调低，{since}起每天多用{money}。"
                "请供热班今天关小楼入口阀，室温别低于5℃。"
            )
        return (
            f"{where}周末和放假时供热没调低，{since}起，放假每天多用{money}。"
            "请供热班放假前关小楼入口阀，室温别低于5℃。"
        )
    if nth >= HOLIDAY_DAYS - 1:
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
