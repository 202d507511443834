"""How well a pipe's findings compare with the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from campus.results import Finding
from campus.schema import from_ms, meter_subject
from sim.fault import Fault, Kind
from sim.registers import Track
from sim.truth import ALSO_SHOWN, RULES, to_be_found

# A finding may be dated this far from a fault's onset and still be that fault.
ONSET_EARLY, ONSET_LATE = timedelta(days=2), timedelta(days=7)
# What grows, or is judged by the free days or cold days there happen to be, is dated later.
SLOW = {
    Kind.DRIFT: timedelta(days=75),
    Kind.HEAT_FREE_DAYS: timedelta(days=21),
    Kind.HEAT_MORE: timedelta(days=14),
    Kind.STATION_EFFICIENCY: timedelta(days=14),
    Kind.NETWORK_LOSS: timedelta(days=14),
    Kind.PV_LOW: timedelta(days=21),
    Kind.CHILLER: timedelta(days=14),
    Kind.FREE_DAY_LOAD: timedelta(days=14),
}


@dataclass(frozen=True, slots=True)
class Score:
    """How findings compare with the truth: faults there were, those found, those missed, and findings of nothing."""

    injected: int
    found: int
    missed: tuple[Fault, ...]
    false: tuple[Finding, ...]


def score(track: Track, found: Sequence[Finding]) -> Score:
    """Return how the findings of a pipe compare with the faults there were.

    A fault is found by its rule, at its meter, dated near its onset. The same fault seen again at a meter above is
    neither a second one found nor a false one.
    """
    faults = to_be_found(track)
    missed = tuple(fault for fault in faults if not any(_is(fault, finding, _at(fault)) for finding in found))
    lines = [(fault, _line(track, fault)) for fault in faults]
    false = tuple(finding for finding in found if not any(_is(fault, finding, line) for fault, line in lines))
    return Score(len(faults), len(faults) - len(missed), missed, false)


def _at(fault: Fault) -> tuple[str, ...]:
    """Return the meters a fault is at: of two that traded places either tells of it."""
    return (fault.meter, fault.other) if fault.other else (fault.meter,)


def _line(track: Track, fault: Fault) -> tuple[str, ...]:
    """Return the meter of a fault, the one it traded places with, and those above it."""
    line = [*filter(None, (fault.other, fault.meter))]
    while parent := track.site.meters[line[-1]].parent:
        line.append(parent)
    return tuple(line)


def _is(fault: Fault, finding: Finding, meters: Sequence[str]) -> bool:
    onset = from_ms(fault.start_ms)
    near = onset - ONSET_EARLY <= finding.start <= onset + SLOW.get(fault.kind, ONSET_LATE)
    shown = finding.rule == RULES[fault.kind] or finding.rule in ALSO_SHOWN.get(fault.kind, ())
    return near and shown and finding.subject in map(meter_subject, meters)
