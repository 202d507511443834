"""Electricity by the day against what was expected of it the day before, and what is expected of today."""

from __future__ import annotations

from datetime import timedelta

from campus.panel import Panel
from dashboards.selections import ahead

PANEL = Panel(
    name="ahead_electricity",
    zh="用电：预计与实际",
    en="Electricity: expected and used",
    mark="line",
    window=timedelta(days=14),
    select=ahead("electricity"),
    note_zh="灰线与灰带为预计",
    note_en="Grey: expected",
)
