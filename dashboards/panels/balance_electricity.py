"""Electricity that no sub-meter accounts for, by the day."""

from __future__ import annotations

from datetime import timedelta

from campus.panel import Panel
from dashboards.selections import balance_days

PANEL = Panel(
    name="balance_electricity",
    zh="总表与分表之差（电）",
    en="Electricity in no sub-meter",
    mark="line",
    window=timedelta(days=30),
    select=balance_days("electricity"),
    note_zh="占总表进来的百分比；有缺数的日子没有",
    note_en="Share of what flows in at the meter above; none on days with a gap",
)
