"""A burst: far more water than ever at this hour, through more than a tap can, for two hours."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from analytics.bursts import Burst, bursts, rushes
from analytics.detector import Context, Detector, NotJudged, Verdict, yuan_per_day
from analytics.hours import HOURS_PER_DAY, Hours, day_grid
from analytics.meter_words import seen_until
from analytics.wording import cost, moment, number, place, place_facts
from campus.registry import Arrival
from campus.results import Finding
from campus.said import Said
from campus.schema import from_ms, meter_subject
from campus.trades import Trade

NAME = "burst"
BEFORE, AFTER = timedelta(days=1), timedelta(days=1)
_HOUR = timedelta(hours=1)

_LATE = NotJudged(
    "not_live",
    "这块表的读数不是随时到，爆管不能当场发现。",
    "The readings of this meter do not come at once, so a burst cannot be told while it runs.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "还没有四周的数据，不知道每个钟点平时最多用多少水。",
    "Four weeks of data are needed to know how much each hour uses at most.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the bursts of a water meter whose readings come at once, oldest first, or why it cannot be judged."""
    if context.meter.arrival is not Arrival.LIVE or context.meter.interval > _HOUR:
        return _LATE
    found = bursts(hours, day_grid(hours, context.school))
    return _UNKNOWN if found is None else [_finding(one, hours, context) for one in found]


def _finding(one: Burst, hours: Hours, context: Context) -> Finding:
    last = len(hours.value) if one.end is None else one.end
    value: NDArray[np.float64] = hours.measured()[one.first : last]
    above = np.maximum(value - one.usual, 0.0)
    size, start, seen = float(np.nanmedian(above)), from_ms(int(hours.start_ms[one.first])), seen_until(hours)
    assert seen is not None
    return Finding(
        rule=NAME,
        subject=meter_subject(context.meter.key),
        quantity=context.quantity,
        start=start,
        end=None if one.end is None else from_ms(int(hours.start_ms[one.end])),
        seen_until=seen,
        size=size,
        size_unit="m³/h",
        usual=float(one.usual[0]),
        per_day=size * HOURS_PER_DAY,
        to_date=float(np.nansum(above)),
        unit="m³",
        yuan_per_day=yuan_per_day(size * HOURS_PER_DAY, "m³", context.price),
        price=context.price,
        facts={**place_facts(context), "flow": float(value[0])},
        evidence=((start - BEFORE, min(start + AFTER, seen)),),
    )


def message(finding: Finding, lang: str) -> str:
    """Return what the plumber reads: where, since when, how much instead of how much, cost, what to do at once."""
    since, where, money = moment(finding, finding.start, lang), place(finding, lang), cost(finding, lang)
    flow, most = number(float(finding.facts["flow"])), number(finding.usual)
    if finding.end is not None:
        until, total = moment(finding, finding.end, lang), number(finding.to_date)
        if lang == "zh":
            return f"{where}的大水停了：{since}到{until}，一共多流约{total}吨。请查是爆管还是放水，记下原因。"
        return f"{where}: the rush of water is over. From {since} to {until} {total} m³ too much; note what it was."
    if lang == "zh":
        return (
            f"{where}可能爆管：{since}起每小时流{flow}吨，平时这个钟点最多{most}吨，照此每天{money}。"
            "马上关楼前总阀，再找漏点。"
        )
    return (
        f"{where}: probably a burst pipe. {flow} m³/h since {since}, at this hour usually {most} at most; {money} "
        "if it goes on. Close the main valve at once, then look for the break."
    )


DETECTOR = Detector(
    name=NAME,
    zh="可能爆管",
    en="Probably a burst pipe",
    quantities=frozenset({"water"}),
    judge=judge,
    message=message,
    trade=Trade.PLUMBER,
    closes=Said("连续两小时的水量回到平时。", "Two hours in a row whose flow is back to usual."),
    rouses=rushes,
)
