"""Water that does not stop at night: the lowest night hour against the building's own good nights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.detector import Context, Detector, NotJudged, Verdict, yuan_per_day
from analytics.events import Event, Rule, run
from analytics.filled import without_filled
from analytics.hours import Hours, Numbers, day_grid
from analytics.nights import MEMORY_DAYS, PRIOR_M3_H, Band, Nights, band_before, nights_of, planned_band, window
from analytics.onset import first_hour
from analytics.usual import BAND_SIGMAS, usual
from analytics.wording import cost, moment, number, place, place_facts
from campus.results import Finding
from campus.said import Said
from campus.schema import from_ms, meter_subject, to_ms
from campus.trades import Trade

NAME = "night_flow"
# Two of three nights (standards.md 5.1); three quiet ones end it, and what comes back within two weeks was not
# repaired (seen at Greenwich Dome/Tudor, June 2023: eight quiet nights, then as before).
RULE = Rule(above=2, of=3, quiet=3, memory=5, rejoin=14)
# Nights the present size is taken from.
SIZE_NIGHTS = 7
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


@dataclass(frozen=True, slots=True)
class _Judged:
    """Nights with the usual flow each was held against (days,) [m³/h], NaN where none was, and the events."""

    nights: Nights
    usual: Numbers
    margin: Numbers
    events: list[Event]

    @property
    def excess(self) -> Numbers:
        """Flow above the usual [m³/h] (days,), not below 0, NaN where unknown."""
        return np.maximum(self.nights.flow - self.usual, 0.0)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the leaks of a water meter, oldest first, or why it cannot be judged."""
    if context.meter.interval >= timedelta(days=1):
        return _DAILY
    if (context.meter.pulse or 0.0) > PULSE_SHARE * max(LEAST_FLOOR_M3_H, PRIOR_M3_H * (context.sleepers or 0)):
        return _COARSE
    nights = nights_of(without_filled(day_grid(hours, context.school)), context)
    judged = _walk(nights)
    if np.isnan(judged.usual).all():
        return _UNKNOWN
    return [_finding(event, judged, hours, context) for event in judged.events]


def _walk(nights: Nights) -> _Judged:
    """Judge night by night; while an event lasts the band stays what it was when the event began."""
    usual, margin = np.full((2, len(nights.flow)), np.nan)
    frozen: dict[tuple[int, int], Band | None] = {}

    def above(row: int, calm: NDArray[np.bool_], event: Event | None) -> bool | None:
        if np.isnan(nights.flow[row]):
            return None
        key = (row if event is None else event.first, int(nights.group[row]))
        if event is None or key not in frozen:
            frozen[key] = band_before(nights, key[0], calm, row)
        held = planned_band(nights, row) or frozen[key]
        if held is None:
            return None
        usual[row], margin[row] = held.usual, held.margin
        return held.above(nights.flow[row])

    return _Judged(nights, usual, margin, run(len(nights.flow), above, RULE))


def _finding(event: Event, judged: _Judged, hours: Hours, context: Context) -> Finding:
    grid = judged.nights.grid
    rows = np.arange(event.first, len(judged.usual) if event.end is None else event.end)
    known = rows[np.isfinite(judged.excess[rows])]
    above = judged.nights.flow[known] > judged.usual[known] + judged.margin[known]
    size = float(np.median(judged.excess[known[above][-SIZE_NIGHTS:]]))
    start = _onset(event, judged, hours, context)
    end = None if event.end is None else grid.instant(event.end, window(context.kind)[0])
    seen_until = from_ms(hours.start_ms[np.flatnonzero(np.isfinite(hours.value))[-1]]) + _HOUR
    return Finding(
        rule=NAME,
        subject=meter_subject(context.meter.key),
        quantity=context.quantity,
        start=start,
        end=end,
        seen_until=seen_until,
        size=size,
        size_unit="m³/h",
        usual=float(judged.usual[known[-1]]),
        per_day=size * 24,
        to_date=_to_date(event, judged, hours, start, end or seen_until),
        unit="m³",
        yuan_per_day=yuan_per_day(size * 24, "m³", context.price),
        price=context.price,
        sure=float(above.mean()),
        facts=place_facts(context),
        evidence=((start - BEFORE, min(start + AFTER, seen_until)),),
    )


def _onset(event: Event, judged: _Judged, hours: Hours, context: Context) -> datetime:
    """Return the hour the flow began: the change point between the last good night and the night it was known."""
    grid, night = judged.nights.grid, window(context.kind)
    last_good = _last_good(event, judged)
    begin, until = grid.instant(last_good, night[0]), grid.instant(event.known, night[-1] + 1)
    inside = np.flatnonzero((hours.start_ms >= to_ms(begin)) & (hours.start_ms < to_ms(until)))
    opening = slice(event.first, event.known + 1)
    size = float(np.nanmedian(judged.excess[opening]))
    day = usual(hours, context.school)
    half = (day.high - day.value)[inside]
    sigma = np.maximum(half / BAND_SIGMAS, judged.margin[event.known])
    at = first_hour((hours.value - day.value)[inside], size, sigma)
    return from_ms(hours.start_ms[inside[min(at, len(inside) - 1)]])


def _last_good(event: Event, judged: _Judged) -> int:
    """Return the night before an event that was in the band the event was held against.

    Mostly the one before; further back where the flow began before there were nights enough to tell.
    """
    flow, group, by_plan = judged.nights.flow, judged.nights.group, np.isfinite(judged.nights.allowed)
    limit = judged.usual[event.first] + judged.margin[event.first]
    alike = (group == group[event.first]) & (by_plan == by_plan[event.first])
    row = event.first - 1
    while row > max(0, event.first - MEMORY_DAYS) and flow[row] > limit and alike[row]:
        row -= 1
    return row


def _to_date(event: Event, judged: _Judged, hours: Hours, start: datetime, end: datetime) -> float:
    """Return what ran away [m³] in the measured hours of [start, end), at the rate of each day's night.

    A night that is unknown has the rate of the one before; hours that are unknown are left out.
    """
    grid = judged.nights.grid
    rate = judged.excess.copy()
    rate[: event.first] = np.nan
    last_known = np.maximum.accumulate(np.where(np.isfinite(rate), np.arange(len(rate)), 0))
    inside = (hours.start_ms >= to_ms(start)) & (hours.start_ms < to_ms(end)) & np.isfinite(hours.value)
    row = np.maximum(grid.row[inside], event.first)
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
        return f"{where}夜里水不停，每小时{flow}吨，{since}起，每天{money}。{step_zh}。"
    return f"{where}: water runs all night, {flow} m³/h since {since}, {money}. {step_en}."


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
