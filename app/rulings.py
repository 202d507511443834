"""From what rules say of meters to what the ledger is told of each rule and subject."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from analytics.detector import NotJudged, Verdict
from analytics.finding_carbon import with_carbon
from analytics.nearest import nearest
from app.windows import Window
from campus import factors
from campus.ports import Ruling
from campus.registry import Registry
from campus.results import Finding
from campus.schema import meter_subject

Place = tuple[str, str, str]  # rule, meter, quantity
# What each rule last said of each meter and quantity, and the window it had judged, None where there were no hours.
Verdicts = dict[Place, tuple[Verdict, Window | None]]


def rulings(registry: Registry, verdicts: Mapping[Place, tuple[Verdict, Window | None]]) -> list[Ruling]:
    """Return the rulings of a school, each finding where it is nearest: a leak also flows through the main meter.

    A meter's registers are one subject: what a rule says of one does not take back what it said of another.
    """
    windows: dict[tuple[str, str], list[Window]] = {}
    every: list[Finding] = []
    for (rule, meter, _), (verdict, window) in verdicts.items():
        if not isinstance(verdict, NotJudged) and window is not None:
            windows.setdefault((rule, meter_subject(meter)), []).append(window)
            every += verdict
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in nearest(every, registry):
        told = with_carbon(finding, registry.school.region, factors.shipped())
        found.setdefault((finding.rule, finding.subject), []).append(told)
    return [
        Ruling(rule, subject, found.get((rule, subject), []), _hull(several))
        for (rule, subject), several in windows.items()
    ]


def _hull(windows: list[Window]) -> tuple[datetime, datetime]:
    return min(start for start, _ in windows), max(end for _, end in windows)


def not_judged(verdicts: Mapping[Place, tuple[Verdict, Window | None]]) -> list[dict[str, str]]:
    """Return which rules cannot judge which meters, and why, for the status."""
    return [
        {"rule": rule, "meter": meter, "zh": verdict.zh, "en": verdict.en}
        for (rule, meter, _), (verdict, _) in sorted(verdicts.items(), key=lambda item: item[0])
        if isinstance(verdict, NotJudged)
    ]
