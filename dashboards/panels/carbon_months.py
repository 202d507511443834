"""Carbon of the last twelve months, by source."""

from __future__ import annotations

from datetime import timedelta

from campus.panel import Panel
from dashboards.selections import carbon_months

PANEL = Panel(
    name="carbon_months",
    zh="每月碳排放",
    en="Carbon by the month",
    mark="bar",
    window=timedelta(days=365),
    select=carbon_months,
)
