"""Where a figure comes from: the name it is asked by, and who tells of what."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app import account_explain, balances, explain_carbon, explain_year, savings_explain
from app.explain_asked import Asked, Line
from app.explain_use import placed, virtual_of
from app.toml_fields import nearest
from campus import calendar
from campus.errors import WrongUse
from campus.ports import Store
from campus.registry import Registry
from campus.said import Said
from campus.schema import BALANCE, DAY, HOUR, MONTH, SCHOOL_SUBJECT, YEAR, account_subject, meter_subject
from campus.units import QUANTITIES

_PERIOD = re.compile(r"((?:19|20|21)\d{2})(?:-(0[1-9]|1[0-2])(?:-(\d{2})(?:T([01]\d|2[0-3]))?)?)?")
# Beside the lines of each source: the total, by the national factor, and a year's by the factors of the year before.
_CARBON = "carbon/"
_CARBON_OF_ALL = ("total", "total_national", "total_fixed", "electricity_national")
_FORMS = (
    "school/electricity/2026-11    (2026, 2026-11-03, 2026-11-03T14)",
    "meter/KEY/water/2026-11-03    (building/KEY, virtual/KEY)",
    "meter/KEY/balance/electricity/2026-11-03",
    "school/carbon/total/2026-11",
    "school/intensity/per_person/2026    (quota, landing, share, forecast)",
    "account/KEY/bill/2026-11    (demand/max, power_factor)",
)


class NoSuchFigure(WrongUse):
    """A name that is no figure of this installation."""


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the explanation at a depth of its own."""

    depth: int
    text: str


def ask(figure: str, registries: Mapping[str, Registry]) -> Asked:
    """Return what a figure's name asks for. Raises `NoSuchFigure` with what would be one."""
    parts = figure.strip("/").split("/")
    known = ", ".join(sorted(registries)) or "none"
    if parts[0] not in registries:
        raise NoSuchFigure(
            f"没有学校 {parts[0]!r}，要写 学校/对象/量/时间 / no school {parts[0]!r} (registered: {known})"
            f"{nearest(parts[0], registries)}; write school/subject/figure/period"
        )
    registry = registries[parts[0]]
    width = 1 if parts[1:2] == [SCHOOL_SUBJECT] else 2
    subject, name = "/".join(parts[1 : 1 + width]), "/".join(parts[1 + width : -1])
    window = _window(parts[-1], registry)
    if window is None or not _is_figure(registry, subject, name, window[0]):
        hint = _besides(registry, subject, name, None if window is not None else parts[-1])
        one_of = "".join(f"\n  {parts[0]}/{form}" for form in _FORMS)
        raise NoSuchFigure(f"{figure!r} 不是一个数 / is no figure{hint}\n可以写 / write, such as:{one_of}")
    return Asked(parts[0], subject, name, *window)


def _is_figure(registry: Registry, subject: str, name: str, resolution: str) -> bool:
    if account_explain.known(registry, subject, name, resolution):
        return True
    if subject not in registry.subjects():
        return False
    counts = _counted(registry, subject)
    if counts is not None and (name in QUANTITIES or virtual_of(registry, subject) is not None):
        return name in counts
    return (
        name in QUANTITIES
        or name.removeprefix(_CARBON) in {*QUANTITIES, *_CARBON_OF_ALL}
        or (subject == SCHOOL_SUBJECT and savings_explain.told(registry, name) is not None)
        or explain_year.known(registry, subject, name, resolution)
        or balances.told(registry, subject, name, resolution)
    )


def _counted(registry: Registry, subject: str) -> list[str] | None:
    """Return the quantities that a meter or virtual meter counts; None of any other subject."""
    virtual, meter = virtual_of(registry, subject), registry.meters.get(subject.removeprefix(meter_subject("")))
    if virtual is not None:
        return [virtual.quantity.key]
    if meter is None or subject != meter_subject(meter.key):
        return None
    return [register.quantity.key for register in meter.registers]


def _besides(registry: Registry, subject: str, name: str, period: str | None) -> str:
    """Return why a name is no figure and what helps, "" where nothing is known; `period` is one that is none."""
    if name.startswith(("weather/", "degree_days/")):
        return "：天气请看 / of the weather tells `campus weather show`"
    known = {*registry.subjects(), *(account_subject(key) for key in registry.accounts)}
    if subject not in known:
        return f"：没有登记 {subject!r} / {subject!r} is not registered{nearest(subject, known)}"
    if period is not None:
        return f"：{period!r} 不是年、月、日或小时 / {period!r} is no year, month, day or hour"
    counts = _counted(registry, subject)
    return "" if counts is None else f"：{subject} 只计 / {subject} has {', '.join(counts)}"


def _window(period: str, registry: Registry) -> tuple[str, datetime, datetime] | None:
    """Return what a period spans, None where it is none: 2026-13, 2026-02-30."""
    found = _PERIOD.fullmatch(period)
    zone = registry.school.timezone
    year, month, day, hour = (int(text) if text else None for text in (found.groups() if found else (None,) * 4))
    if year is None or (day is not None and not 0 < day <= monthrange(year, month or 1)[1]):
        return None
    start = calendar.midnight(date(year, month or 1, day or 1), zone)
    if month is None:
        return YEAR, *next(iter(calendar.years(start, start + calendar.HOUR, zone)))
    if hour is not None:
        return HOUR, start + timedelta(hours=hour), start + timedelta(hours=hour + 1)
    if day is not None:
        return DAY, start, calendar.midnight(date(year, month, day) + timedelta(days=1), zone)
    return MONTH, *next(iter(calendar.months(start, start + calendar.HOUR, zone)))


def explain(asked: Asked, store: Store, registry: Registry, lang: str, now: datetime | None = None) -> list[Step]:
    """Return the explanation from the figure down to readings; what is enough of a period is so of it until `now`."""
    least = calendar.HOUR if asked.name.startswith(_CARBON) else timedelta(minutes=1)
    asked = replace(asked, passed=asked.end if now is None else min(asked.end, max(now, asked.start + least)))
    if now is not None and asked.start >= now and (asked.name in QUANTITIES or asked.name.startswith(_CARBON)):
        begins = f"{asked.start.astimezone(registry.school.timezone):%F %H:%M}"
        said = Said(f"这段时间还没到（{begins} 开始）", f"that time has not come yet (it begins at {begins})")
        return [Step(0, said.to(lang))]
    lines = placed(_lines(asked, store, registry), asked, store, registry)
    return [Step(depth, said.to(lang)) for depth, said in lines]


def _lines(asked: Asked, store: Store, registry: Registry) -> Iterable[Line]:
    if asked.name.startswith(_CARBON):
        return explain_carbon.lines(asked, store, registry)
    if (saving := savings_explain.told(registry, asked.name)) is not None:
        return savings_explain.lines(asked, store, registry, saving)
    if asked.name in QUANTITIES:
        return [(0, asked)]
    if asked.name.startswith(BALANCE):
        return balances.lines(asked, store, registry)
    if account_explain.account_of(registry, asked.subject) is not None:
        return account_explain.lines(asked, store, registry)
    return explain_year.lines(asked, store, registry)
