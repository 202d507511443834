"""Heat saved by each project, by the month."""

from __future__ import annotations

from datetime import timedelta

from campus.panel import Panel
from dashboards.selections import saving_months

PANEL = Panel(
    name="savings_heat",
    zh="各项目每月省热",
    en="Heat saved by project and month",
    mark="bar",
    window=timedelta(days=365),
    select=saving_months("heat"),
    note_zh="与封存的基准相比；零以下为多用",
    note_en="Against the frozen baseline; below zero: more was used",
)
