"""The finding and the sentence of a suspected step: by how much, since when, who saw nothing of it, what to check."""

from __future__ import annotations

from dataclasses import replace

from analytics import witness
from analytics.detector import Context
from analytics.hours import HOURS_PER_DAY, Hours
from analytics.meter_words import Facts, bare, day, meter, seen_until
from analytics.suspects import SURE, Suspect
from analytics.wording import number, unit
from campus.registry import Change
from campus.results import Finding
from campus.said import Said

_UNSEEN: dict[str, Said] = {
    witness.PARENT: Said("上级表没有跟着变", "the meter above it saw nothing of it"),
    witness.CHILDREN: Said("下级表没有跟着变", "the meters below it saw nothing of it"),
    witness.LIKE: Said("同类楼的表没有跟着变", "meters of like buildings did not change"),
    "": Said("没有别的表可对照，只看它自己平时", "no other meter can tell, only its own past"),
}
RATIO_CHANGED = "ratio"  # the attribute of a [[meter.change]]


def finding_of(rule: str, suspect: Suspect, hours: Hours, context: Context) -> Finding:
    """Return the finding of a suspected step."""
    seen = seen_until(hours)
    assert seen is not None
    found = bare(rule, context, (suspect.start, suspect.end), seen)
    facts: Facts = {
        "factor": suspect.factor,
        "measured": suspect.step.ratio,
        "before": suspect.step.before * HOURS_PER_DAY,
        "after": suspect.step.after * HOURS_PER_DAY,
        "witness": suspect.witness,
        "relation_zh": suspect.relation.name.zh,
        "relation_en": suspect.relation.name.en,
        "ratio": context.meter.ratio,
        "fits": context.meter.ratio / suspect.factor,
    }
    return _with(found, facts, SURE[suspect.witness])


def _with(found: Finding, facts: Facts, sure: float, opens: bool = True) -> Finding:
    return replace(found, facts={**found.facts, **facts}, sure=sure, opens=opens)


def answers(rule: str, hours: Hours, context: Context) -> list[Finding]:
    """Return what ends a suspicion: a ratio that somebody entered from a date on."""
    seen = seen_until(hours)
    if seen is None:
        return []
    return [
        _with(bare(rule, context, (change.since, change.since), seen), _entered(change, context), 1.0, opens=False)
        for change in context.meter.changes
        if RATIO_CHANGED in change.values and change.since <= seen
    ]


def _entered(change: Change, context: Context) -> Facts:
    return {"entered": float(change.values[RATIO_CHANGED]), "ratio": context.meter.ratio}


def said(finding: Finding, lang: str, closing: Said) -> str:
    """Return the sentence of a step that lasts, of one that went back, or of one that was answered."""
    facts, name, since = finding.facts, meter(finding, lang), day(finding, finding.start, lang)
    zh = lang == "zh"
    if "entered" in facts:
        ratio = f"{float(facts['entered']):g}"
        return f"{name}从{since}起倍率登记为{ratio}。" if zh else f"{name}: its ratio is {ratio} since {since}."
    times = _times(float(facts["factor"]), lang)
    if finding.end is not None:
        until = day(finding, finding.end, lang)
        if zh:
            return f"{name}读数恢复原样：{since}到{until}约为平时的{times}。"
        return f"{name} reads as before: from {since} to {until} it read {times} the usual."
    before, after = (number(float(facts[key])) for key in ("before", "after"))
    unseen = _UNSEEN[str(facts["witness"])].to(lang)
    if zh:
        change = f"每天{before}{unit(finding, lang)}变{after}{unit(finding, lang)}"
        return f"{name}从{since}起读数约为原来的{times}（{change}），{unseen}。{closing.zh.format(**facts)}"
    change = f"{before} to {after} {unit(finding, lang)} a day"
    return f"{name} reads {times} what it did since {since} ({change}); {unseen}. {closing.en.format(**facts)}"


def _times(factor: float, lang: str) -> str:
    number_of = f"{factor:.3g}" if factor >= 1 else f"1/{1 / factor:.3g}"
    if lang == "zh":
        return number_of + "倍" * (factor >= 1)
    return number_of + (" times" if factor >= 1 else " of")
