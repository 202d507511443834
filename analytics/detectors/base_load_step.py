"""Electricity that runs day and night: the base load has risen and stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from analytics.around import WEATHER
from analytics.base_load import Base, base_load
from analytics.by_weather import BY_WEATHER, follows_weather
from analytics.degree_days import daily_means
from analytics.detector import Context, Detector, NotJudged, Verdict, yuan_per_day
from analytics.detectors.out_of_hours import LEAST_KWH_UNPRICED, LEAST_YUAN
from analytics.events import Event
from analytics.hours import HOURS_PER_DAY, Hours, Numbers, day_grid
from analytics.onset import first_hour
from analytics.usual import BAND_SIGMAS, usual
from analytics.wording import cost, moment, number, place, place_facts
from campus.results import Finding
from campus.said import Said
from campus.schema import from_ms, meter_subject, to_ms
from campus.trades import Trade

NAME = "base_load_step"
# Days the present size is taken from.
SIZE_DAYS = 7
BEFORE, AFTER = timedelta(days=14), timedelta(days=14)
_HOUR = timedelta(hours=1)

_DAILY = NotJudged(
    "daily_meter",
    "这块表每天只读一次数，看不到昼夜都开的用电。",
    "This meter is read once a day, so what runs day and night cannot be seen.",
)
_FED = NotJudged(
    "fed_from_the_roof",
    "光伏也往这块表后面送电，白天看不出一直开着的用电。",
    "PV feeds in behind this meter, so by day it does not show what runs all the time.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "还没有三周可用的数据，不知道平时最低用多少。",
    "Three weeks of data are needed to know what usually runs day and night.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the steps of a meter's base load, oldest first, or why it cannot be judged."""
    if context.meter.interval >= timedelta(days=1):
        return _DAILY
    if follows_weather(context):
        return BY_WEATHER
    if context.meter.register("electricity_export") is not None:
        return _FED
    base = base_load(day_grid(hours, context.school), _outside(context), _least_kw(context))
    if np.isnan(base.usual).all():
        return _UNKNOWN
    return [_finding(event, base, hours, context) for event in base.events]


def _outside(context: Context) -> Numbers | None:
    """Return the mean outdoor temperature of each day [°C], None where no weather is kept."""
    kept = context.around.temperature
    return None if kept is None else daily_means(kept, context.school)[1]


def _least_kw(context: Context) -> float:
    """Return the rise [kW] that is worth a message: what `out_of_hours` asks of a day."""
    price = context.price
    priced = price is not None and price.unit == "kWh" and price.yuan > 0
    return (LEAST_YUAN / price.yuan if priced and price else LEAST_KWH_UNPRICED) / HOURS_PER_DAY


def _finding(event: Event, base: Base, hours: Hours, context: Context) -> Finding:
    rows = np.arange(event.first, len(base.value) if event.end is None else event.end)
    known = rows[np.isfinite(base.value[rows] - base.usual[rows])]
    excess = np.maximum(base.value[known] - base.usual[known], 0.0)
    above = excess > base.margin[known]
    size = float(np.median(excess[above][-SIZE_DAYS:]))
    start = _onset(event, hours, (base, context))
    seen_until = from_ms(hours.start_ms[np.flatnonzero(np.isfinite(hours.value))[-1]]) + _HOUR
    per_day = size * HOURS_PER_DAY
    return Finding(
        rule=NAME,
        subject=meter_subject(context.meter.key),
        quantity=context.quantity,
        start=start,
        end=None if event.end is None else base.grid.instant(event.end),
        seen_until=seen_until,
        size=size,
        size_unit="kW",
        usual=float(np.median(base.usual[known])),
        per_day=per_day,
        to_date=float(excess.sum()) * HOURS_PER_DAY,
        unit="kWh",
        yuan_per_day=yuan_per_day(per_day, "kWh", context.price),
        price=context.price,
        sure=float(above.mean()),
        facts=place_facts(context),
        evidence=((start - BEFORE, min(start + AFTER, seen_until)),),
    )


def _onset(event: Event, hours: Hours, judged: tuple[Base, Context]) -> datetime:
    """Return the hour the step was: the change point of the first day above and the one before it."""
    base, context = judged
    opening = (base.value - base.usual)[event.first : event.known + 1]
    size = float(np.median(opening[np.isfinite(opening)]))
    begin, until = base.grid.instant(max(event.first - 1, 0)), base.grid.instant(event.first + 1)
    inside = np.flatnonzero((hours.start_ms >= to_ms(begin)) & (hours.start_ms < to_ms(until)))
    day = usual(hours, context.school)
    sigma = np.maximum((day.high - day.value)[inside] / BAND_SIGMAS, base.margin[event.first])
    at = first_hour((hours.value - day.value)[inside], size, sigma)
    return from_ms(hours.start_ms[inside[min(at, len(inside) - 1)]])


def message(finding: Finding, lang: str) -> str:
    """Return what the electrician reads: where, from how much to how much, since when, cost, what to do first."""
    since, where, money = moment(finding, finding.start, lang), place(finding, lang), cost(finding, lang)
    assert finding.usual is not None and finding.size is not None
    more, now, before = map(number, (finding.size, finding.usual + finding.size, finding.usual))
    if finding.end is not None:
        until, used = moment(finding, finding.end, lang), number(finding.to_date)
        if lang == "zh":
            return f"{where}昼夜都开的用电回到平时水平：{since}到{until}，一共多用约{used}度。"
        return (
            f"{where}: what runs day and night is back to usual. From {since} to {until} {used} kWh were used more."
        )
    if lang == "zh":
        spent = "多用" if finding.yuan_per_day is None else "多花"
        return (
            f"{where}从{since}起昼夜都多用{more}千瓦（最低时{now}千瓦，平时{before}千瓦），每天{spent}{money}。"
            "先查新接的、一直开着的设备。"
        )
    return (
        f"{where} draws {more} kW more day and night since {since} (at least {now} kW, usually {before}), {money}. "
        "Look for newly connected equipment that is never switched off first."
    )


DETECTOR = Detector(
    name=NAME,
    zh="昼夜都开的用电变多",
    en="Base load has risen",
    quantities=frozenset({"electricity"}),
    judge=judge,
    message=message,
    trade=Trade.ELECTRICIAN,
    closes=Said("连续五天最低的几小时回到平时。", "Five days in a row whose lowest hours are back to usual."),
    needs=frozenset({WEATHER}),
)
