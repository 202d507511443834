"""The highest quarter hour of each day, of accounts billed by demand."""

from __future__ import annotations

from datetime import timedelta

from campus.panel import Panel
from dashboards.selections import demand_days

PANEL = Panel(
    name="days_demand",
    zh="每日最大需量",
    en="Highest demand by the day",
    mark="line",
    window=timedelta(days=30),
    select=demand_days,
    note_zh="15分钟平均功率的最大值；只有按需量计费的户号才有",
    note_en="Highest mean of a quarter hour; only of accounts billed by demand",
)
