"""What the page is given: one view per school, all of it through ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from campus.panel import Panel
from campus.ports import Ledger, Quarantine, Store
from campus.registry import Registry
from campus.results import Finding

Window = tuple[datetime, datetime]


class Charts(Protocol):
    """Draws the panels of the catalogue."""

    @property
    def panels(self) -> Mapping[str, Panel]:
        """The panels by name."""

    @property
    def script_version(self) -> str:
        """Names the content of `script`."""

    def script(self) -> str:
        """Return the JavaScript that defines `vegaEmbed`, to be served from our own address."""

    def spec(
        self, panel: Panel, subject: str, window: Window, *, lang: str = "zh", marks: tuple[Window, ...] = ()
    ) -> dict[str, Any]:
        """Return the Vega-Lite specification of a panel about `subject` over [start, end), `marks` shaded."""

    def svg(self, document: dict[str, Any], width: int = 720) -> str:
        """Return such a specification as SVG, `width` pixels wide."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class CarbonLine:
    """One source of a month's carbon: `value` [tCO₂], None for not enough data, and where its factor comes from.

    `memo` lines stand beside the total, not in it, such as the same use by the national factor; `explained` is the
    arithmetic in words, from hours to tonnes.
    """

    zh: str
    en: str
    value: float | None
    factor_text: str
    document: str
    clause: str
    confidence: str
    coverage: float
    estimated: float
    provisional: bool = False
    memo: bool = False
    explained: Said | None = None


def _no_carbon(_month_start: datetime) -> Sequence[CarbonLine]:
    return ()


def _no_notices() -> Sequence[Said]:
    return ()


@dataclass(frozen=True, slots=True)
class View:
    """One school as the page sees it; `message` and `title` are the rules' wording, `carbon` is by month start."""

    registry: Callable[[], Registry]
    store: Store
    ledger: Ledger
    quarantine: Quarantine
    charts: Charts
    message: Callable[[Finding, str], str]
    title: Callable[[str, str], str]
    clock: Callable[[], datetime]
    carbon: Callable[[datetime], Sequence[CarbonLine]] = _no_carbon
    notices: Callable[[], Sequence[Said]] = _no_notices
