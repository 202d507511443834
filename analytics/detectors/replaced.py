"""A register that fell or changed its number: probably a new meter, about which nobody told us."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from analytics.around import BREAKS
from analytics.consumption import Suspicion
from analytics.detector import Context, Detector, NotJudged, Verdict
from analytics.hours import Hours
from analytics.meter_words import bare, clock, meter, seen_until, stamp
from campus.registry import Replacement
from campus.results import Finding
from campus.said import Said
from campus.schema import from_ms
from campus.trades import Trade
from campus.units import QUANTITIES, factor

NAME = "replaced"
KINDS = ("replacement", "reset")
_NOTHING = NotJudged("never_spoke", "这块表还没有数据。", "This meter has never spoken.")


def judge(hours: Hours, context: Context) -> Verdict:
    """Return one finding per break of the register, and one that ends it per replacement that was entered."""
    seen = seen_until(hours)
    if seen is None:
        return _NOTHING
    broken = [_suspected(each, seen, context) for each in context.around.breaks if each.kind in KINDS]
    return [*broken, *(_entered(swap, seen, context) for swap in _of(context) if swap.time <= seen)]


def _of(context: Context) -> list[Replacement]:
    return [swap for swap in context.meter.replacements if swap.quantity in ("", context.quantity)]


def _suspected(broken: Suspicion, seen: datetime, context: Context) -> Finding:
    register = context.meter.register(context.quantity)
    assert register is not None
    shown = factor(register.unit, register.quantity)
    start, first = from_ms(broken.start_ms), from_ms(broken.end_ms)
    found = bare(NAME, context, (start, None), max(seen, first))
    facts: dict[str, str | float] = {
        "kind_of": broken.kind,
        "before": broken.before / shown,
        "after": broken.after / shown,
        "unit": register.unit,
        "first": stamp(found, first),
    }
    # A number that changed says it outright; a fall alone may be a register that somebody cleared.
    return replace(found, facts={**found.facts, **facts}, sure=1.0 if broken.kind == "replacement" else 0.8)


def _entered(swap: Replacement, seen: datetime, context: Context) -> Finding:
    found = bare(NAME, context, (swap.time, swap.time), seen)
    facts: dict[str, str | float] = {"end": swap.end, "start": swap.start}
    return replace(found, facts={**found.facts, **facts}, opens=False)


def message(finding: Finding, lang: str) -> str:
    """Return what is asked of the one who knows when the meter was changed."""
    name, facts, since = meter(finding, lang), finding.facts, clock(finding, finding.start, lang)
    if finding.end is not None:
        end, start = (f"{float(facts[key]):,.10g}" for key in ("end", "start"))
        if lang == "zh":
            return f"{name}的换表已补录：{since}，旧表止数{end}，新表起数{start}。"
        return f"{name}: its replacement at {since} is entered, old end {end}, new start {start}."
    before, after = (f"{float(facts[key]):,.10g}" for key in ("before", "after"))
    fell = float(facts["after"]) < float(facts["before"])
    numbered = facts["kind_of"] == "replacement"
    if lang == "zh":
        what = ("表号变了" if numbered else "") + ("、" if numbered and fell else "") + ("读数变小" if fell else "")
        return (
            f"{name}{since}之后{what}（{before}变{after}），可能换了表。请补旧表止数、新表起数和照片："
            f"campus meters replace {facts['meter']}；补录前这段先空着。"
        )
    what = ("a new number" if numbered else "") + (" and " if numbered and fell else "")
    what += "a lower reading" if fell else ""
    return (
        f"{name} has {what} after {since} ({before} to {after}): probably replaced. Please enter the old end and new "
        f"start reading with a photo: campus meters replace {facts['meter']}; until then the period stays blank."
    )


DETECTOR = Detector(
    name=NAME,
    zh="疑似换表",
    en="Meter probably replaced",
    quantities=frozenset(key for key, quantity in QUANTITIES.items() if not quantity.gauge),
    judge=judge,
    message=message,
    trade=Trade.ENERGY,
    closes=Said("补录旧表止数和新表起数。", "The old end and the new start reading are entered."),
    needs=frozenset({BREAKS}),
)
