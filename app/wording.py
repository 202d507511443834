"""The rules' own words, behind a port for page, mail and terminal."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.detector import detectors
from campus.results import Finding


@dataclass(frozen=True, slots=True)
class Wording:
    """The rules' own words."""

    def message(self, finding: Finding, lang: str) -> str:
        """Return the sentence for the one who acts."""
        return detectors()[finding.rule].message(finding, lang)

    def title(self, rule: str, lang: str) -> str:
        """Return the rule's name."""
        found = detectors()[rule]
        return found.zh if lang == "zh" else found.en
