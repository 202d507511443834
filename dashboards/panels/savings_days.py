"""A project by the day: what its meters used, against what they would have used without it."""

from __future__ import annotations

from datetime import timedelta

from campus.panel import Panel
from dashboards.selections import project_days

PANEL = Panel(
    name="savings_days",
    zh="改造前后对比",
    en="With and without the project",
    mark="line",
    window=timedelta(days=365),
    select=project_days,
    note_zh="灰线为不改造会用多少，灰带内十天有九天",
    note_en="Grey: what would have been used without it; nine days in ten lie in the band",
)
