"""One cause, one Finding: what another meter or rule explains better is not said again."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.shared_cause import SAME_ONSET, shared
from campus.registry import Registry
from campus.results import Finding
from campus.schema import meter_subject

# What is found below must explain at least this share of what is found above.
EXPLAINED = 0.5


# The rules that say outright what is wrong with a count: what seems used too much there is no use. Others say so of a
# finding by this fact, which names the meters.
MISCOUNTS = frozenset({"ratio_step", "unit_step"})
MISCOUNTED, OTHER = "miscounted", "other"
OUTRIGHT = MISCOUNTS | {"stuck", "replaced"}
# What is held against single hours means nothing as long as the count is wrong.
OF_HOURS = frozenset({"spike", "dip", "burst"})
# What a rule finds is the same as what one of these has found at the same meter or below it: that one told it first.
TOLD_FIRST = {
    "base_load_step": frozenset({"out_of_hours"}),
    # Who looks after the heating network finds its leak, and who sees all days sees the free ones.
    "night_flow": frozenset({"makeup_water"}),
    "heat_free_days": frozenset({"heat_weather", "simultaneous"}),
    "heat_weather": frozenset({"simultaneous"}),
}
# What comes from above: a supply that is cut is told at the highest meter that lacks it.
FROM_ABOVE = frozenset({"dip"})


def nearest(findings: Sequence[Finding], registry: Registry) -> list[Finding]:
    """Return the findings without those that findings of the same rule at meters below them explain, or of a rule
    that told the same first; without what comes from above and is told there; and without amounts at a meter that
    began to miscount at the same time. What most places below a meter share is told at that meter alone."""
    common = shared(findings, registry)
    return [
        finding
        for number, finding in enumerate(findings)
        if number not in common.elsewhere
        and (number in common.above or not _told_elsewhere(finding, findings, registry))
        and not _miscounted(finding, findings)
    ]


def _told_elsewhere(finding: Finding, others: Sequence[Finding], registry: Registry) -> bool:
    return (_from_above if finding.rule in FROM_ABOVE else _explained)(finding, others, registry)


def _miscounted(finding: Finding, others: Sequence[Finding]) -> bool:
    """Whether a finding is an amount at a meter that counts wrong, or says less well what is wrong with the count."""
    doubt = MISCOUNTED in finding.facts
    if finding.size is None and not doubt:
        return False
    return any(
        (other.rule in OUTRIGHT if doubt else other.rule in MISCOUNTS or MISCOUNTED in other.facts)
        and other is not finding
        and other.opens
        and other.quantity == finding.quantity
        and finding.subject in (other.subject, meter_subject(str(other.facts.get(OTHER, ""))))
        and _same_time(finding, other)
        for other in others
    )


def _same_time(finding: Finding, wrong: Finding) -> bool:
    """Whether a finding began with the wrong count, or stands on single hours of it."""
    if finding.rule in OF_HOURS and wrong.start - SAME_ONSET <= finding.start:
        return wrong.end is None or finding.start < wrong.end
    return abs(wrong.start - finding.start) <= SAME_ONSET


def _from_above(finding: Finding, others: Sequence[Finding], registry: Registry) -> bool:
    """Whether the same is found at a meter above, at a time they share."""
    return any(
        other.rule == finding.rule
        and other.start < (finding.end or finding.seen_until)
        and finding.start < (other.end or other.seen_until)
        and finding.subject in map(meter_subject, _below(other.subject, registry))
        for other in others
    )


def _explained(finding: Finding, others: Sequence[Finding], registry: Registry) -> bool:
    if finding.size is None:
        return False
    below = {meter_subject(key) for key in _below(finding.subject, registry)}
    first = TOLD_FIRST.get(finding.rule, frozenset())
    same: dict[str, float] = {}
    for other in others:
        below_it, told_first = other.subject in below, other.rule in first
        if (
            (
                (below_it and other.rule == finding.rule)
                or (told_first and (below_it or other.subject == finding.subject))
            )
            and abs(other.start - finding.start) <= SAME_ONSET
            and (other.end is None) == (finding.end is None)
        ):
            # What two rules say of one meter is one cause.
            same[other.subject] = max(same.get(other.subject, 0.0), other.size or 0.0)
    return bool(same) and sum(same.values()) >= EXPLAINED * finding.size


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
