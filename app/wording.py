"""The rules' own words, behind a port for page, mail and terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analytics import silence_words
from analytics.detector import Detector, detectors
from analytics.silence_words import Worded
from campus import trades
from campus.results import Finding
from campus.said import Said

NOTHING = Said("", "")
# The ledger outlives releases: a newer one may have written a rule this one does not have.
UNKNOWN = Said(
    "本版本没有名为 {} 的规则，说不出详情，请升级。",
    "This release has no rule named {}, so it cannot say more: upgrade.",
)


def rules() -> Mapping[str, Detector | Worded]:
    """Return every rule that makes findings, by name: those that judge a meter's hours, and those of the clock."""
    return {**detectors(), silence_words.RULE.name: silence_words.RULE}


@dataclass(frozen=True, slots=True)
class Wording:
    """The rules' own words."""

    def message(self, finding: Finding, lang: str) -> str:
        """Return the sentence for the one who acts."""
        known = rules().get(finding.rule)
        return known.message(finding, lang) if known else UNKNOWN.to(lang).format(finding.rule)

    def title(self, rule: str, lang: str) -> str:
        """Return the rule's name."""
        found = rules().get(rule)
        if found is None:
            return rule
        return found.zh if lang == "zh" else found.en

    def trade(self, rule: str) -> Said:
        """Return who acts on what a rule finds, empty for a rule this release does not have."""
        found = rules().get(rule)
        return NOTHING if found is None else trades.NAMES[found.trade]

    def closes(self, rule: str) -> Said:
        """Return what the meter must show for a finding to be over, empty for a rule this release does not have."""
        found = rules().get(rule)
        return NOTHING if found is None else found.closes
