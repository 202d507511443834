"""Where a figure comes from: factor and clause, the meters summed, their hours, and the readings that bound them."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from analytics import carbon, carbon_text, consumption
from app import account, account_explain, balances, explain_corrected, explain_year, savings_explain, virtual_explain
from app.explain_asked import Line
from app.recompute import raw_around
from app.toml_fields import nearest
from campus import calendar, quality
from campus.errors import CampusError
from campus.ports import Store
from campus.registry import Meter, Registry
from campus.results import Figure
from campus.schema import (
    BALANCE,
    CONSUMPTION,
    DAY,
    FIGURE,
    HOUR,
    MONTH,
    REGISTER,
    SCHOOL_SUBJECT,
    YEAR,
    Columns,
    SeriesId,
    from_ms,
    meter_subject,
    virtual_subject,
)
from campus.units import QUANTITIES
from campus.virtual import Virtual

SUSPICIONS_SHOWN = 3
_PERIOD = re.compile(r"((?:19|20|21)\d{2})(?:-(0[1-9]|1[0-2])(?:-(\d{2})(?:T([01]\d|2[0-3]))?)?)?")
# Beside the lines of each source: the total, by the national factor, and a year's by the factors of the year before.
_CARBON_OF_ALL = ("total", "total_national", "total_fixed", "electricity_national")


class NoSuchFigure(CampusError):
    """A name that is no figure of this installation."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure by name: `demo/school/carbon/electricity/2026-11`, `demo/meter/e-main/electricity/2026-11-03`.

    `passed` is the end of the part that has passed, None for all of it.
    """

    school: str
    subject: str
    name: str
    resolution: str
    start: datetime
    end: datetime
    passed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the explanation at a depth of its own."""

    depth: int
    text: str


def ask(figure: str, registries: dict[str, Registry]) -> Asked:
    """Return what a figure's name asks for. Raises `NoSuchFigure` with what would be one."""
    parts = figure.strip("/").split("/")
    known = ", ".join(sorted(registries)) or "none"
    if parts[0] not in registries:
        raise NoSuchFigure(f"no school {parts[0]!r} (registered: {known}); write school/subject/figure/period")
    registry = registries[parts[0]]
    width = 1 if parts[1:2] == [SCHOOL_SUBJECT] else 2
    subject, name = "/".join(parts[1 : 1 + width]), "/".join(parts[1 + width : -1])
    virtual = _virtual(registry, subject)
    named = name in QUANTITIES or name.removeprefix("carbon/") in {*QUANTITIES, *_CARBON_OF_ALL}
    named = named if virtual is None else name == virtual.quantity.key
    named = named or (subject == SCHOOL_SUBJECT and savings_explain.told(registry, name) is not None)
    window = _window(parts[-1], registry)
    named = named or (window is not None and explain_year.known(registry, subject, name, window[0]))
    named = named or (window is not None and balances.told(registry, subject, name, window[0]))
    billed = window is not None and account_explain.known(registry, subject, name, window[0])
    if window is None or not (billed or (subject in registry.subjects() and named)):
        school = parts[0]
        raise NoSuchFigure(
            f"{figure!r} is no figure: write {school}/school/electricity/2026-11 (or /2026), "
            f"{school}/meter/KEY/water/2026-11-03, {school}/school/carbon/total/2026-11, "
            f"{school}/school/intensity/per_person/2026 (also quota, landing, share, forecast), "
            f"{school}/account/KEY/bill/2026-11 (also demand/max, power_factor), "
            f"{school}/meter/KEY/balance/electricity/2026-11-03" + _besides(registry, subject, name, virtual)
        )
    return Asked(parts[0], subject, name, *window)


def _besides(registry: Registry, subject: str, name: str, virtual: Virtual | None) -> str:
    """Return what helps further where a name is no figure, "" where nothing does."""
    if virtual is not None:
        return f"; {subject} has {virtual.quantity.key}"
    if name.startswith(("weather/", "degree_days/")):
        return "; of the weather `campus weather show` tells"
    known = {*registry.subjects(), *(f"account/{key}" for key in registry.accounts)}
    return "" if subject in known else f"; {subject!r} is not registered{nearest(subject, known)}"


def _virtual(registry: Registry, subject: str) -> Virtual | None:
    return next((v for v in registry.virtuals.values() if subject == virtual_subject(v.key)), None)


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
    of_carbon = asked.name.startswith("carbon/")
    least = calendar.HOUR if of_carbon else timedelta(minutes=1)
    asked = replace(asked, passed=asked.end if now is None else min(asked.end, max(now, asked.start + least)))
    if of_carbon:
        return list(_carbon(asked, store, registry, lang))
    if (saving := savings_explain.told(registry, asked.name)) is not None:
        return list(_saving(asked, store, registry, saving))
    if asked.name in QUANTITIES:
        return list(_use(asked, store, registry, 0))
    if asked.name.startswith(BALANCE):
        return list(_placed(balances.lines(asked, store, registry, lang), asked, store, registry))
    if account_explain.account_of(registry, asked.subject) is not None:
        return list(_placed(account_explain.lines(asked, store, registry), asked, store, registry))
    return list(_of_year(asked, store, registry, lang))


def _of_year(asked: Asked, store: Store, registry: Registry, lang: str) -> Iterator[Step]:
    """Yield how an indicator, a share or a forecast came about, each energy in it down to its readings."""
    return _placed(explain_year.lines(asked, store, registry, lang), asked, store, registry)


def _placed(lines: Iterable[Line], asked: Asked, store: Store, registry: Registry) -> Iterator[Step]:
    """Yield lines, a place among them down to its readings."""
    for depth, line in lines:
        if isinstance(line, str):
            yield Step(depth, line)
        else:
            subject, quantity = line
            yield from _use(replace(asked, subject=subject, name=quantity), store, registry, depth)


def _saving(asked: Asked, store: Store, registry: Registry, saving: savings_explain.Told) -> Iterator[Step]:
    period = asked.resolution, asked.start, asked.end
    first, *more = savings_explain.lines(store, registry, saving, period)
    yield Step(0, first)
    yield from (Step(1, line) for line in more)
    for meter in saving.project.meters_of(saving.quantity):
        own = replace(asked, subject=meter_subject(meter), name=saving.quantity)
        yield from _use(own, store, registry, 1)


def _carbon(asked: Asked, store: Store, registry: Registry, lang: str) -> Iterator[Step]:
    lines, totals = _reckoned(asked, store, registry)
    wanted = asked.name.removeprefix("carbon/")
    if not totals and not any(line.figure.name == asked.name for line in lines):
        yield Step(0, f"{asked.name}: no figure, since the school has no meter of what emits it")
    for total in totals:
        if total.name == asked.name:
            said = _tonnes(total, lines)
            used = f"; factors {', '.join(total.factors)}" if total.factors else ""
            yield Step(0, f"{total.name} = {said}; location-based, CO2; coverage {total.coverage:.1%}{used}")
    for line in lines:
        if wanted.startswith("total") or line.figure.name == asked.name:
            yield from _line(line, registry, lang)
            use = Asked(asked.school, SCHOOL_SUBJECT, line.use.name, asked.resolution, line.use.start, line.use.end)
            if not line.level or not wanted.startswith("total"):
                yield from _use(use, store, registry, 2)


def _reckoned(asked: Asked, store: Store, registry: Registry) -> tuple[list[carbon.Line], list[Figure]]:
    """Return lines and totals of what was measured, whatever the coverage."""
    if asked.resolution == YEAR:
        year = account.year_carbon(store, registry, asked.start)
        passed = asked.end if asked.passed is None else asked.passed
        share = (asked.end - asked.start) / (passed - asked.start)
        totals = [_over(figure, share) for figure in (year.total, year.national, year.fixed) if figure is not None]
        return [replace(line, use=_over(line.use, share)) for line in year.lines], totals
    month = account.month_carbon(store, registry, asked.start, least=0.0)
    national = carbon.national_total(month.lines)
    return list(month.lines), [figure for figure in (month.total, national) if figure is not None]


def _over(figure: Figure, share: float) -> Figure:
    return replace(figure, coverage=min(1.0, figure.coverage * share))


def _tonnes(total: Figure, lines: list[carbon.Line]) -> str:
    """Return a total in words; below the coverage asked for, or with a source unknown, it is none."""
    if total.value is not None and total.coverage >= carbon.LEAST_COVERAGE:
        return f"{total.value:.2f} {total.unit}"
    known = [line.figure.value or 0.0 for line in account.counted(lines)]
    if any(line.why is carbon.Why.NO_FACTOR for line in lines if not line.level):
        return "no figure, since a source has no emission factor"
    measured = sum(known) if total.value is None and total.name == "carbon/total" and known else total.value
    return "not enough data" + ("" if measured is None else f"; measured so far {measured:.2f} {total.unit}")


def _line(line: carbon.Line, registry: Registry, lang: str) -> Iterator[Step]:
    if line.why is carbon.Why.COUNTED and line.use.coverage < carbon.LEAST_COVERAGE:
        few = replace(line, why=carbon.Why.NOT_ENOUGH_DATA)
        yield Step(1, carbon_text.explain(few, registry.school.region, lang))
        known = "其中已计量：" if lang == "zh" else "Measured so far: "
        yield Step(2, known + carbon_text.arithmetic(line, lang))
    else:
        yield Step(1, carbon_text.explain(line, registry.school.region, lang))
    if line.chosen is not None:
        row = line.chosen.factor
        yield Step(2, f"{row.id}: {row.what}; standing last checked on {row.status_checked_on}. {row.note}".strip())


def _use(asked: Asked, store: Store, registry: Registry, depth: int) -> Iterator[Step]:
    rows = _rows(asked, store, asked.subject, asked.resolution)
    what = f"{asked.subject} {asked.name} {asked.resolution} of {_span(asked, registry)}"
    yield Step(depth, f"{what} = {_said(rows, asked, registry)}")
    if (virtual := _virtual(registry, asked.subject)) is not None:
        for line in virtual_explain.lines(asked, store, registry, virtual):
            yield from [Step(depth + 1, line)] if isinstance(line, str) else _use(line, store, registry, depth + 2)
        return
    key = asked.subject.removeprefix("meter/")
    subject = asked.subject
    meters = [registry.meters[key]] if subject != key else registry.leaves(subject, asked.name, asked.start)
    if subject == key:
        yield Step(depth + 1, f"the sum of {len(meters)} meter(s) that no other meter of {subject} stands above")
    for meter in meters:
        yield from _meter(asked, store, registry, (meter, depth + 1))


def _rows(asked: Asked, store: Store, subject: str, resolution: str) -> Columns:
    """Return the stored figures of a subject in the period; the hours of a meter are its consumption."""
    series = SeriesId(FIGURE, subject, asked.name, resolution)
    if resolution == HOUR and subject.startswith(meter_subject("")):
        series = SeriesId(CONSUMPTION, subject.removeprefix(meter_subject("")), asked.name)
    return store.series([series], asked.start, asked.end)[series]


def _span(asked: Asked, registry: Registry) -> str:
    zone = registry.school.timezone
    return f"[{asked.start.astimezone(zone):%F %H:%M}, {asked.end.astimezone(zone):%F %H:%M}) {zone.key}"


def _said(rows: Columns, asked: Asked, registry: Registry) -> str:
    if not len(rows):
        return "unknown (no reading bounds it)"
    value, coverage, estimated = (float(rows.fields[field][0]) for field in ("value", "coverage", "estimated"))
    corrected = float(np.nan_to_num(rows.fields["corrected"][0]))
    by_hand = quality.by_hand(registry, asked.subject, asked.name, asked.start)
    code = quality.code(value, coverage, estimated, corrected, by_hand)
    named = f"{quality.LETTERS[code]} {quality.NAMES[code].zh} {quality.NAMES[code].en.lower()}"
    shares = f"coverage {coverage:.1%}, estimated {estimated:.1%}" + f", corrected {corrected:.1%}" * bool(corrected)
    return f"{value:,.3f} {QUANTITIES[asked.name].unit}; {shares}; {named}"


def _meter(asked: Asked, store: Store, registry: Registry, of: tuple[Meter, int]) -> Iterator[Step]:
    meter, depth = of
    register = meter.register(asked.name)
    if register is None:
        return
    ids = SeriesId(REGISTER, meter.key, asked.name)
    raw = raw_around(store, ids, asked.start, asked.end)
    now = meter.at(asked.start)
    known = _rows(asked, store, meter_subject(meter.key), HOUR if asked.resolution == HOUR else DAY)
    total = f"{float(np.nansum(known.value)):,.3f} {register.quantity.unit}" if len(known) else "unknown"
    parts = f"{len(known)} known {'hour' if asked.resolution == HOUR else 'day'}{'' if len(known) == 1 else 's'}"
    since = "" if meter.since is None else f", in force since {meter.since:%F}"
    yield Step(
        depth,
        f"{meter.key} ({meter.name}): {total} in {parts}; ratio {now.ratio:g}, topic {now.topic}{since}; "
        f"registry version {registry.version}",
    )
    yield from _bounds(raw, asked, depth + 1)
    for line in explain_corrected.lines(store, registry, (meter, asked.name), (asked.start, asked.end)):
        yield Step(depth + 1, line)
    read = consumption.read(raw, meter, register)
    inside = [s for s in read.suspicions if asked.start < from_ms(s.end_ms) and from_ms(s.start_ms) < asked.end]
    for suspicion in inside[:SUSPICIONS_SHOWN]:
        yield Step(depth + 1, consumption.describe(suspicion))
    if len(inside) > SUSPICIONS_SHOWN:
        yield Step(depth + 1, f"and {len(inside) - SUSPICIONS_SHOWN} more such stretches, each unknown")


def _bounds(raw: Columns, asked: Asked, depth: int) -> Iterator[Step]:
    inside = [i for i, ms in enumerate(raw.time_ms) if asked.start <= from_ms(ms) < asked.end]
    if not inside:
        yield Step(depth, "no reading inside the period")
        return
    yield Step(depth, f"{len(inside)} readings inside the period; its first and last, and those that bound it:")
    rows = sorted({max(inside[0] - 1, 0), inside[0], inside[-1], min(inside[-1] + 1, len(raw) - 1)})
    for row in rows:
        seconds = float(raw.fields["seconds"][row])
        kind = "register" if seconds == 0 else f"used in {seconds:g} s"
        serial, came = raw.fields["serial"][row], raw.fields["quality"][row]
        named = f", serial {serial}" if serial else ""
        yield Step(depth + 1, f"{from_ms(raw.time_ms[row]):%FT%TZ} {kind} {raw.value[row]:,.3f}{named} ({came})")
