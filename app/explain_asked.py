"""What the parts of an explanation are handed: what was asked for, and lines that may name a further place."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from analytics.boundary import Place

# A depth with a sentence, or with a place whose own explanation follows.
Line = tuple[int, str | Place]


class Asked(Protocol):
    """What is asked for, as `app.explain` keeps it."""

    @property
    def subject(self) -> str:
        """Whose figure it is."""

    @property
    def name(self) -> str:
        """The figure."""

    @property
    def resolution(self) -> str:
        """Year, month or day."""

    @property
    def start(self) -> datetime:
        """When its period begins."""

    @property
    def end(self) -> datetime:
        """When its period ends."""

    @property
    def passed(self) -> datetime | None:
        """The end of the part of it that has passed; None: all of it."""
