"""Where a yearly indicator, its quota and its landing come from: arithmetic, clause, and the energies in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from analytics.indicators import NAMES
from analytics.outlook import HELD
from analytics.shares import NAMES as SHARES
from app import explain_forecast, explain_shares, quota_ask, quota_text
from app.explain_asked import Asked, Line
from app.outlook_figures import FORECAST, FORECAST_OF
from app.plain_figures import PLAIN
from app.quota_told import Told, YearTold
from app.year_figures import CHANCE, INTENSITY, LANDING, PER_AREA, PER_HEAD, QUOTA
from campus import calendar
from campus.ports import Store
from campus.registry import Registry
from campus.said import Said, both
from campus.schema import DAY, MONTH, SCHOOL_SUBJECT, YEAR

_YEARLY = (INTENSITY, QUOTA, LANDING, CHANCE)


def _is_forecast(name: str) -> bool:
    return name.startswith(FORECAST)


def known(registry: Registry, subject: str, name: str, resolution: str) -> bool:
    """Whether a name is such a figure of the subject."""
    if name in {one.name for one in PLAIN}:
        return resolution == YEAR and (subject == SCHOOL_SUBJECT or subject.startswith("building/"))
    if subject != SCHOOL_SUBJECT:
        return False
    if name.startswith(FORECAST):
        return resolution in (DAY, MONTH) and name.removeprefix(FORECAST) in FORECAST_OF
    if resolution != YEAR:
        return False
    prefix = next((one for one in _YEARLY if name.startswith(one)), None)
    if prefix is None:
        return name in SHARES
    key = name.removeprefix(prefix)
    quarter = key.startswith("water/q") and prefix in (LANDING, CHANCE)
    ways = {registry.school.heating_type, *(b.heating_type for b in registry.buildings.values())}
    kind, _, way = key.partition("/")
    return quarter or key in (PER_HEAD, PER_AREA) or (kind in NAMES and (not way or way in ways))


def lines(asked: Asked, store: Store, registry: Registry) -> Iterator[Line]:
    """Yield the explanation: sentences, and places whose own explanation follows."""
    for belongs, told_of in ((explain_shares.belongs, explain_shares.lines), (_is_forecast, explain_forecast.lines)):
        if belongs(asked.name):
            yield from told_of(asked, store, registry)
            return
    year = calendar.local_date(asked.start, registry.school.timezone).year
    told, until = quota_ask.asked(store, registry, year, asked.passed or asked.end)
    key = asked.name.partition("/")[2]
    if key.startswith("water/q"):
        yield from _quarter(told, int(key[-1]))
        return
    yield from _indicator(told, registry, key, until)


def _indicator(told: YearTold, registry: Registry, key: str, until: date) -> Iterator[Line]:
    found = _of(told, key)
    if found is None:
        yield 0, Said(f"{key}：今年没有这一项", f"{key}: no such indicator this year")
        return
    for number, line in enumerate(quota_text.indicator(found, registry)):
        yield (0 if number == 0 else 1), Said(line.zh.strip(), line.en.strip())
    if found.landing is not None and found.landing.outlook is not None:
        yield 1, _how(found.landing.outlook.days, found.landing.outlook.scatter.sigma, until)
    for term, _ in found.parts:
        if term.factor is not None:
            row = term.factor
            place = " ".join(part for part in (row.document, row.clause) if part)
            value = f"{row.value:g} {row.unit_out}/{row.unit_in}"
            yield 1, both(f"{row.id}: {row.what} {value}; {place}; {row.confidence}")
    for subject, quantity in dict.fromkeys((term.subject, term.quantity) for term, _ in found.parts):
        yield 1, (subject, quantity)


def _of(told: YearTold, key: str) -> Told | None:
    if key == PER_HEAD:
        return told.per_head
    if key == PER_AREA:
        return told.per_area
    return next((one for one in told.told if one.indicator.key == key), None)


def _how(days: int, sigma: float, until: date) -> Said:
    known, spread = f"{until:%Y-%m-%d}", f"{sigma:.3f}"
    return Said(
        f"{days} 天还不知道（数据到 {known}）：按前两年同样的日子与最近的水平推算，"
        f"误差取自以往同样的推算（对数标准差 {spread}），区间 {HELD:.0%}",
        f"{days} days are not known yet (data until {known}): taken like the same days of the last two years at the "
        f"present level; how sure, from past forecasts alike (standard deviation of the logarithm {spread})",
    )


def _quarter(told: YearTold, number: int) -> Iterator[Line]:
    for one in told.quarters:
        if one.plan.quarter == number:
            yield from ((1 if n else 0, line) for n, line in enumerate(quota_text.quarter(one)))
            yield 1, (SCHOOL_SUBJECT, "water")
            return
    yield 0, Said("这个季度没有用水计划，或还没有开始", "no water plan of this quarter, or it has not begun")
