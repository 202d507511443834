"""Cooling by the day, thirty of them."""

from __future__ import annotations

from datetime import timedelta

from campus.panel import Panel
from dashboards.selections import days

PANEL = Panel(
    name="days_cold",
    zh="每日用冷",
    en="Cooling by the day",
    mark="bar",
    window=timedelta(days=30),
    select=days("cold"),
    note_zh="浅色为估算部分，虚框为今天",
    note_en="Pale: estimated; dashed frame: today",
)
