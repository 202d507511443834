"""Electricity that stays on after hours: use while a building is shut against its own floor on good days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.by_weather import BY_WEATHER, follows_weather
from analytics.costing import shares
from analytics.detector import Context, Detector, NotJudged, Verdict, yuan_per_day
from analytics.hours import HOURS_PER_DAY, DayGrid, Hours, Numbers, day_grid
from analytics.off_hours import DAWN, SHUT_FROM, SHUT_FROM_ELSE, Rows, floors, rows_of
from analytics.off_hours_events import Found, events
from analytics.scan import Mark
from analytics.wording import cost, moment, number, place, place_facts
from campus.results import Finding
from campus.said import Said
from campus.schema import from_ms, meter_subject
from campus.trades import Trade

NAME = "out_of_hours"
# An hour counts when it is above the floor by the greatest of these: share, kW (users.md section 3) and, so that a
# restless floor stays silent, times its own median absolute deviation (4 are 2.7 standard deviations).
LEAST_SHARE, LEAST_KW, NOISE_MADS = 0.2, 2.0, 4.0
# A day counts with this many such hours, and an excess worth this much (users.md section 3).
LEAST_HOURS, LEAST_YUAN = 2, 10.0
# Where no price is set: what 10 yuan buy at about half a yuan, the order of the resident price [kWh per day].
LEAST_KWH_UNPRICED = 20.0
# Days the present size is taken from, and the share of them that are free.
SIZE_DAYS, SHARE_DAYS = 7, 28
BEFORE, AFTER = timedelta(days=3), timedelta(days=7)
_HOUR = timedelta(hours=1)

_DAILY = NotJudged(
    "daily_meter",
    "这块表每天只读一次数，看不到下班后的用电。",
    "This meter is read once a day, so the use after hours cannot be seen.",
)
_SUBMETERED = NotJudged(
    "submetered",
    "这块表下面有分表，由分表判断。",
    "Meters below this one are judged instead.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "还没有两周可用的数据，不知道平时是多少。",
    "Two weeks of good days are needed to know what is usual.",
)
# What to do first, by building class; "" is for the rest.
_FIRST_STEP: dict[str, tuple[str, str]] = {
    "teaching": ("先查空调和开水器", "Check air conditioning and water boilers first"),
    "dormitory": ("先查走廊照明和开水器", "Check corridor lights and water boilers first"),
    "canteen": ("先查排风机、蒸箱和保温台", "Check extract fans, steamers and hot counters first"),
    "laboratory": ("先查通风柜、烘箱和空调", "Check fume hoods, ovens and air conditioning first"),
    "": ("先查空调和开水器", "Check air conditioning and water boilers first"),
}


@dataclass(frozen=True, slots=True)
class _Weighed:
    """The floor each hour is held against, the excess above it, what is over the margin (rows, 24), and whether a row
    is too much (rows,): NaN where too little of it is known."""

    floor: Numbers
    excess: Numbers
    over: NDArray[np.bool_]
    verdict: Numbers


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the events of use after hours of an electricity meter, oldest first, or why it cannot be judged."""
    if context.meter.interval >= timedelta(days=1):
        return _DAILY
    if follows_weather(context):
        return BY_WEATHER
    if context.submetered and context.building is None:
        return _SUBMETERED
    grid = day_grid(hours, context.school)
    rows = rows_of(grid, context)
    least_kwh = _least_kwh(context)
    first = _weigh(rows, (np.ones(len(rows.group), bool), None), least_kwh)
    if np.isnan(first.floor).all():
        return _UNKNOWN

    def above(calm: Mark, held: int | None) -> Numbers:
        return first.verdict if held is None and calm.all() else _weigh(rows, (calm, held), least_kwh).verdict

    told = [(one, _weigh(rows, (one.calm, int(one.rows[0])), least_kwh)) for one in events(above, rows.group)]
    # Held against the days just before it, which are newer than those it was noticed by, nothing of it may be left.
    return [
        _finding(one, rows, weighed, (grid, hours, context)) for one, weighed in told if weighed.over[one.rows].any()
    ]


def _weigh(rows: Rows, of: tuple[Mark, int | None], least_kwh: float) -> _Weighed:
    """Hold every row against the floor of calm rows before it; what a plan keeps on stands in place of what was
    learned: the school's word holds."""
    level, noise = floors(rows, *of)
    said = np.isfinite(rows.allowed)
    floor = np.where(rows.shut, np.where(said, rows.allowed, level), np.nan)
    excess = rows.value - floor
    margin = np.fmax(np.fmax(LEAST_SHARE * floor, LEAST_KW), NOISE_MADS * np.where(said, 0.0, noise))
    over = np.nan_to_num(excess) > np.nan_to_num(margin, nan=np.inf)
    much = (over.sum(axis=1) >= LEAST_HOURS) & (np.where(over, excess, 0.0).sum(axis=1) >= least_kwh)
    # An unknown hour might have been over: calm is only said of a night that is known.
    told = much | (np.isfinite(floor).any(axis=1) & _complete(floor, excess))
    return _Weighed(floor, excess, over, np.where(told, much, np.nan))


def _complete(floor: Numbers, excess: Numbers) -> NDArray[np.bool_]:
    """Whether all but a few of the hours with a floor are known, along the last axis."""
    complete: NDArray[np.bool_] = (np.isfinite(floor) & np.isnan(excess)).sum(axis=-1) <= LEAST_HOURS
    return complete


def _least_kwh(context: Context) -> float:
    price = context.price
    if price is None or price.unit != "kWh" or price.yuan <= 0:
        return LEAST_KWH_UNPRICED
    return LEAST_YUAN / price.yuan


def _finding(found: Found, rows: Rows, weighed: _Weighed, known: tuple[DayGrid, Hours, Context]) -> Finding:
    grid, hours, context = known
    mine = found.rows
    daily = np.where(weighed.over[mine], weighed.excess[mine], 0.0).sum(axis=1)
    seen = np.isfinite(weighed.excess[mine]).any(axis=1) & _complete(weighed.floor[mine], weighed.excess[mine])
    latest = mine[weighed.over[mine].any(axis=1)][-SIZE_DAYS:]
    over = weighed.over[latest]
    lasted = mine <= found.place[found.event.last]
    per_day = float(daily[lasted & seen if seen[lasted].any() else lasted][-SIZE_DAYS:].mean()) * _share_of_days(
        found
    )
    facts: dict[str, str | float] = {
        **place_facts(context),
        "when": _when(over),
        "shut_from": SHUT_FROM.get(context.kind, SHUT_FROM_ELSE),
        "planned": float(np.isfinite(rows.allowed[latest][over]).mean() >= 0.5),
    }
    first = int(mine[np.argmax(weighed.over[mine].any(axis=1))])
    start = grid.instant(first, DAWN + int(np.argmax(weighed.over[first])))
    seen_until = from_ms(hours.start_ms[np.flatnonzero(np.isfinite(hours.value))[-1]]) + _HOUR
    end = found.event.end
    return Finding(
        rule=NAME,
        subject=meter_subject(context.meter.key),
        quantity=context.quantity,
        start=start,
        end=None if end is None else grid.instant(int(found.place[end]), DAWN),
        seen_until=seen_until,
        size=float(weighed.excess[latest][over].mean()),
        size_unit="kW",
        usual=float(weighed.floor[latest][over].mean()),
        per_day=per_day,
        to_date=float(daily.sum()),
        unit="kWh",
        yuan_per_day=yuan_per_day(per_day, "kWh", context.price),
        price=context.price,
        sure=float((daily[seen] > 0).mean()) if seen.any() else 1.0,
        facts=facts,
        by_hour=shares(np.where(over, weighed.excess[latest], 0.0), DAWN),
        evidence=((start - BEFORE, min(start + AFTER, seen_until)),),
    )


def _share_of_days(found: Found) -> float:
    """Return how many of the last days an event counts in: an amount of free days alone is none of every day."""
    last = int(found.rows[-1])
    first = max(int(found.rows[0]), last + 1 - SHARE_DAYS)
    return float((found.rows >= first).sum() / (last + 1 - first)) if last - first >= SIZE_DAYS else 1.0


def _when(over: NDArray[np.bool_]) -> str:
    """Return "night" when most of the hours lie between 22:00 and dawn, else "day": free days' daytime."""
    hour = (np.nonzero(over)[1] + DAWN) % HOURS_PER_DAY
    night = (hour >= SHUT_FROM_ELSE) | (hour < DAWN)
    return "night" if night.mean() >= 0.5 else "day"


def message(finding: Finding, lang: str) -> str:
    """Return what the electrician reads: where, how much instead of how much, since when, cost, what to do first."""
    step_zh, step_en = _FIRST_STEP.get(str(finding.facts["kind"]), _FIRST_STEP[""])
    since, where, money = moment(finding, finding.start, lang), place(finding, lang), cost(finding, lang)
    assert finding.usual is not None and finding.size is not None
    now, before = number(finding.usual + finding.size), number(finding.usual)
    shut, plan = int(float(finding.facts["shut_from"])), bool(finding.facts.get("planned", 0.0))
    night = finding.facts["when"] == "night" and not plan
    zh = f"晚上{shut - 12}点后" if night else "放假时"
    en = f"after {shut}:00" if night else "on free days"
    if finding.end is not None:
        until, used = moment(finding, finding.end, lang), number(finding.to_date)
        if lang == "zh":
            return f"{where}{zh}的用电恢复平时水平：{since}到{until}，一共多用约{used}度。"
        return f"{where}: use {en} is back to usual. From {since} to {until} about {used} kWh were used too much."
    if lang == "zh":
        more = "多用" if finding.yuan_per_day is None else "多花"
        beside = f"方案留{before}千瓦" if plan else f"平时{before}千瓦"
        return f"{where}{zh}还有{now}千瓦，{beside}，{since}起，每天{more}{money}。{step_zh}。"
    beside = f"the plan keeps {before} on" if plan else f"usually {before}"
    return f"{where} still draws {now} kW {en} ({beside}) since {since}, {money}. {step_en}."


DETECTOR = Detector(
    name=NAME,
    zh="下班后用电偏多",
    en="Electricity left on after hours",
    quantities=frozenset({"electricity"}),
    judge=judge,
    message=message,
    trade=Trade.ELECTRICIAN,
    closes=Said("连续三天下班后的用电回到平时。", "Three days in a row whose use after hours is back to usual."),
)
