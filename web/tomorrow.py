"""Tomorrow: what kind of day it is, its weather where one is forecast, and what is planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from campus.calendar import DayKind, day_kind, local_date, midnight, provisional
from campus.plans import KINDS, Plan, PlanKind
from campus.registry import Registry, School
from campus.said import Said
from campus.schema import FIGURE, FORECAST_TEMPERATURE, HOUR, SCHOOL_SUBJECT, SeriesId, to_ms
from web.state import View

# Hours of the day that must be forecast for it to have a lowest and a highest temperature.
LEAST_HOURS = 21
DAYS: dict[DayKind, Said] = {
    DayKind.CLASS: Said("教学日", "school day"),
    DayKind.WEEKEND: Said("周末", "weekend"),
    DayKind.HOLIDAY: Said("节假日", "holiday"),
    DayKind.VACATION: Said("寒暑假", "vacation"),
    DayKind.MAKEUP: Said("调休上课", "make-up school day"),
}
_EXAM = Said("考试", "exam")


@dataclass(frozen=True, slots=True)
class Tomorrow:
    """The next local day: its kind (`assumed` where neither terms nor public calendar cover it), the lowest and the
    highest temperature forecast [°C], None where none is, whether it is heated, and what is planned."""

    day: date
    kind: Said
    assumed: bool
    low_c: float | None
    high_c: float | None
    heated: bool | None
    plans: tuple[Said, ...]


def tomorrow(view: View, registry: Registry, now: datetime) -> Tomorrow:
    """Return what is known of the next local day."""
    school = registry.school
    day = local_date(now, school.timezone) + timedelta(days=1)
    window = midnight(day, school.timezone), midnight(day + timedelta(days=1), school.timezone)
    exam = any(term.kind == "exam" and term.first <= day <= term.last for term in school.terms)
    coming = [plan for plan in registry.plans if _touches(plan, window)]
    return Tomorrow(
        day=day,
        kind=_EXAM if exam else DAYS[day_kind(day, school)],
        assumed=provisional(day, school),
        heated=_heated(school, day),
        plans=tuple(_said(plan, registry) for plan in coming),
        **_temperatures(view, window, now),
    )


def _heated(school: School, day: date) -> bool | None:
    """Whether a day is heated; None where no season is registered."""
    return any(season.first <= day <= season.last for season in school.heating) if school.heating else None


def _touches(plan: Plan, window: tuple[datetime, datetime]) -> bool:
    return plan.start < window[1] and window[0] < plan.end


def _said(plan: Plan, registry: Registry) -> Said:
    """Return a plan in a few words: what, when of the day, where."""
    kind = KINDS[plan.kind]
    hours = "" if plan.daily is None else f" {plan.daily[0]:%H:%M}–{plan.daily[1]:%H:%M}"
    if plan.daily is None and plan.kind is not PlanKind.CLOSED:
        zone = registry.school.timezone
        hours = f" {plan.start.astimezone(zone):%m-%d %H:%M} – {plan.end.astimezone(zone):%m-%d %H:%M}"
    places = [registry.buildings[key] for key in plan.buildings if key in registry.buildings]
    zh, en = "、".join(one.name for one in places), ", ".join(one.name_en or one.name for one in places)
    return Said(f"{kind.zh}{hours}（{zh or '全校'}）", f"{kind.en}{hours} ({en or 'the whole school'})")


def _temperatures(view: View, window: tuple[datetime, datetime], now: datetime) -> dict[str, float | None]:
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, FORECAST_TEMPERATURE, HOUR)
    rows = view.store.series([series], *window)[series]
    # What stands there although it is over by now was forecast for another day.
    known = rows.value[(rows.time_ms >= to_ms(now)) & np.isfinite(rows.value)] if len(rows) else np.empty(0)
    if len(known) < LEAST_HOURS:
        return {"low_c": None, "high_c": None}
    return {"low_c": float(known.min()), "high_c": float(known.max())}
