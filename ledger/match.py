"""Which finding of a run is which episode: identity is given by the ledger and never by a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from campus.ports import Episode, State
from campus.results import Finding

# A finding that begins this soon after an episode ended is the same event come back.
RE_ARM = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Matched:
    """Pairs of episode and its finding now, findings that are new, and episodes no longer found."""

    known: tuple[tuple[Episode, Finding], ...]
    new: tuple[Finding, ...]
    gone: tuple[Episode, ...]


def match(episodes: Sequence[Episode], findings: Sequence[Finding], re_arm: timedelta = RE_ARM) -> Matched:
    """Pair findings with episodes of the same rule and subject, each used once.

    An episode and a finding belong together when their intervals overlap or lie less than `re_arm` apart. The
    longest overlap pairs first, so that an event split by corrected data stays with its longer part; an episode
    that was withdrawn is taken only where no other fits.
    """
    partners: dict[int, Finding] = {}
    free = set(range(len(findings)))
    for _, _, number, at in sorted(_pairs(episodes, findings, re_arm)):
        if number not in partners and at in free:
            partners[number] = findings[at]
            free.remove(at)
    return Matched(
        tuple((episode, partners[episode.id]) for episode in episodes if episode.id in partners),
        tuple(sorted((findings[at] for at in free), key=lambda finding: finding.start)),
        tuple(episode for episode in episodes if episode.id not in partners),
    )


def _pairs(
    episodes: Sequence[Episode], findings: Sequence[Finding], re_arm: timedelta
) -> list[tuple[bool, timedelta, int, int]]:
    """Return whether withdrawn, the gap, the episode's id and the finding's place, of all that fit."""
    return [
        (episode.state is State.WITHDRAWN, apart, episode.id, at)
        for episode in episodes
        for at, finding in enumerate(findings)
        if (apart := gap(episode.finding, finding)) < re_arm
    ]


def gap(one: Finding, other: Finding) -> timedelta:
    """Return the time between two findings; negative where they overlap, the more the longer.

    Those of two registers of one meter never meet.
    """
    if one.quantity != other.quantity:
        return timedelta.max
    return max(one.start, other.start) - min(one.end or one.seen_until, other.end or other.seen_until)
