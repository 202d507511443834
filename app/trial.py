"""What rules say of a school's rows, with nothing written: for trying them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.detector import Detector, NotJudged, Verdict, contexts, detectors
from app.sight import Sight
from campus.ports import Rows
from campus.registry import Registry
from campus.results import Finding


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule says of a meter's quantity."""

    rule: str
    meter: str
    quantity: str
    verdict: Verdict


def said(registry: Registry, rows: Rows, end: datetime, rules: Mapping[str, Detector] | None = None) -> list[Said]:
    """Return what each rule (None: all there are) says of every meter in force just before `end`."""
    sight, told = Sight(rows, registry), []
    for context in contexts(registry, end - timedelta(milliseconds=1)):
        for rule in (detectors() if rules is None else rules).values():
            if context.quantity in rule.quantities:
                told.append(Said(rule.name, context.meter.key, context.quantity, sight.judged(rule, context)))
    return told


def findings(every: list[Said]) -> list[Finding]:
    """Return what was found: what may open an episode."""
    return [one for s in every if not isinstance(s.verdict, NotJudged) for one in s.verdict if one.opens]
