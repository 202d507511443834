"""What a panel is: a selection of stored series and how to draw it; it computes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from campus.registry import Registry
from campus.schema import SeriesId

Mark = Literal["line", "bar", "band", "heatmap", "table", "number"]


@dataclass(frozen=True, slots=True)
class Selected:
    """One series of a panel: which rows, under which names, in which role; `by_hand` when people read its meters."""

    series: SeriesId
    zh: str
    en: str
    unit: str
    role: Literal["actual", "usual", "part"] = "actual"
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart of the catalogue: `select` gives the series to draw for a registry and a subject."""

    name: str
    zh: str
    en: str
    mark: Mark
    window: timedelta
    select: Callable[[Registry, str], list[Selected]]
    note_zh: str = ""
    note_en: str = ""
