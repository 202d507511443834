"""Weather in words and tables: what a file was taken for, what is kept, its gaps, its degree days by month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import numpy as np
from rich.table import Table

from analytics.degree_days import COOLING_BASE_C, HEATING_BASE_C
from analytics.hours import Numbers
from analytics.weather_hours import Label
from app import weather_store
from app.weather_follow import Last
from app.weather_import import Understood, doubtful, window
from campus.calendar import local_date, midnight
from campus.ports import Store
from campus.registry import School
from campus.schema import (
    DAY,
    DEGREE_DAYS_COOLING,
    DEGREE_DAYS_HEATING,
    FIGURE,
    FORECAST_IRRADIANCE,
    FORECAST_TEMPERATURE,
    SCHOOL_SUBJECT,
    WEATHER_HUMIDITY,
    WEATHER_IRRADIANCE,
    WEATHER_TEMPERATURE,
    SeriesId,
)

NAMES = {
    WEATHER_TEMPERATURE: ("气温 temperature", "°C"),
    WEATHER_HUMIDITY: ("相对湿度 humidity", "%"),
    WEATHER_IRRADIANCE: ("总辐射 irradiance", "W/m²"),
    FORECAST_TEMPERATURE: ("预报气温 forecast temperature", "°C"),
    FORECAST_IRRADIANCE: ("预报总辐射 forecast irradiance", "W/m²"),
}
_LABELS = {
    Label.INSTANT: "该时刻的值 at that time",
    Label.START: "其后的平均 mean from then on",
    Label.END: "其前的平均 mean up to then",
}
_SHOWN_GAPS, _SHOWN_ROWS = 5, 5
CREDIT = "Open-Meteo.com (CC BY 4.0)"


def understood(found: Understood, school: School) -> Iterator[str]:
    """Yield what a file was taken for, and what of it was left out."""
    file = found.file
    for column in file.columns:
        name, unit = NAMES[column.figure]
        yield f"  {column.heading} → {name} [{unit}], {_LABELS[found.labels[column.figure]]}"
    yield f"  时钟 clock: {file.clock}"
    if (span := window(found)) is not None:
        first, last = (f"{at.astimezone(school.timezone):%Y-%m-%d %H:%M}" for at in span)
        yield f"  {first} … {last} {school.timezone.key}"
    for number, why in file.left_out[:_SHOWN_ROWS]:
        yield f"  第{number}行 row {number}: {why.zh} / {why.en}"
    if len(file.left_out) > _SHOWN_ROWS:
        yield f"  … {len(file.left_out)}"
    if found.impossible:
        yield f"  {found.impossible} 个值不可能，没有采用 / {found.impossible} values cannot be true, left out"
    if doubtful(found):
        assert found.noon_off_h is not None
        off = f"{found.noon_off_h:+.1f}"
        yield f"? 太阳的正午偏了 {off} 小时，时区或 --times 可能不对 / the sun's noon is off by {off} h: check both"


def kept(store: Store, school: School) -> Table:
    """Return what is kept by figure: from when to when, how much of it, and where gaps are."""
    table = Table("", "从 from", "到 to", "已知 known", "缺口 gaps", box=None)
    for figure, (name, unit) in NAMES.items():
        span = weather_store.span(store, figure)
        if span is None:
            continue
        hours = weather_store.read(store, figure, span)
        holes = weather_store.gaps(hours)
        share = float(np.isfinite(hours.value).mean())
        first, last = (_moment(at, school) for at in span)
        table.add_row(f"{name} [{unit}]", first, last, f"{share:.1%}", _holes(holes, school))
    return table


def _holes(holes: list[tuple[datetime, datetime]], school: School) -> str:
    longest = sorted(holes, key=lambda hole: hole[0] - hole[1])[:_SHOWN_GAPS]
    listed = [f"{_moment(a, school)}（{(b - a) // timedelta(hours=1)} h）" for a, b in sorted(longest)]
    return f"{len(holes)}: {', '.join(listed)}" if holes else "0"


def _moment(at: datetime, school: School) -> str:
    return f"{at.astimezone(school.timezone):%Y-%m-%d %H:%M}"


def months(store: Store, school: School, year: int) -> Table:
    """Return a year's degree days by month, each with the days it is made of; the running month too."""
    hdd, cdd = f"HDD{HEATING_BASE_C:g} [K·d]", f"CDD{COOLING_BASE_C:g} [K·d]"
    table = Table("月 month", "天数 days", "平均 mean [°C]", hdd, cdd, box=None)
    for month in range(1, 13):
        first = date(year, month, 1)
        after = (first + timedelta(days=32)).replace(day=1)
        days = [_days(store, school, (name, first, after)) for name in _DAILY]
        if len(days[0]):
            length = (after - first).days
            mean, *sums = float(days[0].mean()), *(float(part.sum()) for part in days[1:])
            row = f"{mean:.1f}", *(f"{total:.0f}" for total in sums)
            table.add_row(f"{year}-{month:02d}", f"{len(days[0])}/{length}", *row)
    return table


_DAILY = (WEATHER_TEMPERATURE, DEGREE_DAYS_HEATING, DEGREE_DAYS_COOLING)


def _days(store: Store, school: School, which: tuple[str, date, date]) -> Numbers:
    name, first, after = which
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, name, DAY)
    rows = store.series([series], midnight(first, school.timezone), midnight(after, school.timezone))[series]
    return rows.value if len(rows) else np.empty(0)


def years(store: Store, school: School) -> list[int]:
    """Return the local years of which temperatures are kept."""
    span = weather_store.span(store, WEATHER_TEMPERATURE)
    if span is None:
        return []
    first, last = (local_date(at, school.timezone).year for at in (span[0], span[1] - timedelta(hours=1)))
    return list(range(first, last + 1))


def fetched(noted: Last, school: School) -> str:
    """Return how the last fetch went."""
    when = _moment(noted.at, school)
    if noted.came:
        return f"上次获取 last fetched: {when}, {noted.text}. 数据 data: {CREDIT}"
    return f"上次获取失败 the last fetch failed: {when}: {noted.text}"
