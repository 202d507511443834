"""The charts port over a store: a panel of the catalogue, a subject and a window become a specification or SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from campus.catalogue import load
from campus.panel import Panel
from campus.ports import Store
from campus.registry import Registry
from dashboards import chart, panels
from dashboards.drawing import Drawing, Window
from dashboards.rows import rows_of


def catalogue() -> Mapping[str, Panel]:
    """Return the panels by name; raises `CatalogueBroken` for an empty, silent or doubled entry."""
    return load(panels, "PANEL")


@dataclass(frozen=True, slots=True)
class StoreCharts:
    """Draws the panels of the catalogue from a school's store and its registry of the moment."""

    store: Store
    registry: Callable[[], Registry]
    clock: Callable[[], datetime]
    panels: Mapping[str, Panel] = field(default_factory=catalogue)

    def spec(
        self, panel: Panel, subject: str, window: Window, *, lang: str = "zh", marks: tuple[Window, ...] = ()
    ) -> chart.Spec:
        """Return the Vega-Lite specification of a panel about `subject` over [start, end)."""
        registry = self.registry()
        selected = panel.select(registry, subject)
        stored = self.store.series([entry.series for entry in selected], *window)
        zone, now = registry.school.timezone, self.clock()
        drawn = tuple((entry, rows_of(entry, stored[entry.series], zone, now)) for entry in selected)
        return chart.spec(Drawing(panel, drawn, window, zone, now, lang, marks))

    @property
    def script_version(self) -> str:
        """The version of the chart libraries: the same version, the same script."""
        return chart.script_version()

    def script(self) -> str:
        """Return the JavaScript that draws specifications in a browser (0.9 MB; takes two seconds, once)."""
        return chart.script()

    def svg(self, document: chart.Spec, width: int = 720) -> str:
        """Return a specification of `spec` as SVG, `width` pixels wide."""
        return chart.svg(document, width)

    def png(self, document: chart.Spec) -> bytes:
        """Return a specification of `spec` as a PNG for a mail."""
        return chart.png(document)
