"""Which finding of a new run is which episode: identity is given by the ledger and never by a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from campus.ports import Episode, State
from campus.results import Finding

OPEN, CLOSED_BY_METER, WITHDRAWN = State.NEW, State.CLOSED_BY_METER, State.WITHDRAWN

# A finding that begins this soon after an episode ended is the same event come back.
RE_ARM = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Matched:
    """Pairs of episode and its finding now, findings that are new, and episodes no longer found."""

    known: tuple[tuple[Episode, Finding], ...]
    new: tuple[Finding, ...]
    gone: tuple[Episode, ...]


def match(episodes: Sequence[Episode], findings: Sequence[Finding], re_arm: timedelta = RE_ARM) -> Matched:
    """Pair findings with episodes of the same rule and subject, the earliest first, each used once.

    An episode and a finding belong together when their intervals overlap or lie less than `re_arm` apart; of
    several the one with the longest overlap is taken, then the oldest.
    """
    free = sorted(episodes, key=lambda episode: episode.id)
    known, new = [], []
    for finding in sorted(findings, key=lambda f: f.start):
        near = [episode for episode in free if _gap(episode.finding, finding) < re_arm]
        if near:
            best = min(near, key=lambda episode: (_gap(episode.finding, finding), episode.id))
            free.remove(best)
            known.append((best, finding))
        else:
            new.append(finding)
    return Matched(tuple(known), tuple(new), tuple(free))


def _gap(one: Finding, other: Finding) -> timedelta:
    """Return the time between two findings; negative where they overlap, the more the longer."""
    return max(one.start, other.start) - min(one.end or one.seen_until, other.end or other.seen_until)


def state_of(finding: Finding) -> State:
    """Return the state a finding alone gives an episode: the meter ends it."""
    return OPEN if finding.end is None else CLOSED_BY_METER
