"""A roof that gives less than the sun promises: clear days against its own good clear days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.around import BESIDE, LIKE, WEATHER
from analytics.detector import Context, Detector, NotJudged, Verdict, yuan_per_day
from analytics.events import Event, Judge, Rule, run
from analytics.excess import Excess, Flags, Span, blank, finding_of, least_worth, weigh
from analytics.heat_words import costs
from analytics.hours import HOURS_PER_DAY, Hours, Numbers
from analytics.meter_words import day
from analytics.pv_days import PvDays, pv_days
from analytics.pv_yield import Yield, declination_deg, usual_yield
from analytics.wording import number, place
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade

NAME = "pv_low"
# Five clear days (users.md section 3), one good one among them allowed; three good ones end it. Ours.
RULE = Rule(above=5, of=6, quiet=3, memory=8, rejoin=10)
# Low is a clear day with less than 85 % of what it should give (users.md section 3), and by more than so many
# standard deviations of the own days.
LEAST_SHARE, NOISE_SIGMAS = 0.15, 2.0
# Known days, clear or not, the loss of a day is the mean of.
SIZE_DAYS = 14
_WEEK = 7

Rows = NDArray[np.int64]
# yields(at, calm) gives what the clear days that were calm before the week of the at-th of them gave for their sun.
Yields = Callable[[int, Flags], tuple[Yield, Numbers] | None]

_DAILY = NotJudged(
    "daily_meter",
    "这块光伏表每天只读一次数，对不上每小时的日照。",
    "This meter is read once a day, so it cannot be held against the hours of sun.",
)
_NO_SUN = NotJudged(
    "no_weather",
    "没有日照和气温，旁边也没有别的光伏表，不知道该发多少。",
    "Without sun and temperature, or another roof's meter beside it, nobody knows what it should give.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "正常的晴天还不到10天，不知道平时发多少。",
    "Ten good clear days are needed to know what the roof usually gives.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the times in which a roof gave too little, oldest first, or why it cannot be judged."""
    if context.meter.interval >= timedelta(days=1):
        return _DAILY
    days = pv_days(hours, context)
    if days is None:
        return _NO_SUN
    rows = np.flatnonzero(days.clear & np.isfinite(days.energy))
    lost = blank(days.grid, "kWh")
    yields = _yields(days, rows)
    events = run(len(rows), _low(days, rows, yields, lost, least_worth("kWh", context)), RULE)
    if np.isnan(lost.amount).all():
        return _UNKNOWN
    return [_finding(event, (rows, yields), (days, lost), (hours, context)) for event in events]


def _yields(days: PvDays, rows: Rows) -> Yields:
    first = days.grid.first.toordinal()
    declination = declination_deg(first, len(days.sun))
    ratio = np.divide(days.energy, days.sun, out=np.full(len(days.sun), np.nan), where=days.sun > 0)
    known: dict[int, tuple[Yield, Numbers] | None] = {}

    def yields(at: int, calm: Flags) -> tuple[Yield, Numbers] | None:
        begin = (first + int(rows[at])) // _WEEK * _WEEK - first
        if begin not in known:
            before = rows[: np.searchsorted(rows, begin)]
            found = usual_yield(ratio, declination, before[calm[: len(before)]])
            known[begin] = None if found is None else (found, found.at(declination))
        return known[begin]

    return yields


def _low(days: PvDays, rows: Rows, yields: Yields, lost: Excess, least: float) -> Judge:
    """Return what says of a clear day whether it gave too little; while an event lasts, by what was before it."""

    def low(at: int, calm: Flags, event: Event | None) -> bool | None:
        of, row = yields(at if event is None else event.first, calm), int(rows[at])
        if of is None:
            return None
        usual = float(of[1][row] * days.sun[row])
        missing = usual - float(days.energy[row])
        margin = max(LEAST_SHARE * usual, NOISE_SIGMAS * of[0].sigma * usual, least)
        if missing > margin and days.low_otherwise(row):
            return None
        return weigh(lost, row, usual + missing, (usual, margin))

    return low


def _finding(
    event: Event, of: tuple[Rows, Yields], known: tuple[PvDays, Excess], seen: tuple[Hours, Context]
) -> Finding:
    """Return the finding of an event: what all its days lack, clear or not, held against what was before it."""
    (rows, yields), (days, lost) = of, known
    first, told = int(rows[event.first]), int(rows[event.known])
    span = Span(first, told, None if event.end is None else int(rows[event.end]))
    before = yields(event.first, np.zeros(len(rows), bool))  # known since its first day was judged
    assert before is not None
    whole = slice(span.first, span.end)
    usual = (before[1] * days.sun)[whole]
    missing = usual - days.energy[whole]
    low = np.flatnonzero(lost.over[whole])[-_WEEK:]
    lacking = float(missing[low].sum() / usual[low].sum())
    # What such a day lacks beyond the fault's own share is not the fault's.
    beyond = np.flatnonzero(missing > lacking * usual).tolist()
    other = [at for at in beyond if days.low_otherwise(span.first + at)]
    missing[other] = lacking * usual[other]
    latest = np.flatnonzero(np.isfinite(missing))[-SIZE_DAYS:]
    per_day = max(float(missing[latest].mean()), 0.0)
    return replace(
        finding_of(NAME, span, lost, (*seen, {"share": 1 - lacking})),
        size=per_day / HOURS_PER_DAY,
        size_unit="kW",
        usual=float(usual[latest].mean()) / HOURS_PER_DAY,
        per_day=per_day,
        to_date=float(np.nansum(np.maximum(missing, 0.0))),
        yuan_per_day=yuan_per_day(per_day, "kWh", seen[1].price),
    )


def message(finding: Finding, lang: str) -> str:
    """Return what the PV operator reads: how much of what it should give, since when, what to look at first."""
    where, since = place(finding, lang), day(finding, finding.start, lang)
    if finding.end is not None:
        until, total = day(finding, finding.end, lang), number(finding.to_date)
        if lang == "zh":
            return f"{where}的光伏又正常了：{since}到{until}，一共少发约{total}度。"
        return f"{where}: the PV gives what it should again. From {since} to {until} about {total} kWh were lost."
    share, money = f"{100 * float(finding.facts['share']):.0f}", costs(finding, lang)
    if lang == "zh":
        return (
            f"{where}的光伏{since}起晴天只发到应发的{share}%，平均每天少发{money}。"
            "请光伏运维方先看逆变器报警和停了的组串，再看灰尘和新的遮挡。"
        )
    return (
        f"{where}: since {since} the PV gives only {share} % of what clear days should, {money} lost on average. "
        "Check the inverter's alarms and dead strings first, then dust and new shade."
    )


DETECTOR = Detector(
    name=NAME,
    zh="光伏发电偏少",
    en="PV below what the sun promises",
    quantities=frozenset({"generation"}),
    judge=judge,
    message=message,
    trade=Trade.PV_OPERATOR,
    closes=Said("连续三个晴天发到应发的量。", "Three clear days in a row that give what they should."),
    needs=frozenset({WEATHER, BESIDE, LIKE}),
)
