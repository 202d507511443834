"""A meter whose numbers suddenly stand in another unit, or go to and fro between two."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import sqrt

import numpy as np

from analytics.around import BREAKS, CHILDREN, LIKE, PARENT
from analytics.detector import Context, Detector, Verdict
from analytics.detectors.ratio_step import UNKNOWN
from analytics.hours import Hours
from analytics.meter_words import bare, day, meter, seen_until
from analytics.relations import RELATIONS, UNIT, relation
from analytics.scales import BLOCK_DAYS, Mix, mixes
from analytics.suspect_words import answers, finding_of, said
from analytics.suspects import Suspect, suspects
from campus.results import Finding
from campus.said import Said
from campus.schema import from_ms
from campus.trades import Trade

# A mix's factor comes from hours of different use: it may be off by so much.
MIX_TOLERANCE = 2.0
# A step this close to a mix is a part of it.
NEAR = timedelta(days=7)
_CLOSING = Said(
    "像是单位变了（{relation_zh}）：请查采集器里的单位设置，改正后用 campus meters ratio {meter} 补录这一段。",
    "It looks like another unit ({relation_en}): check the unit set in the gateway; once corrected, enter the "
    "stretch with campus meters ratio {meter}.",
)


def judge(hours: Hours, context: Context) -> Verdict:
    """Return the suspected unit changes and mixes of a meter, and what was entered about them, or why none is."""
    found = suspects(hours, context)
    if found is None:
        return UNKNOWN
    mixed = [_mixed(mix, hours, context) for mix in mixes(hours.start_ms, hours.value)]
    units = [s for s in found if s.relation.rule == UNIT and not any(_part_of(s, mix) for mix in mixed)]
    return [*mixed, *(finding_of(UNIT, s, hours, context) for s in units), *answers(UNIT, hours, context)]


def _part_of(suspect: Suspect, mix: Finding) -> bool:
    return mix.start - NEAR <= suspect.start <= (mix.end or mix.seen_until) + NEAR


def _mixed(mix: Mix, hours: Hours, context: Context) -> Finding:
    seen = seen_until(hours)
    assert seen is not None
    start, last = from_ms(mix.start_ms), from_ms(mix.end_ms)
    end = last if seen - last > timedelta(days=BLOCK_DAYS) else None
    fits = relation(context.quantity, mix.ratio, MIX_TOLERANCE)
    facts: dict[str, str | float] = {
        "mix": mix.ratio if fits is None else fits.factor(mix.ratio),
        "share": mix.share,
        "relation_zh": "" if fits is None else f"（{fits.name.zh}）",
        "relation_en": "" if fits is None else f" ({fits.name.en})",
    }
    found = bare(UNIT, context, (start, end), seen)
    # As sure as the two scales are apart from what the use of an hour itself scatters by.
    return replace(found, facts={**found.facts, **facts}, sure=float(np.clip(1 - 1 / sqrt(mix.ratio), 0.0, 1.0)))


def message(finding: Finding, lang: str) -> str:
    """Return what the one who looks after the gateway reads."""
    if "mix" not in finding.facts:
        return said(finding, lang, _CLOSING)
    name, since, facts = meter(finding, lang), day(finding, finding.start, lang), finding.facts
    apart = f"{float(facts['mix']):,.{'0f' if float(facts['mix']) >= 100 else '3g'}}"
    apart = f"相差约{apart}倍{facts['relation_zh']}" if lang == "zh" else f"{apart} times apart{facts['relation_en']}"
    if finding.end is not None:
        until = day(finding, finding.end, lang)
        if lang == "zh":
            return f"{name}{since}到{until}混用了两种单位，{apart}；之后只剩一种。"
        return f"{name} mixed two units from {since} to {until}, {apart}; one since."
    if lang == "zh":
        return f"{name}从{since}起混用两种单位，{apart}。请查是不是两个程序在报同一块表。"
    return f"{name} mixes two units since {since}, {apart}. Check whether two programs report the same meter."


DETECTOR = Detector(
    name=UNIT,
    zh="疑似单位变了",
    en="Unit probably changed",
    quantities=frozenset(RELATIONS),
    judge=judge,
    message=message,
    trade=Trade.VENDOR,
    closes=Said("读数的单位改对，用量回到原来的水平。", "Its unit is put right and use is back to what it was."),
    needs=frozenset({PARENT, CHILDREN, LIKE, BREAKS}),
)
