"""The picture in a letter: the meter's hours around what was found, as a PNG, since few mail readers show SVG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from alerts import amounts
from alerts.words import WORDS
from campus.calendar import ceil_hour
from campus.errors import CampusError
from campus.panel import Panel
from campus.ports import Episode
from campus.registry import Registry
from campus.results import Finding

Window = tuple[datetime, datetime]
# What is shown around an event where its rule names no windows, and at most, so that hours stay legible.
BEFORE, AFTER = timedelta(days=2), timedelta(days=1)
LONGEST = timedelta(days=10)
# What goes on is drawn up to the present while it is younger than this.
YOUNG = timedelta(days=30)


class Charts(Protocol):
    """Draws the panels of the catalogue."""

    @property
    def panels(self) -> Mapping[str, Panel]:
        """The panels by name."""

    def spec(
        self, panel: Panel, subject: str, window: Window, *, lang: str = "zh", marks: tuple[Window, ...] = ()
    ) -> dict[str, Any]:
        """Return the specification of a panel about `subject` over [start, end), `marks` shaded."""

    def png(self, document: dict[str, Any]) -> bytes:
        """Return such a specification as a PNG, of a width that a phone shows legibly."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG and what it shows in words."""

    png: bytes
    alt: str


def picture(charts: Charts, registry: Registry, episode: Episode, lang: str) -> Picture | None:
    """Return the picture of an episode, or None where no panel draws its hours or the store does not give them."""
    finding = episode.finding
    panel = charts.panels.get(f"hours_{finding.quantity}")
    if panel is None or not panel.select(registry, finding.subject):
        return None
    window = shown(finding)
    marks = ((finding.start, finding.end or finding.seen_until),)
    try:
        png = charts.png(charts.spec(panel, finding.subject, window, lang=lang, marks=marks))
    except (CampusError, ValueError):  # a store that is away, a chart that cannot be rendered: words suffice
        return None
    return Picture(png, _alt(registry, finding, (panel, window), lang))


def shown(finding: Finding) -> Window:
    """Return what is drawn: the hours the rule names; of what has ended, its last days and the return to usual."""
    if finding.end is None and finding.evidence:
        start, end = finding.evidence[0]
        young = finding.seen_until - finding.start <= YOUNG
        return start, max(end, ceil_hour(finding.seen_until)) if young else end
    end = ceil_hour((finding.end + AFTER) if finding.end else finding.seen_until)
    return max(ceil_hour(finding.start) - BEFORE, end - LONGEST), end


def _alt(registry: Registry, finding: Finding, drawn: tuple[Panel, Window], lang: str) -> str:
    panel, window = drawn
    zone = registry.school.timezone
    start, end = (amounts.day(instant.astimezone(zone).date(), lang) for instant in window)
    cut = finding.end is None and window[1] < finding.seen_until
    said = (
        WORDS["picture_bare" if finding.size is None else "picture"]
        .to(lang)
        .format(
            where=amounts.place(registry, finding.subject, lang),
            panel=(panel.en if lang == "en" else panel.zh).lower(),
            start=start,
            end=end,
            since=amounts.moment(finding.start, zone, lang),
        )
    )
    return said + WORDS["picture_cut"].to(lang) * cut
