"""The chart of a saving: what was used against what would have been without the project, within its band."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from app import savings_figures
from app.metered import instants
from app.savings import Judged
from campus.registry import Registry
from campus.schema import project_subject
from dashboards import chart
from dashboards.charts import catalogue
from dashboards.drawing import Drawing
from dashboards.rows import rows_of

_PANEL = "savings_days"


def draw(registry: Registry, judged: Judged, now: datetime, lang: str) -> chart.Spec:
    """Return the chart of a whole reporting period."""
    panel, whole = catalogue()[_PANEL], judged.whole
    selected = panel.select(registry, project_subject(judged.project.key, whole.quantity))
    daily, zone = savings_figures.daily(registry, judged), registry.school.timezone
    drawn = tuple((entry, rows_of(entry, daily[entry.series], zone, now)) for entry in selected)
    window = instants(registry, (whole.first, whole.until))
    return chart.spec(Drawing(panel, drawn, window, zone, now, lang))


def write(document: chart.Spec, path: Path) -> None:
    """Write a chart as SVG, or as PNG where the name says so."""
    if path.suffix.lower() == ".png":
        path.write_bytes(chart.png(document))
    else:
        path.write_text(chart.svg(document), encoding="utf-8")
