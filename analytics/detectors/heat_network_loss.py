"""Heat that leaves the station and reaches no building: against the network's own cold weeks and what is allowed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.around import FAMILY, WEATHER
from analytics.detector import Context, Detector, NotJudged, Verdict, yuan_per_day
from analytics.events import Rule
from analytics.excess import Excess, Flags, Span, blank, finding_of
from analytics.heat_days import NO_SEASON, HeatDays, heat_days
from analytics.heat_network import WITHIN_DAYS, Network, network_of
from analytics.heat_response import LEAST_DAYS, LOOK_BACK, MEMORY_DAYS, week_of
from analytics.heat_walk import Above, walk
from analytics.heat_words import costs, over
from analytics.hours import HOURS_PER_DAY, Hours, Numbers
from analytics.meter_words import Facts, day
from analytics.robust import deviation, middle
from analytics.wording import place
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade

NAME = "heat_network_loss"
# Weeks are judged; two verdicts in a row open, three end. Ours.
RULE = Rule(above=2, of=2, quiet=3, memory=4, rejoin=10)
# What an outdoor network may lose of what is sent out (JGJ/T 132-2009 [M]).
ALLOWED = 0.10
# A week is worse than usual by the greater of these points (users.md section 3, balance) and so many standard
# deviations of the own weeks.
LEAST_POINTS, NOISE_SIGMAS = 0.03, 3.0

_SILENT = NotJudged(
    "silent_child",
    "有楼的热表还没有数据，分不出管网损失。",
    "A heat meter below this one has never spoken: what the network loses cannot be told.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "寒冷天里总表和各楼热表都有数的日子不到7天。",
    "There are not seven cold days on which the station's meter and all below it are known.",
)
_NOT_RESOLVABLE = NotJudged(
    "not_resolvable",
    "管网损失比热表本身的误差（约3到4个百分点）还小，分不出来。",
    "What the network loses is less than the heat meters' own errors (3 to 4 points): it cannot be resolved.",
)
_WHAT = Said("管网多损失的热", "heat lost by the network")


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the events of a network that loses too much, oldest first, or why it cannot be judged; nothing of a
    meter that feeds no other building."""
    family = context.around.below
    if family is None or not any(meter.building != context.meter.building for meter, _ in family.parts):
        return []
    if any(np.isnan(part.value).all() for _, part in family.parts):
        return _SILENT
    if not context.school.heating:
        return NO_SEASON
    days = heat_days(hours, context)
    network = network_of(days, family, context)
    excess = blank(days.grid, "GJ")
    spans = walk(days, np.isfinite(network.lost), _above(days, network, excess), RULE)
    known = np.flatnonzero(np.isfinite(network.lost))
    if not len(known):
        return _UNKNOWN
    if not spans and network.lost[known[-1]] < network.doubt[known[-1]]:
        return _NOT_RESOLVABLE
    return [_finding(span, (network, excess), (hours, context)) for span in spans]


def _above(days: HeatDays, network: Network, excess: Excess) -> Above:
    """Return what says of a day whether its week lost too much; while an event lasts, against what it began with."""
    weeks: dict[int, tuple[float, float] | None] = {}

    def above(row: int, good: Flags, first: int | None) -> bool:
        begin = week_of(days, row if first is None else first)
        if begin not in weeks:
            weeks[begin] = _usual(network.lost, good, begin)
        known, lost = weeks[begin], float(network.lost[row])
        worse = known is not None and lost > known[0] + known[1]
        usual = ALLOWED if known is None or not worse else known[0]
        excess.amount[row] = network.sent[row] - network.arrived[row] - usual * network.sent[row]
        excess.usual[row] = usual * network.sent[row]
        excess.over[row] = worse or lost - network.doubt[row] > ALLOWED
        return bool(excess.over[row])

    return above


def _usual(lost: Numbers, good: Flags, begin: int) -> tuple[float, float] | None:
    """Return the share that good weeks lost and by how much it may be more, None for too few of them."""
    start = max(0, begin - MEMORY_DAYS)
    known = lost[start : max(begin, 0)][good[start : max(begin, 0)]][-LOOK_BACK:]
    if len(known) < LEAST_DAYS:
        return None
    return middle(known), max(LEAST_POINTS, NOISE_SIGMAS * deviation(known))


def _finding(span: Span, of: tuple[Network, Excess], seen: tuple[Hours, Context]) -> Finding:
    network, excess = of
    over_rows = np.flatnonzero(excess.over)
    last = int(over_rows[(over_rows >= span.first) & (over_rows < (span.end or len(excess.over)))][-1])
    usual = float(excess.usual[last] / network.sent[last])
    facts: Facts = {
        "now": float(network.lost[last]),
        "usual": usual,
        "doubt": float(network.doubt[last]),
        "worse": float(usual != ALLOWED),
    }
    found = finding_of(NAME, _from_onset(span, network, usual), excess, (*seen, facts))
    # A single day may well lose less than usual; it is the week that loses more.
    per_day = (float(network.lost[last]) - usual) * float(network.weekly[last])
    return replace(
        found,
        size=per_day / HOURS_PER_DAY,
        per_day=per_day,
        yuan_per_day=yuan_per_day(per_day, found.unit, seen[1].price),
    )


def _from_onset(span: Span, network: Network, usual: float) -> Span:
    """Return an event from the first of the days in a row, among those its first week is told from, that by
    themselves lost too much."""
    limit = usual + LEAST_POINTS / 2
    first = span.first
    for row in range(first - 1, max(first - WITHIN_DAYS, -1), -1):
        lost = network.sent[row] - network.arrived[row]
        if lost <= limit * network.sent[row]:
            break
        first = row if np.isfinite(lost) else first
    return replace(span, first=first)


def message(finding: Finding, lang: str) -> str:
    """Return what the heating crew reads: how much of what is sent out does not arrive, ±, what to look at first."""
    if finding.end is not None:
        return over(finding, lang, _WHAT)
    where, since, money = place(finding, lang), day(finding, finding.start, lang), costs(finding, lang)
    now, usual, doubt = (f"{100 * float(finding.facts[key]):.0f}" for key in ("now", "usual", "doubt"))
    worse = bool(finding.facts["worse"])
    if lang == "zh":
        beside = f"平时{usual}%" if worse else f"规范限{usual}%"
        return (
            f"{where}：{since}起送出的热有{now}%没到楼里（热表误差±{doubt}%，{beside}），每天多损失{money}。"
            "请供热班先看有没有新接的楼没装热表，再沿管沟找湿土和热气、查保温。"
        )
    beside = f"usually {usual} %" if worse else f"allowed {usual} %"
    return (
        f"{where}: since {since} {now} % of the heat sent out reaches no building (meters ±{doubt} %, {beside}), "
        f"{money}. Check for a building without a heat meter first, then the pipes for wet ground and insulation."
    )


DETECTOR = Detector(
    name=NAME,
    zh="供热管网损失偏大",
    en="Heat lost by the network",
    quantities=frozenset({"heat"}),
    judge=judge,
    message=message,
    trade=Trade.HEATING,
    closes=Said("一周寒冷天的损失回到平时。", "A week of cold days whose loss is back to usual."),
    needs=frozenset({FAMILY, WEATHER}),
)
