"""What the parts of an explanation are handed: what was asked for, and lines that may name a further place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from analytics.boundary import Place
from campus.said import Said


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure by name: `demo/school/carbon/electricity/2026-11`, `demo/meter/e-main/electricity/2026-11-03`.

    `passed` is the end of the part that has passed, None for all of it.
    """

    school: str
    subject: str
    name: str
    resolution: str
    start: datetime
    end: datetime
    passed: datetime | None = None

    def at(self, place: Place) -> Asked:
        """Return the same time asked of another subject and quantity."""
        subject, quantity = place
        return replace(self, subject=subject, name=quantity)


# A depth with a sentence, or with a figure whose own explanation follows: that of a place over the same time, or any.
Line = tuple[int, Said | Place | Asked]
