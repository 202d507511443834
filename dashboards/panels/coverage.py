"""Which hours of each meter are measured, estimated or unknown."""

from __future__ import annotations

from datetime import timedelta

from campus.panel import Panel
from dashboards.selections import meter_hours

PANEL = Panel(
    name="coverage",
    zh="近七天采集",
    en="Readings of seven days",
    mark="heatmap",
    window=timedelta(days=7),
    select=meter_hours,
    note_zh="空白为未知，不按 0 计",
    note_en="Blank: unknown, never counted as 0",
)
