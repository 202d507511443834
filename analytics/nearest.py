"""One cause, one Finding: what a sub-meter explains is not said again above it, nor what a wrong count explains."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from campus.registry import Registry
from campus.results import Finding
from campus.schema import meter_subject

# The same cause shows at a meter and above it within this time of each other.
SAME_ONSET = timedelta(days=5)
# What is found below must explain at least this share of what is found above.
EXPLAINED = 0.5


# The rules that say a meter counts too much: what seems used too much there is no use.
MISCOUNTS = frozenset({"ratio_step", "unit_step"})
# What a rule finds is the same as what one of these has found at the same meter or below it: that one told it first.
TOLD_FIRST = {"base_load_step": frozenset({"out_of_hours"})}


def nearest(findings: Sequence[Finding], registry: Registry) -> list[Finding]:
    """Return the findings without those that findings of the same rule at meters below them explain, or of a rule
    that told the same first, and without amounts at a meter that began to miscount at the same time."""
    return [
        finding
        for finding in findings
        if not _explained(finding, findings, registry) and not _miscounted(finding, findings)
    ]


def _miscounted(finding: Finding, others: Sequence[Finding]) -> bool:
    return finding.size is not None and any(
        other.rule in MISCOUNTS
        and other.opens
        and (other.subject, other.quantity) == (finding.subject, finding.quantity)
        and abs(other.start - finding.start) <= SAME_ONSET
        for other in others
    )


def _explained(finding: Finding, others: Sequence[Finding], registry: Registry) -> bool:
    if finding.size is None:
        return False
    below = {meter_subject(key) for key in _below(finding.subject, registry)}
    first = TOLD_FIRST.get(finding.rule, frozenset())
    same = [
        other.size or 0.0
        for other in others
        if (other.rule == finding.rule or other.rule in first)
        and (other.subject in below or (other.rule in first and other.subject == finding.subject))
        and abs(other.start - finding.start) <= SAME_ONSET
        and (other.end is None) == (finding.end is None)
    ]
    return sum(same) >= EXPLAINED * finding.size and bool(same)


def _below(subject: str, registry: Registry) -> set[str]:
    """Return the keys of all meters under a meter, at any time of the registry."""
    parents = {
        key: {meter.parent, *(str(c.values["parent"]) for c in meter.changes if "parent" in c.values)}
        for key, meter in registry.meters.items()
    }
    found: set[str] = set()
    rim = {key for key in parents if meter_subject(key) == subject}
    while rim:
        rim = {key for key, above in parents.items() if above & rim} - found
        found |= rim
    return found
