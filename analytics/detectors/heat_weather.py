"""More heat than the cold explains: a place's days against its own response to the weather."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.around import BESIDE, WEATHER
from analytics.detector import Context, Detector, Verdict
from analytics.events import Rule
from analytics.excess import Excess, Flags, blank, finding_of, least_worth, weigh
from analytics.heat_days import FUELS, RAMP_DAYS, TOO_LITTLE, HeatDays
from analytics.heat_response import heated, week_of
from analytics.heat_walk import Above, walk
from analytics.heat_words import costs, over
from analytics.hours import Hours
from analytics.meter_words import day
from analytics.set_back import Held, begun, held, stays_up
from analytics.wording import place
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade
from campus.units import QUANTITIES

NAME = "heat_weather"
# Six of seven days: heat drifts by spells of days that no thermometer explains (wind, sun, open doors). Of simulated
# healthy winters with days that scatter by 10 % and hang together by 0.6, four in a hundred then have a finding; by
# four of five days it was seventeen. Three good days end it, and back within ten it was not repaired.
RULE = Rule(above=6, of=7, quiet=3, memory=11, rejoin=10)
Weeks = dict[int, Held | None]
_WHAT = Said("供热", "heat above what the weather explains")


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the events of heat above what the weather explains, oldest first, or why it cannot be judged."""
    told = heated(hours, context)
    if not isinstance(told, tuple):
        return told
    days, candidates = told
    excess = blank(days.grid, QUANTITIES[context.quantity].unit)
    weeks: Weeks = {}
    spans = walk(days, candidates, _above(days, weeks, (excess, least_worth(excess.unit, context))), RULE)
    if np.isnan(excess.amount).all():
        return TOO_LITTLE
    spans = [replace(span, first=_began(days, weeks, (span.first, excess))) for span in spans]
    return [finding_of(NAME, span, excess, (hours, context, {})) for span in spans]


def _above(days: HeatDays, weeks: Weeks, of: tuple[Excess, float]) -> Above:
    """Return what says of a day whether it took too much; while an event lasts, against what it began with."""
    excess, least = of

    def above(row: int, good: Flags, first: int | None) -> bool | None:
        at = row if first is None else first
        week = week_of(days, at)
        if week not in weeks:
            weeks[week] = held(days, good, at)
        known = weeks[week]
        if known is None or not _judged_here(days, row, known):
            return None
        usual, margin = known.band(days, row)
        return weigh(excess, row, float(days.amount[row]), (usual, max(margin, least)))

    return above


def _began(days: HeatDays, weeks: Weeks, of: tuple[int, Excess]) -> int:
    """Return the day an event began: further back where working days among the first of the season took too much."""
    first, excess = of
    known = weeks[week_of(days, first)]
    for row in range(first - 1, first - 2 * RAMP_DAYS, -1):
        if known is None or row < 0 or days.since[row] < 0:
            break
        if days.free[row]:
            continue
        if days.since[row] >= RAMP_DAYS or not weigh(excess, row, float(days.amount[row]), known.band(days, row)):
            break
        first = row
    return first


def _judged_here(days: HeatDays, row: int, known: Held) -> bool:
    """Whether a day is judged here: working days, free ones where none is set back, and the later ones of a stretch
    that was set back at its beginning; what stays up from the beginning is the matter of heat_free_days."""
    free = known.free(days, row) if days.free[row] else None
    if free is None or not free.set_back:
        return True
    return row not in begun(days, row) and not stays_up(days, row, known)


def message(finding: Finding, lang: str) -> str:
    """Return what the heating crew reads: where, since when, how much, what to look at first."""
    if finding.end is not None:
        return over(finding, lang, _WHAT)
    assert finding.usual is not None and finding.size is not None
    where, since = place(finding, lang), day(finding, finding.start, lang)
    share = f"{100 * finding.size / finding.usual:.0f}" if finding.usual > 0 else "—"
    if lang == "zh":
        return (
            f"{where}供热可能偏多：{since}起，同样冷的天每天多用{costs(finding, lang)}，多{share}%。"
            "请供热班先看楼入口阀和供水温度，再看有没有常开的窗。"
        )
    return (
        f"{where}: probably too much heat. Since {since} it takes {costs(finding, lang)} more than equally cold days "
        f"did, {share} % more. Check the inlet valve and the supply temperature first, then look for open windows."
    )


DETECTOR = Detector(
    name=NAME,
    zh="供热可能偏多",
    en="Probably too much heat for the weather",
    quantities=frozenset({"heat", *FUELS}),
    judge=judge,
    message=message,
    trade=Trade.HEATING,
    closes=Said("连续三天的用热回到同样冷的天平时的量。", "Three days in a row back to what equally cold days take."),
    needs=frozenset({BESIDE, WEATHER}),
)
