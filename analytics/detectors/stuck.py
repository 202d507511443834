"""A register that does not move though something was used: the meters around it went on as usual."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.around import FAMILY, LIKE, PARENT
from analytics.by_weather import BY_WEATHER, follows_weather
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.hours import HOURS_PER_DAY, Hours, Numbers
from analytics.meter_words import bare, meter, seen_until
from analytics.moved import Own, moved
from analytics.usual import usual
from analytics.wording import moment, number, unit
from campus.results import Finding
from campus.said import Said
from campus.schema import from_ms
from campus.trades import Trade

NAME = "stuck"
# Usual uses missed (users.md section 3): hours in which this meter has always used something, and used nothing.
USES_MISSED = 5
# A whole day: shorter ones are power cuts and closed valves, and what is off has not used anything.
LEAST_HOURS = 24

_UNKNOWN = NotJudged(
    "too_little_history",
    "还没有足够的历史，不知道哪几个小时总在用。",
    "Not enough history to know in which hours something is always used.",
)
_ALONE = NotJudged(
    "alone",
    "没有上级表，也没有同类楼的表，停走和没用分不开。",
    "There is no meter above it and none like it: a stuck register and no use cannot be told apart.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the times in which the register stood still though the meters around went on, or why none is."""
    if follows_weather(context):
        return BY_WEATHER
    seen = seen_until(hours)
    if seen is None:
        return _UNKNOWN
    if not context.around.parent and not context.around.like:
        return _ALONE
    still = _still(hours)
    if not still:
        return []
    expected = usual(hours, context.school)
    if np.isnan(expected.value).all():
        return _UNKNOWN
    found = []
    for first, last in still:
        missed = np.flatnonzero(expected.low[first:last] > 0) + first
        if len(missed) > USES_MISSED and moved(missed, Own(hours.start_ms, hours.value, expected.value), context):
            start, ended = from_ms(hours.start_ms[first]), last < len(hours.value)
            finding = bare(NAME, context, (start, from_ms(hours.start_ms[last]) if ended else None), seen)
            facts = {"hours": float(last - first), "a_day": _a_day(expected.value[first:last])}
            found.append(replace(finding, facts={**finding.facts, **facts}))
    return found


def _still(hours: Hours) -> list[tuple[int, int]]:
    """Return stretches [first, last) of at least `LEAST_HOURS` in which every known hour is nought.

    What is not known belongs to the stretch it lies in, but begins and ends none.
    """
    value = hours.measured()
    known = np.flatnonzero(np.isfinite(value))
    zero = value[known] == 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], zero, [False]]).astype(np.int8)))
    found = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        end = int(known[last]) if last < len(known) else len(value)
        if last - first >= LEAST_HOURS:
            found.append((int(known[first]), end))
    return found


def _a_day(expected: Numbers) -> float:
    """Return the usual use of a day that goes uncounted."""
    known = expected[np.isfinite(expected)]
    return float(known.mean()) * HOURS_PER_DAY if len(known) else float("nan")


def message(finding: Finding, lang: str) -> str:
    """Return what to look at: a still register, or a supply that is off."""
    name, since = meter(finding, lang), moment(finding, finding.start, lang)
    a_day = f"{number(float(finding.facts['a_day']))}{' ' * (lang == 'en')}{unit(finding, lang)}"
    if finding.end is not None:
        until = moment(finding, finding.end, lang)
        if lang == "zh":
            return f"{name}又走了：{since}到{until}读数没有动过，这段用量没有记上。"
        return f"{name} moves again: from {since} to {until} its reading stood still, and the use was not counted."
    if lang == "zh":
        return f"{name}从{since}起读数不动，平时每天约{a_day}，别的表照常在走。请去看表盘走不走，再查接线和脉冲线。"
    return (
        f"{name} has not moved since {since}; it usually counts about {a_day} a day, and the meters around it went "
        "on. Look whether its dial turns, then check wiring and pulse line."
    )


DETECTOR = Detector(
    name=NAME,
    zh="表可能停走",
    en="Meter probably stuck",
    quantities=frozenset({"electricity", "water", "gas", "gas_energy", "heat", "cold"}),
    judge=judge,
    message=message,
    trade=Trade.VENDOR,
    closes=Said("读数又走了。", "Its reading moves again."),
    needs=frozenset({PARENT, FAMILY, LIKE}),
)
