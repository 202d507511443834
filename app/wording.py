"""The rules' own words, behind a port for page, mail and terminal."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.detector import detectors
from campus.results import Finding
from campus.said import Said

# The ledger outlives releases: a newer one may have written a rule this one does not have.
UNKNOWN = Said(
    "本版本没有名为 {} 的规则，说不出详情，请升级。",
    "This release has no rule named {}, so it cannot say more: upgrade.",
)


@dataclass(frozen=True, slots=True)
class Wording:
    """The rules' own words."""

    def message(self, finding: Finding, lang: str) -> str:
        """Return the sentence for the one who acts."""
        known = detectors().get(finding.rule)
        return known.message(finding, lang) if known else UNKNOWN.to(lang).format(finding.rule)

    def title(self, rule: str, lang: str) -> str:
        """Return the rule's name."""
        found = detectors().get(rule)
        if found is None:
            return rule
        return found.zh if lang == "zh" else found.en
