"""What most places below a meter show at once comes from above them, and is told there: one cause, one Finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from campus.registry import Registry
from campus.results import Finding

# Rules of what places may have from one cause: the supply's curve, a holiday on which nobody turned the station down,
# a supplier that goes on after the season.
SHARED = frozenset({"heat_weather", "heat_free_days", "heat_off_season"})
# Of these a meter above others is only told where most of them show the same: what one of them does, or what is lost
# on the way, is a matter of other findings.
ONLY_SHARED = frozenset({"heat_weather", "heat_free_days"})
# At least so many places, and this share of those below. Ours.
LEAST_PLACES, MOST = 2, 0.5
# The same cause shows at several places within this time of each other.
SAME_ONSET = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Shared:
    """Findings, by their place among all: those that are told `above`, and those told `elsewhere`."""

    above: frozenset[int]
    elsewhere: frozenset[int]


def shared(findings: Sequence[Finding], registry: Registry) -> Shared:
    """Return which findings tell of most places below them, and which are told by those, or by others below."""
    of_rule = [number for number, one in enumerate(findings) if one.rule in SHARED]
    above, elsewhere = set[int](), set[int]()
    for number in of_rule:
        one = findings[number]
        places = _below(one, registry)
        same = [n for n in of_rule if findings[n].subject in places and _alike(findings[n], one)]
        if len(same) >= LEAST_PLACES and len({findings[n].subject for n in same}) >= MOST * len(places):
            above.add(number)
            elsewhere.update(same)
        elif places and one.rule in ONLY_SHARED:
            elsewhere.add(number)
    return Shared(frozenset(above - elsewhere), frozenset(elsewhere))


def _below(one: Finding, registry: Registry) -> set[str]:
    """Return the subjects of the meters right below the meter of a finding that count the same quantity."""
    return {
        f"meter/{key}"
        for key, meter in registry.meters.items()
        if meter.register(one.quantity) is not None and f"meter/{meter.at(one.seen_until).parent}" == one.subject
    }


def _alike(one: Finding, other: Finding) -> bool:
    near = abs(one.start - other.start) <= SAME_ONSET
    return one.rule == other.rule and near and (one.end is None) == (other.end is None)
