"""Cooling by the hour, against the usual."""

from __future__ import annotations

from datetime import timedelta

from campus.panel import Panel
from dashboards.selections import hours

PANEL = Panel(
    name="hours_cold",
    zh="逐时用冷",
    en="Cooling by the hour",
    mark="line",
    window=timedelta(hours=48),
    select=hours("cold"),
    note_zh="虚线为未结束的小时",
    note_en="Dashed: the hour is still open",
)
