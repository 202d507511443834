"""Everything the page shows at one moment, read through the ports in one go."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from campus.panel import Panel
from campus.registry import Registry
from campus.said import Said
from campus.schema import SCHOOL_SUBJECT, Point, SeriesId
from web.carbon import Carbon, carbon
from web.findings import Item, items, split
from web.freshness import Hanging, Heard, hanging, heard, register_ids
from web.names import SHOWN
from web.quality import Clash, Kept, Topic, clashes, kept, topics
from web.quota_state import Quotas
from web.standing import Head, head
from web.state import Bill, Computed, Saved, Unjudged, View
from web.today import Today, today
from web.tomorrow import Tomorrow, tomorrow
from web.windows import BY_DAYS, BY_HOURS, window_of

# How the names of the panels of projects begin.
SAVINGS = "savings_"
AHEAD = "ahead_"
BALANCE = "balance_"
GROUPS = ("hours", "days", "months", "strips", "savings", "ahead")


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel the page shows; `version` changes with the data behind it."""

    name: str
    title: Said
    note: Said
    version: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A school at one moment."""

    taken: datetime
    registry: Registry
    head: Head
    notices: tuple[Said, ...]
    findings: tuple[Item, ...]
    ended: tuple[Item, ...]
    today: tuple[Today, ...]
    tomorrow: Tomorrow
    carbon: Carbon
    meters: tuple[Heard, ...]
    hanging: tuple[Hanging, ...]
    computed: tuple[Computed, ...]
    unjudged: tuple[Unjudged, ...]
    savings: tuple[Saved, ...]
    cost: tuple[Bill, ...]
    quotas: Quotas | None
    kept: tuple[Kept, ...]
    clashes: tuple[Clash, ...]
    topics: tuple[Topic, ...]
    panels: Mapping[str, tuple[Shown, ...]]


def take(view: View) -> Snapshot:
    """Read the school's state now. Raises `StoreUnavailable` when the store does not answer."""
    registry, now = view.registry(), view.clock()
    panels = _selections(view, registry)
    latest = view.store.latest({*register_ids(registry), *(one for ids in panels.values() for one in ids)})
    meters = heard(registry, latest, now, view.clocks())
    lasting, ended = split(view, registry)
    found = items(view, lasting)
    unheard = topics(view)
    return Snapshot(
        taken=now,
        registry=registry,
        head=head(view, meters, found, len(unheard)),
        notices=tuple(view.notices()),
        findings=tuple(found),
        ended=tuple(items(view, ended)),
        today=tuple(today(view, registry, now)),
        tomorrow=tomorrow(view, registry, now),
        carbon=carbon(view, registry, now),
        meters=tuple(meters),
        hanging=tuple(hanging(registry, meters, now)),
        computed=tuple(view.computed()),
        unjudged=tuple(view.unjudged()),
        savings=tuple(view.savings()),
        cost=tuple(view.bills()),
        quotas=view.quotas(),
        kept=tuple(kept(view)),
        clashes=tuple(clashes(view, registry)),
        topics=tuple(unheard),
        panels=_grouped(view, registry, panels, latest),
    )


def _selections(view: View, registry: Registry) -> dict[str, list[SeriesId]]:
    """Return the series of each panel that has any for the school."""
    chosen = {name: panel.select(registry, SCHOOL_SUBJECT) for name, panel in view.charts.panels.items()}
    return {name: [entry.series for entry in entries] for name, entries in chosen.items() if entries}


def _grouped(
    view: View, registry: Registry, panels: Mapping[str, Sequence[SeriesId]], latest: Mapping[SeriesId, Point]
) -> dict[str, tuple[Shown, ...]]:
    """Return the panels by the part of the page they belong to, each in the order of the page's quantities."""
    groups: dict[str, list[tuple[int, Shown]]] = {name: [] for name in GROUPS}
    for name, ids in panels.items():
        panel = view.charts.panels[name]
        version = _version(registry, panel, view.clock(), [latest.get(one) for one in ids])
        shown = Shown(name, Said(panel.zh, panel.en), Said(panel.note_zh, panel.note_en), version)
        groups[_group(panel)].append((_rank(panel, ids), shown))
    return {
        key: tuple(shown for _, shown in sorted(group, key=lambda pair: pair[0])) for key, group in groups.items()
    }


def _group(panel: Panel) -> str:
    if panel.mark == "heatmap":
        return "strips"
    if panel.name.startswith(SAVINGS):
        return "savings"
    if panel.name.startswith(AHEAD):
        return "ahead"
    return "hours" if panel.window <= BY_HOURS else "days" if panel.window <= BY_DAYS else "months"


def _rank(panel: Panel, ids: Sequence[SeriesId]) -> int:
    """Return the place of a panel's first known quantity: single panels, those of several series, balances."""
    names = [one.name.rpartition("/")[2] for one in ids]
    place = next((SHOWN.index(name) for name in names if name in SHOWN), len(SHOWN))
    later = 2 if panel.name.startswith(BALANCE) else 1 if len({one.subject for one in ids}) > 1 else 0
    return place + later * (len(SHOWN) + 1)


def _version(registry: Registry, panel: Panel, now: datetime, points: Sequence[Point | None]) -> str:
    window = window_of(panel, now, registry.school.timezone)
    return hashlib.sha256(repr((registry.version, window, points)).encode()).hexdigest()[:12]
