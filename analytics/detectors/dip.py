"""Almost no electricity where something always runs: a supply that was cut, told for information."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analytics.around import FAMILY, PARENT
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.hours import DayGrid, Hours, Numbers, day_grid
from analytics.meter_words import Facts, bare, seen_until
from analytics.moved import Own, above_went_on
from analytics.planned import closed
from analytics.spells import spells
from analytics.usual import usual
from analytics.wording import moment, number, place
from campus.ports import ON_PAGE, TELL
from campus.results import Finding
from campus.said import Said
from campus.schema import from_ms
from campus.trades import Trade

NAME = "dip"
# What always runs is the second lowest of the lowest hours of the last four weeks' days; two weeks must be known.
DAYS, LEAST_DAYS, LEAST_HOURS, LOWEST = 28, 14, 18, 1
# Below it there is nothing to miss [kW, ours]: a router and a few lamps.
LEAST_KW = 1.0
# An hour with a fifth of that is a dip (ours); dips less than a night apart are one.
SHARE, BRIDGE = 0.2, 12

_DAILY = NotJudged(
    "daily_meter",
    "这块表每天只读一次数，看不到单个小时。",
    "This meter is read once a day, so single hours cannot be seen.",
)
_FED = NotJudged(
    "fed_from_the_roof",
    "光伏也往这块表后面送电，白天用电可以是零。",
    "PV feeds in behind this meter, so by day it may well show nothing.",
)
_NOTHING = NotJudged(
    "nothing_always_runs",
    "这里没有一直开着的设备，停没停电看不出来。",
    "Nothing here always runs, so a cut supply cannot be told from no use.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the dips of an electricity meter, oldest first, or why none can be seen."""
    if context.meter.interval >= timedelta(days=1):
        return _DAILY
    if context.meter.register("electricity_export") is not None:
        return _FED
    grid = day_grid(hours, context.school)
    lowest = _always(grid)
    if not (lowest >= LEAST_KW).any():
        return _NOTHING
    meant = closed(grid, context.plans)[grid.row, grid.hour]
    value = np.where(meant, np.nan, hours.measured())
    found = list(_dips(value, lowest[grid.row]))
    return [_finding(one, hours, context) for one in found if not _register_alone(one.span, hours, context)]


@dataclass(frozen=True, slots=True)
class _Dip:
    """The hours [first, last) of a dip, the mean use of those that are low, and what always ran before [kW]."""

    span: tuple[int, int]
    used: float
    always: float


def _dips(value: Numbers, always: Numbers) -> Iterator[_Dip]:
    """Yield the dips; each is held to its end against what always ran before it."""
    opens = np.flatnonzero((value <= SHARE * always) & (always >= LEAST_KW))
    until = 0
    while len(opens := opens[opens >= until]):
        first = int(opens[0])
        low = value[first:] <= SHARE * always[first]
        _, length = next(spells(low, BRIDGE))
        until = first + length
        yield _Dip((first, until), float(value[first:until][low[:length]].mean()), float(always[first]))


def _always(grid: DayGrid) -> Numbers:
    """Return what always ran in the weeks before each day (days,) [kW], NaN with too few of them."""
    known = np.isfinite(grid.value)
    least = np.where(known, grid.value, np.inf).min(axis=1, initial=np.inf)
    least = np.where(known.sum(axis=1) >= LEAST_HOURS, least, np.nan)
    before = np.sort(sliding_window_view(np.concatenate([np.full(DAYS, np.nan), least]), DAYS)[: len(least)], axis=1)
    return np.where(np.isfinite(before).sum(axis=1) >= LEAST_DAYS, before[:, LOWEST], np.nan)


def _register_alone(span: tuple[int, int], hours: Hours, context: Context) -> bool:
    """Whether the meter above went on as usual: then a register stood still, and nothing was cut."""
    own = Own(hours.start_ms, hours.value, usual(hours, context.school).value)
    return above_went_on(np.arange(*span), own, context) is True


def _finding(one: _Dip, hours: Hours, context: Context) -> Finding:
    until, (first, last) = seen_until(hours), one.span
    assert until is not None
    over = bool(np.isfinite(hours.measured()[last:]).any())
    end = from_ms(hours.start_ms[last]) if over else None
    found = bare(NAME, context, (from_ms(hours.start_ms[first]), end), until)
    facts: Facts = {**found.facts, "used": one.used, TELL: ON_PAGE}
    return replace(found, size=one.always - one.used, size_unit="kW", usual=one.always, facts=facts)


def message(finding: Finding, lang: str) -> str:
    """Return what the electrician looks at: the supply while it is off, and afterwards what did not come back."""
    where, since = place(finding, lang), moment(finding, finding.start, lang)
    used, always = number(float(finding.facts["used"])), number(finding.usual)
    if finding.end is not None:
        until = moment(finding, finding.end, lang)
        if lang == "zh":
            return (
                f"{where}{since}到{until}几乎没有用电（{used}千瓦，平时最少{always}千瓦），像是停过电。"
                "请看冰箱、服务器、水泵是否都恢复了。"
            )
        return (
            f"{where} drew almost nothing from {since} to {until} ({used} kW, usually at least {always}): the supply "
            "was probably cut. Check that freezers, servers and pumps came back."
        )
    if lang == "zh":
        return f"{where}从{since}起几乎没有用电（{used}千瓦，平时最少{always}千瓦）。请先看总开关和进线有没有电。"
    return (
        f"{where} has drawn almost nothing since {since} ({used} kW, usually at least {always}). "
        "Look at the main switch and the incoming supply first."
    )


DETECTOR = Detector(
    name=NAME,
    zh="疑似停过电",
    en="Supply probably cut",
    quantities=frozenset({"electricity"}),
    judge=judge,
    message=message,
    trade=Trade.ELECTRICIAN,
    closes=Said("用电又高于平时最少的量。", "It draws at least what always ran there again."),
    needs=frozenset({PARENT, FAMILY}),
)
