"""A flow that ran already has grown: since which day, by how much, in the plumber's words."""

from __future__ import annotations

from datetime import date

from analytics.wording import number
from campus.results import Finding

ON, BY = "grown_on", "grown_by"


def growth(day: date, more_m3_h: float) -> dict[str, str | float]:
    """Return the facts of a flow that was seen on a local day to have grown last, by so much [m³/h]."""
    return {ON: day.isoformat(), BY: more_m3_h}


def grew(finding: Finding, lang: str) -> str:
    """Return the sentence that it has grown, "" where it has not."""
    if ON not in finding.facts:
        return ""
    day, more = date.fromisoformat(str(finding.facts[ON])), number(float(finding.facts[BY]))
    if lang == "zh":
        return f"{day.month}月{day.day}日发现又大了{more}吨/小时。"
    return f"Seen on {day:%-d %b}, it grew by {more} m³/h. "
