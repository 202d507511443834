"""Water that does not stop at night: the lowest night hour against the building's own good nights."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from analytics.detector import Context, Detector, NotJudged, Verdict, yuan_per_day
from analytics.filled import without_filled
from analytics.growth import grew, growth
from analytics.hours import DayGrid, Hours, day_grid
from analytics.night_bands import PRIOR_M3_H
from analytics.night_walk import SIZE_NIGHTS, Running, last_good, running
from analytics.nights import Nights, nights_of, window
from analytics.onset import began
from analytics.wording import cost, moment, number, place, place_facts
from campus.results import Finding
from campus.said import Said
from campus.schema import from_ms, meter_subject, to_ms
from campus.trades import Trade

NAME = "night_flow"
# A meter is judged when its pulse is at most a third of the flow to be told from none (standards.md 5.1): what
# people use at night, and where nobody is there this much [m³/h].
LEAST_FLOOR_M3_H = 0.3
PULSE_SHARE = 1 / 3
# What is drawn around the onset.
BEFORE, AFTER = timedelta(days=3), timedelta(days=7)
_HOUR = timedelta(hours=1)

_DAILY = NotJudged(
    "daily_meter",
    "这块表每天只读一次数，看不到夜里。",
    "This meter is read once a day, so its nights cannot be seen.",
)
_COARSE = NotJudged(
    "coarse_pulse",
    "这块表一个脉冲代表的水太多，分不清夜里是滴漏还是没水。换成更细的脉冲后再判断。",
    "One pulse of this meter is too much water to tell a night leak from none; it needs a finer pulse.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "可用的夜间数据还不够。",
    "There are not enough known nights yet.",
)

# What to do first, by building class; "" is for the rest.
_FIRST_STEP: dict[str, tuple[str, str]] = {
    "canteen": (
        "先看洗菜池和水箱浮球，再关楼前阀试",
        "Check the sink taps and cistern floats first, then close the valve",
    ),
    "": (
        "先看水箱浮球，再关楼前阀试",
        "Check cistern floats first, then close the valve and watch the meter",
    ),
}


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the leaks of a water meter, oldest first, or why it cannot be judged."""
    if context.meter.interval >= timedelta(days=1):
        return _DAILY
    if (context.meter.pulse or 0.0) > PULSE_SHARE * max(LEAST_FLOOR_M3_H, PRIOR_M3_H * (context.sleepers or 0)):
        return _COARSE
    nights = nights_of(without_filled(day_grid(hours, context.school)), context)
    ran = running(nights)
    return _UNKNOWN if ran is None else [_finding(one, nights, hours) for one in ran]


def _finding(one: Running, nights: Nights, hours: Hours) -> Finding:
    event, grid, context = one.event, nights.grid, nights.context
    rows = np.arange(event.first, len(one.flow) if event.end is None else event.end)
    known = rows[np.isfinite(one.excess[rows])]
    above = one.flow[known] > one.limit[known]
    # Several nights may stand out though at last none of them does by itself.
    latest = known[above] if above.any() else known
    size = float(np.median(one.excess[latest[-SIZE_NIGHTS:]]))
    start = _onset(one, nights, hours)
    end = None if event.end is None else grid.instant(event.end, window(context.kind)[0])
    seen_until = from_ms(hours.start_ms[np.flatnonzero(np.isfinite(hours.value))[-1]]) + _HOUR
    grown = {} if one.grown is None else growth(grid.day(one.grown[0]), one.grown[1])
    return Finding(
        rule=NAME,
        subject=meter_subject(context.meter.key),
        quantity=context.quantity,
        start=start,
        end=end,
        seen_until=seen_until,
        size=size,
        size_unit="m³/h",
        usual=float(one.usual[known[-1]]),
        per_day=size * 24,
        to_date=_to_date(one, grid, hours, (start, end or seen_until)),
        unit="m³",
        yuan_per_day=yuan_per_day(size * 24, "m³", context.price),
        price=context.price,
        sure=float(above.mean()),
        facts=place_facts(context) | grown,
        evidence=((start - BEFORE, min(start + AFTER, seen_until)),),
    )


def _onset(one: Running, nights: Nights, hours: Hours) -> datetime:
    """Return the hour the flow began: the change point between the last good night and the night it was known."""
    grid, night, event = nights.grid, window(nights.context.kind), one.event
    begin = grid.instant(last_good(one, nights), night[0])
    until = grid.instant(event.known, night[-1] + 1)
    size = float(np.nanmedian(one.excess[event.first : event.known + 1]))
    margin = float(one.limit[event.known] - one.usual[event.known])
    return began(hours, nights.context.school, (begin, until), (size, margin))


def _to_date(one: Running, grid: DayGrid, hours: Hours, window_of: tuple[datetime, datetime]) -> float:
    """Return what ran away [m³] in the measured hours of [start, end), at the rate of each day's night.

    A night that is unknown has the rate of the one before; hours that are unknown are left out.
    """
    start, end = map(to_ms, window_of)
    first, rate = one.event.first, one.excess.copy()
    rate[:first] = np.nan
    last_known = np.maximum.accumulate(np.where(np.isfinite(rate), np.arange(len(rate)), 0))
    inside = (hours.start_ms >= start) & (hours.start_ms < end) & np.isfinite(hours.value)
    row = np.maximum(grid.row[inside], first)
    return float(np.nansum(rate[last_known[row]]))


def message(finding: Finding, lang: str) -> str:
    """Return what the plumber reads: where, how much, since when, what it costs, what to do first."""
    kind = str(finding.facts["kind"])
    step_zh, step_en = _FIRST_STEP.get(kind, _FIRST_STEP[""])
    since, flow = moment(finding, finding.start, lang), number(finding.size)
    where, money = place(finding, lang), cost(finding, lang)
    if finding.end is not None:
        until = moment(finding, finding.end, lang)
        total = number(finding.to_date)
        if lang == "zh":
            return f"{where}夜里的水停了：{since}到{until}，每小时多流{flow}吨，一共约{total}吨。"
        return (
            f"{where}: the water at night has stopped. From {since} to {until} it ran {flow} m³/h, about {total} m³."
        )
    if lang == "zh":
        return f"{where}夜里水不停，每小时{flow}吨，{since}起，每天{money}。{grew(finding, lang)}{step_zh}。"
    return f"{where}: water runs all night, {flow} m³/h since {since}, {money}. {grew(finding, lang)}{step_en}."


DETECTOR = Detector(
    name=NAME,
    zh="夜里水不停",
    en="Water runs at night",
    quantities=frozenset({"water"}),
    judge=judge,
    message=message,
    trade=Trade.PLUMBER,
    closes=Said("连续三夜的最低流量回到平时。", "Three nights in a row whose lowest flow is back to usual."),
)
