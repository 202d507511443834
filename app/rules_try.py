"""Rules tried on a school's past: what they would have found in a year, and what the ledger knows of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from analytics.detector import Detector, NotJudged
from analytics.nearest import nearest
from app import trial
from app.past import Past
from campus.ports import Episode, Rows, State
from campus.registry import Registry
from campus.results import Finding

# Somebody went and it was so, or took it on: the ledger confirms it. Left as it is, or vanished with the data: not.
CONFIRMED = frozenset(
    {State.ACKNOWLEDGED, State.IN_WORK, State.REPAIRED, State.REOPENED, State.CLOSED_BY_METER},
)
REFUTED = frozenset({State.DISMISSED, State.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule would have found in a window: `every` finding at every meter, `merged` each cause once with the
    episode the ledger has of it, and how many meters could not be judged, by the reason."""

    every: tuple[Finding, ...]
    merged: tuple[tuple[Finding, Episode | None], ...]
    judged: int
    not_judged: tuple[tuple[NotJudged, int], ...]

    def confirmed(self) -> int:
        """Return how many of the merged findings the ledger confirms."""
        return sum(episode is not None and episode.state in CONFIRMED for _, episode in self.merged)

    def refuted(self) -> int:
        """Return how many of the merged findings somebody left as they were, or corrected data took back."""
        return sum(episode is not None and episode.state in REFUTED for _, episode in self.merged)


def try_rule(
    rule: Detector, school: tuple[Registry, Rows], window: tuple[datetime, datetime], episodes: Sequence[Episode]
) -> Tried:
    """Return what a rule says of a school's window, judged with the data up to its end and nothing later."""
    registry, rows = school
    start, end = window
    told = trial.said(registry, Past(rows, end), end, {rule.name: rule})
    every = [one for one in trial.findings(told) if (one.end or end) > start]
    merged = nearest(every, registry)
    silent = [one.verdict for one in told if isinstance(one.verdict, NotJudged)]
    return Tried(
        tuple(every),
        tuple((one, _episode(one, episodes, end)) for one in merged),
        len(told) - len(silent),
        tuple(Counter(silent).most_common()),
    )


def _episode(finding: Finding, episodes: Iterable[Episode], end: datetime) -> Episode | None:
    """Return the ledger's episode of the same rule and subject whose time overlaps, the longest of several."""
    over = [
        (_overlap(finding, one.finding, end), one)
        for one in episodes
        if (one.finding.rule, one.finding.subject) == (finding.rule, finding.subject)
    ]
    best = max(over, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] > 0 else None


def _overlap(one: Finding, other: Finding, end: datetime) -> float:
    first = max(one.start, other.start)
    last = min(one.end or end, other.end or datetime.max.replace(tzinfo=UTC))
    return (last - first).total_seconds()


def summary(tried: Mapping[str, Tried]) -> tuple[str, str]:
    """Return the sentence in both languages: found, after merging, confirmed."""
    every = tried.values()
    found, merged = sum(len(one.every) for one in every), sum(len(one.merged) for one in every)
    confirmed, refuted = sum(map(Tried.confirmed, every)), sum(map(Tried.refuted, every))
    unknown = merged - confirmed - refuted
    return (
        f"会找到 {found} 处，合并后 {merged} 件；台账确认 {confirmed} 件，否定 {refuted} 件，没有记录 {unknown} 件。",
        f"Would have found {found}, after merging {merged}; the ledger confirms {confirmed}, refutes {refuted}, "
        f"and knows nothing of {unknown}.",
    )
