"""A subject's days from the store, held against those of the year before, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import numpy as np
from rich.table import Table

from analytics.compare import REACH_DAYS, ByFestival, ByKind, Daily, Side
from campus.calendar import local_date, midnight
from campus.ports import Store
from campus.registry import School
from campus.said import Said
from campus.schema import DAY, DEGREE_DAYS_COOLING, DEGREE_DAYS_HEATING, FIGURE, SCHOOL_SUBJECT, SeriesId, from_ms

_DASH = "—"


def days(store: Store, school: School, which: tuple[str, str, int]) -> Daily:
    """Return the daily figures of a subject and name in a year, the year before it, and before a Spring Festival in
    that one's January."""
    subject, name, year = which
    series = SeriesId(FIGURE, subject, name, DAY)
    first, last = date(year - 1, 1, 1) - timedelta(days=REACH_DAYS), date(year + 1, 1, 1)
    window = midnight(first, school.timezone), midnight(last, school.timezone)
    rows = store.series([series], *window)[series]
    ordinals = [local_date(from_ms(at), school.timezone).toordinal() for at in rows.time_ms.tolist()]
    coverage = rows.fields.get("coverage", np.full(len(rows), np.nan))
    return Daily(np.array(ordinals, np.int64), rows.value, coverage)


def last_day(daily: Daily, school: School, now: datetime, year: int) -> date:
    """Return up to which day a year is compared: its last, or the last known one of a year that goes on."""
    end = date(year, 12, 31)
    inside = [ordinal for ordinal in daily.ordinal.tolist() if date.fromordinal(ordinal).year == year]
    newest = date.fromordinal(inside[-1]) if inside else date(year, 1, 1)
    yesterday = local_date(now, school.timezone) - timedelta(days=1)
    return end if yesterday >= end else min(newest, yesterday)


def by_kind(found: ByKind, unit: str) -> Table:
    """Return a comparison by kind of day as a table."""
    head = ("日型 kind of day", f"{_span(found.now)}", f"{_span(found.before)}", "每天 per day", "说明 remark")
    table = Table(*head, box=None)
    for row in found.rows:
        change = _DASH if row.change is None else f"{row.change:+.1%}"
        why = "" if row.reason is None else f"{row.reason.zh} / {row.reason.en}"
        table.add_row(f"{row.kind.zh} {row.kind.en}", _side(row.now, unit), _side(row.before, unit), change, why)
    return table


def _span(period: tuple[date, date]) -> str:
    return f"{period[0]} … {period[1]}"


def _side(side: Side, unit: str) -> str:
    mean = _DASH if side.mean is None else f"{side.mean:,.1f} {unit}"
    return f"{mean} × {side.days}（{side.known} 天有数 known）"


def remarks(found: ByKind, unit: str) -> Iterator[Said]:
    """Yield what explains the difference of the totals, and what is only assumed."""
    if found.by_days is None or found.by_use is None:
        yield Said(
            "有的日型不能比，总量的差别不分解",
            "a kind of day cannot be compared: the totals are not parted",
        )
    else:
        total = found.by_days + found.by_use
        parts = f"{found.by_days:+,.0f}", f"{found.by_use:+,.0f}", f"{total:+,.0f} {unit}"
        yield Said(
            f"总量（缺的日子按同类日平均）相差 {parts[2]}：天数不同占 {parts[0]}，每天用量不同占 {parts[1]}",
            f"the totals, unknown days as the mean of their kind, differ by {parts[2]}: {parts[0]} by the number of "
            f"days of each kind, {parts[1]} by the use of a day",
        )
    if found.assumed:
        yield Said(
            f"{found.assumed} 天的日型只是推定（校历或公历节假日没有覆盖）",
            f"the kind of {found.assumed} days is only assumed: neither terms nor public calendar cover them",
        )


def by_festival(found: ByFestival | Said, unit: str) -> Said:
    """Return what the days around Spring Festival came to, in words."""
    if isinstance(found, Said):
        return Said(f"春节对齐：不能比，{found.zh}", f"aligned to Spring Festival: cannot be compared, {found.en}")
    change = _DASH if found.change is None else f"{found.change:+.1%}"
    return Said(
        f"春节对齐（{found.festival} 对 {found.festival_before}）：{found.days} 天里 {found.pairs} 天两年都有数，"
        f"其中 {found.unlike} 天日型不同；{found.now:,.0f} 对 {found.before:,.0f} {unit}，{change}",
        f"aligned to Spring Festival ({found.festival} to {found.festival_before}): of {found.days} days "
        f"{found.pairs} are known in both years, {found.unlike} of another kind; {found.now:,.0f} to "
        f"{found.before:,.0f} {unit}, {change}",
    )


def degree_days(store: Store, school: School, found: ByKind) -> Iterator[Said]:
    """Yield the degree days of both periods, where the weather of all their days is known."""
    for name, called in ((DEGREE_DAYS_HEATING, "HDD18"), (DEGREE_DAYS_COOLING, "CDD26")):
        daily = days(store, school, (SCHOOL_SUBJECT, name, found.now[0].year))
        known = daily.known()
        sides = [[known.get(day) for day in _every(period)] for period in (found.now, found.before)]
        if all(value is not None for side in sides for value in side):
            now, before = (sum(value or 0.0 for value in side) for side in sides)
            yield Said(f"{called}：{now:.0f} 对 {before:.0f} K·d", f"{called}: {now:.0f} to {before:.0f} K·d")


def _every(period: tuple[date, date]) -> list[date]:
    return [period[0] + timedelta(days=n) for n in range((period[1] - period[0]).days + 1)]
