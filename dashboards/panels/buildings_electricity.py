"""Which building the electricity goes to, day by day."""

from __future__ import annotations

from datetime import timedelta

from campus.panel import Panel
from dashboards.selections import building_days

PANEL = Panel(
    name="buildings_electricity",
    zh="各楼每日用电",
    en="Electricity by building",
    mark="bar",
    window=timedelta(days=14),
    select=building_days("electricity"),
)
