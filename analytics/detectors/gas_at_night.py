"""Gas in a kitchen when nobody cooks: a request to go and look, never a word on whether anything is safe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.detector import Context, Detector, NotJudged, Verdict, yuan_per_day
from analytics.events import Event, Rule
from analytics.hours import Hours, Numbers, day_grid
from analytics.kitchen import NOON, Flags, Kitchen, kitchen
from analytics.meter_words import day, seen_until
from analytics.scan import scan
from analytics.wording import number, place, place_facts, unit
from campus.results import Finding
from campus.said import Said
from campus.schema import meter_subject
from campus.trades import Trade
from campus.units import QUANTITIES

NAME = "gas_at_night"
# One night is enough to go and look; two without end it, and what comes back within a week is the same.
RULE = Rule(above=1, of=1, quiet=2, memory=1, rejoin=7)
# Two pulses: the first may have been due since the evening (users.md section 2 m; section 3).
LEAST_PULSES = 2
# Gas in an hour, and in a whole night, that is more than a pilot flame [unit]. Ours; 1 m³ is 10.8 kWh.
LEAST_HOUR, LEAST_NIGHT = {"m³": 0.05, "kWh": 0.5}, {"m³": 0.3, "kWh": 3.0}
# Days of gas known before a night is judged.
LEAST_KNOWN = 7
# Judged nights that a day's amount is the mean of.
SIZE_NIGHTS = 7
BEFORE, AFTER = timedelta(days=1), timedelta(days=3)

_DAILY = NotJudged(
    "daily_meter",
    "这块表每天只读一次数，看不到夜里。",
    "This meter is read once a day, so its nights cannot be seen.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "还没有一周可用的数据，不知道食堂几点用气。",
    "A week of known days is needed to know the canteen's own hours.",
)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A kitchen's nights: which hours (rows, 24) had gas though nobody cooks, and how much in all (rows,) [unit]."""

    kitchen: Kitchen
    over: Flags
    amount: Numbers
    verdict: Numbers


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the nights with gas outside the canteen's own hours as events, oldest first, or why none is judged;
    nothing of gas that no canteen burns."""
    if context.kind != "canteen":
        return []
    if context.meter.interval >= timedelta(days=1):
        return _DAILY
    judged = _judged(kitchen(day_grid(hours, context.school), context), QUANTITIES[context.quantity].unit)
    if np.isnan(judged.verdict).all():
        return _UNKNOWN
    events = scan(len(judged.verdict), lambda _calm, _held: judged.verdict, RULE)
    return [_finding(event, judged, hours, context) for event in events]


def _judged(of: Kitchen, unit_of: str) -> _Judged:
    """Hold every night against the pulse and a pilot flame; a night that is not known whole is never quiet."""
    known = np.isfinite(of.value)
    flowed = np.where(of.shut & known, np.maximum(of.value, 0.0), 0.0)
    amount = flowed.sum(axis=1)
    over = flowed >= max(LEAST_PULSES * of.pulse, LEAST_HOUR[unit_of])
    slowly = amount - of.pulse >= max(of.pulse, LEAST_NIGHT[unit_of])
    over |= slowly[:, None] & (flowed > 0)
    enough = np.cumsum(np.isfinite(of.grid.value).all(axis=1)) > LEAST_KNOWN
    told = over.any(axis=1) | (known | ~of.shut).all(axis=1)
    verdict = np.where(enough & told & of.shut.any(axis=1), np.where(over.any(axis=1), 1.0, -1.0), np.nan)
    return _Judged(of, over, amount, verdict)


def _finding(event: Event, judged: _Judged, hours: Hours, context: Context) -> Finding:
    grid, unit_of = judged.kitchen.grid, QUANTITIES[context.quantity].unit
    rows = np.arange(event.first, event.last + 1)
    nights = rows[judged.verdict[rows] > 0]
    column = np.flatnonzero(judged.over[nights[-1]])
    start = grid.instant(int(nights[0]), NOON + int(np.argmax(judged.over[nights[0]])))
    ended = grid.instant(int(nights[-1]), NOON + int(column[-1]) + 1)
    seen = seen_until(hours)
    assert seen is not None
    # A night without gas in between costs nothing.
    known = rows[np.isfinite(judged.verdict[rows])][-SIZE_NIGHTS:]
    per_night = float(np.where(judged.verdict[known] > 0, judged.amount[known], 0.0).mean())
    return Finding(
        rule=NAME,
        subject=meter_subject(context.meter.key),
        quantity=context.quantity,
        start=start,
        end=None if event.end is None else ended,
        seen_until=seen,
        size=float(judged.amount[nights[-1]] / len(column)),
        size_unit=f"{unit_of}/h",
        usual=0.0,
        per_day=per_night,
        to_date=float(judged.amount[nights].sum()),
        unit=unit_of,
        yuan_per_day=yuan_per_day(per_night, unit_of, context.price),
        price=context.price,
        sure=float((judged.verdict[rows][np.isfinite(judged.verdict[rows])] > 0).mean()),
        facts=place_facts(context) | _facts(judged, (nights, column)),
        evidence=((start - BEFORE, min(start + AFTER, seen)),),
    )


def _facts(judged: _Judged, latest: tuple[NDArray[np.intp], NDArray[np.intp]]) -> dict[str, str | float]:
    """Return the clock times and the gas of the latest night, and that of its whole day."""
    nights, column = latest
    grid, row = judged.kitchen.grid, int(nights[-1])
    first, until = (grid.instant(row, NOON + int(at)) for at in (column[0], column[-1] + 1))
    begin, end = (at.astimezone(grid.zone) for at in (first, until))
    whole = grid.value[min(row + (NOON + int(column[-1])) // 24, len(grid.value) - 1)]
    return {
        "hours_zh": f"{begin.hour}点到{end.hour}点",
        "hours_en": f"{begin:%H:%M} to {end:%H:%M}",
        "day": first.timestamp(),
        "night": float(judged.amount[row]),
        "nights": float(len(nights)),
        "whole_day": float(np.nansum(whole)),
    }


def message(finding: Finding, lang: str) -> str:
    """Return what the canteen reads: when gas flowed, people first, then what to look at."""
    where, facts, measure = place(finding, lang), finding.facts, unit(finding, lang)
    nights, night = int(float(facts["nights"])), number(float(facts["night"]))
    since = day(finding, finding.start, lang)
    if finding.end is not None:
        until, total = day(finding, finding.end, lang), f"{number(finding.to_date)}{' ' * (lang == 'en')}{measure}"
        if lang == "zh":
            return f"{where}夜里没再见到用气：{since}到{until}有{nights}夜，共约{total}。本提醒不能代替报警器。"
        return (
            f"{where}: no gas seen at night since; from {since} to {until} there was some on {nights} nights, about "
            f"{total}. This notice does not replace the gas detector."
        )
    whole = number(float(facts["whole_day"]))
    when = day(finding, datetime.fromtimestamp(float(facts["day"]), UTC), lang)
    if lang == "zh":
        often = f"，{since}起第{nights}夜" * (nights > 1)
        return (
            f"{where}{when}{facts['hours_zh']}有人用气？走了约{night}{measure}（当天一共{whole}）{often}。"
            "闻到气味先撤人、打燃气公司电话；没有气味请值班员去看灶具阀门。本提醒不能代替报警器。"
        )
    often = f", night {nights} since {since}" * (nights > 1)
    return (
        f"{where}: gas flowed {facts['hours_en']} on {when}, about {night} {measure} (that day {whole}){often}. If "
        "you smell gas, leave and call the gas company; else have the guard check burners and valves. "
        "This does not replace the gas detector."
    )


DETECTOR = Detector(
    name=NAME,
    zh="食堂夜里用气，请去看",
    en="Gas at night: please inspect",
    quantities=frozenset({"gas", "gas_energy"}),
    judge=judge,
    message=message,
    trade=Trade.CANTEEN,
    closes=Said(
        "连续两夜在食堂用气的时间以外没有走气。", "Two nights in a row without gas outside the canteen's hours."
    ),
)
