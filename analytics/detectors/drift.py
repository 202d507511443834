"""A meter that slowly counts less or more than the meters around it say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.around import FAMILY, Family
from analytics.balance_found import judged, meters
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.drifting import WEEK, Drift, drifts
from analytics.hours import Hours
from analytics.meter_words import Facts, bare, day, meter, seen_until
from analytics.nearest import MISCOUNTED
from analytics.wording import number
from campus.results import Finding
from campus.said import Said
from campus.trades import Trade

NAME = "drift"
# Days from which is taken how far the count is off by now.
NOW_DAYS = 2 * WEEK

_ALONE = NotJudged(
    "no_family",
    "这块表没有上级表也没有下级表，没有可以对的量。",
    "No meter above and none below: there is nothing to hold its count against.",
)
_PARTLY = NotJudged(
    "partly_metered",
    "下级表只计到一部分，其余没有分表，慢慢走偏看不出来。",
    "The meters below count only a part; the rest has no sub-meter, so a slow drift cannot be seen.",
)
_UNKNOWN = NotJudged(
    "too_little_history",
    "上下级表同时有数的日子还不够三个月，或者有表每天只读一次。",
    "Less than three months on which all meters above and below are known, or one of them is read once a day.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return how this meter drifts by the family above it and the one below it, or why that cannot be told."""
    families = [one for one in (context.around.above, context.around.below) if one is not None]
    until = seen_until(hours)
    if not families or until is None:
        return _ALONE
    known = [judged(family, context.school) for family in families]
    if not any(one.told for one in known):
        return _PARTLY if all(one.partly for one in known) else _UNKNOWN
    found = [
        _finding(drift, family, hours, context)
        for family in families
        for drift in drifts(family, context.school)
        if meters(family)[drift.meter] == context.meter.key
    ]
    # A meter between two others is seen by both families.
    return [one for place, one in enumerate(found) if not any(_meet(one, other) for other in found[:place])]


def _meet(one: Finding, other: Finding) -> bool:
    return one.start < (other.end or other.seen_until) and other.start < (one.end or one.seen_until)


def _finding(drift: Drift, family: Family, hours: Hours, context: Context) -> Finding:
    grid = judged(family, context.school).of.grid
    until = seen_until(hours)
    assert until is not None
    end = None if drift.end is None else grid.instant(drift.end)
    found = bare(NAME, context, (grid.instant(drift.first), end), until)
    lasted = drift.off[drift.first : drift.end]
    off = float(np.median(lasted[np.isfinite(lasted)][-NOW_DAYS:]))
    facts: Facts = {"a_month": drift.a_month, "off": off}
    if len(drift.suspects) > 1:
        who = [family.parent if one == 0 else family.parts[one - 1][0] for one in drift.suspects]
        facts |= {
            "who_zh": "、".join(one.name for one in who),
            "who_en": ", ".join(one.name_en or one.name for one in who),
        }
    else:
        facts[MISCOUNTED] = NAME
    return replace(found, facts={**found.facts, **facts}, sure=1 / (len(drift.suspects) + 0.1))


def message(finding: Finding, lang: str) -> str:
    """Return what the vendor reads: how fast the count drifts, since when, how far it is off, and what to do."""
    name, since = meter(finding, lang), day(finding, finding.start, lang)
    a_month, off = (float(finding.facts[key]) for key in ("a_month", "off"))
    fast, far = number(100 * abs(a_month)), number(100 * abs(off))
    if finding.end is not None:
        until = day(finding, finding.end, lang)
        if lang == "zh":
            return f"{name}又走准了：{since}到{until}慢慢走偏，最后约差{far}%。"
        return f"{name} counts right again: it drifted from {since} to {until}, by {far} % at last."
    if f"who_{lang}" in finding.facts:
        return _several(finding, lang, (fast, far))
    if lang == "zh":
        less = "少" if a_month < 0 else "多"
        said = f"{name}从{since}起越走越{less}，每月约{less}计{fast}%，现在约差{far}%"
        return f"{said}（看总表减去其他分表）。请厂家校验。"
    less = "less" if a_month < 0 else "more"
    return (
        f"{name} counts {less} and {less} since {since}, about {fast} % a month and {far} % by now (the main meter "
        "less all others). Have it tested by the vendor."
    )


def _several(finding: Finding, lang: str, how: tuple[str, str]) -> str:
    name, since, who = meter(finding, lang), day(finding, finding.start, lang), finding.facts[f"who_{lang}"]
    fast, far = how
    if lang == "zh":
        return (
            f"{name}和下面的分表从{since}起慢慢对不上，每月约差{fast}%，现在约差{far}%。有表在走偏，分不清是哪一块："
            f"{who}。请厂家从这几块校验起。"
        )
    return (
        f"{name} and its sub-meters part slowly since {since}, by about {fast} % a month and {far} % by now. One of "
        f"them drifts, it cannot be told which: {who}. Have these tested by the vendor first."
    )


DETECTOR = Detector(
    name=NAME,
    zh="表慢慢走偏",
    en="Meter drifts",
    quantities=frozenset({"electricity", "water", "gas", "gas_energy", "cold"}),
    judge=judge,
    message=message,
    trade=Trade.VENDOR,
    closes=Said("两周里它和其他表又对得上。", "Two weeks in which it agrees with the other meters again."),
    needs=frozenset({FAMILY}),
)
