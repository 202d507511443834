"""The year's chart for the report: twelve months of carbon by source, days off shaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from app.annual_store import Year
from campus import calendar
from campus.panel import Panel
from campus.ports import Store
from campus.registry import Registry, School
from campus.said import Said
from campus.schema import SCHOOL_SUBJECT
from dashboards import chart
from dashboards.charts import catalogue
from dashboards.drawing import Drawing, Window
from dashboards.rows import rows_of, wall_ms
from reports.pdf import PICTURE_WIDTH, Picture

# The first of these that has anything to show: a school without factors has its days of electricity or water.
_PANELS = ("carbon_months", "days_electricity", "days_water")
# Days off in a row from which a stretch is shaded: a week of holidays, not a weekend with a bridge day.
SHADED_FROM = 5
_SHADE = "#e8ecf0"


def picture(registry: Registry, store: Store, span: Year, now: datetime) -> Picture | None:
    """Return the chart of a year, None where no panel has anything to show."""
    for name in _PANELS:
        panel = catalogue()[name]
        drawing = _drawing(panel, registry, store, (span, now))
        if any(row.value for _, rows in drawing.series for row in rows):
            off = [(wall_ms(a, drawing.zone), wall_ms(b, drawing.zone)) for a, b in days_off(registry.school, span)]
            document = _shaded(chart.spec(drawing), off)
            name_zh, name_en = f"{panel.zh}（灰底：假期）", f"{panel.en} (grey: days off)"
            return Picture(Said(name_zh, name_en), chart.svg(document, PICTURE_WIDTH))
    return None


def _drawing(panel: Panel, registry: Registry, store: Store, at: tuple[Year, datetime]) -> Drawing:
    """Return the panel's rows of the year; what follows is read too, since the last row of a series is drawn open."""
    (span, now), zone = at, registry.school.timezone
    selected = panel.select(registry, SCHOOL_SUBJECT)
    stored = store.series([entry.series for entry in selected], span.start, span.end + timedelta(days=1))
    every = ((entry, rows_of(entry, stored[entry.series], zone, now)) for entry in selected)
    drawn = tuple((entry, [row for row in rows if row.start < span.end]) for entry, rows in every)
    return Drawing(panel, drawn, (span.start, span.end), zone, now)


def days_off(school: School, span: Year) -> Iterator[Window]:
    """Yield the stretches of the year on which the school does not work, weekends alone left out."""
    kept: list[date] = []
    day, last = date(span.number, 1, 1), date(span.number, 12, 31)
    while day <= last + timedelta(days=1):
        free = day <= last and calendar.day_kind(day, school) not in calendar.WORKING
        if free:
            kept.append(day)
        elif kept:
            if len(kept) >= SHADED_FROM:
                yield calendar.midnight(kept[0], school.timezone), calendar.midnight(day, school.timezone)
            kept = []
        day += timedelta(days=1)


def _shaded(document: chart.Spec, off: list[tuple[int, int]]) -> chart.Spec:
    """Return the specification with grey stretches behind everything else."""
    layer = {
        "data": {"name": "off"},
        "mark": {"type": "rect", "color": _SHADE, "clip": True},
        "encoding": {"x": {"field": "t", "type": "temporal", "title": None}, "x2": {"field": "end"}},
    }
    rows = [{"t": start, "end": end} for start, end in off]
    return {**document, "layer": [layer, *document["layer"]], "datasets": {**document["datasets"], "off": rows}}
