"""A school's year gathered from store, registry and ledger, as the report needs it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from analytics.carbon import Line, Why, tonnes_per_unit
from analytics.detector import detectors
from analytics.silence import NAME as SILENCE
from app import account
from app.annual_paid import paid
from app.annual_quota import quotas
from app.annual_savings import verified
from app.annual_store import Rows, Year, read, year_of
from campus import calendar
from campus.errors import CampusError
from campus.ports import Episode, Ledger, State, Store
from campus.registry import Meter, Registry
from campus.said import Said
from campus.schema import SCHOOL_SUBJECT, building_subject, from_ms, meter_subject
from campus.units import QUANTITIES
from reports.year import Amended, Amount, Bill, Carbon, Deed, Medium, MeterYear, Source, YearData

# More conflicts than this are not counted apart: the newest so many of the school.
CONFLICTS_READ = 10_000

NO_FACTOR = Said("无排放因子", "no emission factor")
_ZERO: dict[Why, Said] = {
    Why.SELF_USED: Said("光伏自用，按 0 计", "PV used on the spot: 0"),
    Why.NOT_DEDUCTED: Said("上网电量，不扣除", "exported: not deducted"),
    Why.MADE_ON_SITE: Said("自产热，已按燃料计", "made on site: counted as its fuel"),
}


class NoYear(CampusError):
    """There is nothing to report of that year."""

    def __init__(self, school: str, year: int, known: list[int]) -> None:
        there = (
            f"there are figures of {', '.join(map(str, known))}" if known else "there are no figures of any year yet"
        )
        super().__init__(
            f"没有 {school} 在 {year} 年的数据，没有写出文件 / "
            f"no data of {school} in {year}, nothing written: {there}"
        )


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a report is made of: a school's registry and store, the ledger, and the clock."""

    registry: Registry
    store: Store
    ledger: Ledger
    clock: Callable[[], datetime]


def gather(pieces: Pieces, year: int) -> YearData:
    """Return a school's year as the report needs it. Raises `NoYear`."""
    registry, school = pieces.registry, pieces.registry.school
    now = pieces.clock()
    span = year_of(registry, year, now)
    rows = read(pieces.store, registry, span)
    if not rows.any_of_year():
        raise NoYear(school.key, year, years_known(pieces))
    reckoned = account.year_carbon(pieces.store, registry, span.start)
    made = _carbon(rows, reckoned, pieces.store)
    closed, waiting = _deeds(pieces, span)
    saved = verified(pieces.store, registry, span)
    held = quotas(pieces.store, rows)
    return YearData(
        school=school,
        year=year,
        generated=now.astimezone(school.timezone),
        until=span.until,
        over=span.over,
        inputs=_inputs(rows, registry, ([source.factor for source in made.sources], closed, waiting, saved, held)),
        media=tuple(
            replace(_medium(rows, registry, key, reckoned), paid=paid(registry, pieces.store, key, span))
            for key in rows.measured()
        ),
        carbon=made,
        buildings={key: Said(b.name or key, b.name_en or b.name or key) for key, b in registry.buildings.items()},
        area_m2=_area(registry)[0],
        area_of=_area(registry)[1],
        closed=closed,
        open=waiting,
        meters=_meters(rows, registry, pieces.store),
        provisional_days=_provisional(registry, year),
        stale=rows.differs(reckoned.figures()),
        amended=tuple(_amended(registry, span)),
        projects=saved,
        quotas=held.against,
        quotas_stale=held.stale,
        energy=held.energy,
    )


def _amended(registry: Registry, span: Year) -> Iterator[Amended]:
    """Yield every correction of a time in the year, those withdrawn since too."""
    for meter in registry.meters.values():
        for one in meter.corrections:
            register = meter.register(one.quantity)
            if register is not None and one.start < span.end and one.end >= span.start:
                yield Amended(Said(meter.name, meter.name_en or meter.name), register.quantity, register.unit, one)


def years_known(pieces: Pieces) -> list[int]:
    """Return the years from the first one with a figure to the running one."""
    zone = pieces.registry.school.timezone
    first = account.first_month(pieces.store, pieces.registry)
    spans = calendar.years(first[0], pieces.clock(), zone) if first else ()
    return [calendar.local_date(start, zone).year for start, _ in spans]


def _medium(rows: Rows, registry: Registry, key: str, reckoned: account.YearCarbon) -> Medium:
    parts = {b: building_subject(b) for b in registry.buildings}
    metered = {m.building for m in rows.meters_of(key)}
    return Medium(
        quantity=QUANTITIES[key],
        year=rows.year(SCHOOL_SUBJECT, key),
        before=rows.before(SCHOOL_SUBJECT, key),
        months=rows.months(SCHOOL_SUBJECT, key),
        buildings={b: rows.year(subject, key) for b, subject in parts.items() if b in metered},
        bills=_bills(rows, registry, key),
        made_on_site=any(line.use.name == key and line.why is Why.MADE_ON_SITE for line in reckoned.lines),
    )


def _bills(rows: Rows, registry: Registry, key: str) -> tuple[Bill, ...]:
    """Return every main meter of the year with each price it had, None for a part of the year without one."""
    span = rows.span
    instants = [span.start, *registry.turning_points(span.start, span.until)]
    for one in registry.accounts.values():
        instants += [t for t in (one.since, one.until) if t is not None and span.start < t < span.until]
    mains = {m.key: m for t in instants for m in registry.leaves(SCHOOL_SUBJECT, key, t)}
    return tuple(
        Bill(rows.year(meter_subject(meter), key), price)
        for meter in sorted(mains)
        for price in dict.fromkeys(
            registry.price(mains[meter], t) for t in sorted(instants) if mains[meter].in_force(t)
        )
    )


def _carbon(rows: Rows, reckoned: account.YearCarbon, store: Store) -> Carbon:
    """Return the stored carbon; without a factor of every source there is no total, of the year or a month."""
    lacking = any(line.why is Why.NO_FACTOR for line in reckoned.lines if not line.level)

    def known(amount: Amount) -> Amount:
        return replace(amount, absent=NO_FACTOR) if lacking and amount.value is None else amount

    months = rows.months(SCHOOL_SUBJECT, "carbon/total") if lacking else _carbon_months(rows, store)
    return Carbon(
        sources=tuple(_source(rows, line) for line in reckoned.lines),
        total=None if reckoned.total is None else known(rows.carbon("total")),
        national=None if reckoned.national is None else known(rows.carbon("total_national")),
        fixed=None if reckoned.fixed is None else known(rows.carbon("total_fixed")),
        before=rows.before(SCHOOL_SUBJECT, "carbon/total"),
        months=tuple(month and known(month) for month in months),
    )


def _carbon_months(rows: Rows, store: Store) -> tuple[Amount | None, ...]:
    """Return the twelve months; one below the coverage asked for is not stored: it has what its sources measured."""
    span, registry = rows.span, rows.registry
    spans = calendar.months(span.start, span.end, registry.school.timezone)
    months = zip(rows.months(SCHOOL_SUBJECT, "carbon/total"), spans, strict=True)
    return tuple(
        month
        if month is None or month.value is not None
        else _measured(month, account.month_carbon(store, registry, start, least=0.0))
        for month, (start, _) in months
    )


def _measured(month: Amount, reckoned: account.MonthCarbon) -> Amount:
    """Return a month as the sum of the sources that are known of it, its coverage that of the least known one."""
    if reckoned.total is None:
        return month
    covered = replace(month, coverage=reckoned.total.coverage)
    known = account.counted(reckoned.lines)
    if not known:
        return covered
    value = sum(line.figure.value or 0.0 for line in known)
    guessed = sum((line.figure.value or 0.0) * line.figure.estimated for line in known)
    touched = sum((line.figure.value or 0.0) * line.figure.corrected for line in known)
    made = " + ".join(_made(month, line) for line in known)
    guessed, touched = (guessed / value, touched / value) if value else (0.0, 0.0)
    return replace(covered, source=made, value=value, estimated=guessed, corrected=touched)


def _made(month: Amount, line: Line) -> str:
    """Return a source's part of a month as use × factor [tCO2 per unit of the use]."""
    assert line.chosen is not None
    factor = tonnes_per_unit(line.chosen.factor, QUANTITIES[line.use.name])
    return f"{month.source.replace('carbon/total', line.use.name)} × {factor:.12g}"


def _source(rows: Rows, line: Line) -> Source:
    year = rows.carbon(line.figure.name.removeprefix("carbon/"))
    return Source(
        quantity=QUANTITIES[line.use.name],
        year=replace(year, absent=NO_FACTOR) if line.why is Why.NO_FACTOR else year,
        factor=None if line.chosen is None else line.chosen.factor,
        provisional=line.chosen is not None and line.chosen.provisional,
        zero=_ZERO.get(line.why),
        national=bool(line.level),
    )


def _area(registry: Registry) -> tuple[float | None, Said]:
    """Return the floor area [m²] and whose it is: the school's own, else the sum where every building has one."""
    if registry.school.floor_area_m2:
        return registry.school.floor_area_m2, Said("全校", "whole school")
    areas = [building.floor_area_m2 for building in registry.buildings.values()]
    known = [area for area in areas if area]
    whole = sum(known) if known and len(known) == len(areas) else None
    return whole, Said("各楼之和", "sum of the buildings")


def _deeds(pieces: Pieces, span: Year) -> tuple[tuple[Deed, ...], tuple[Deed, ...]]:
    """Return the findings the meter saw end within the year, and those still open that began before its end.

    A silence saved nothing and costs nothing: what is missing stands in the report's coverage.
    """
    episodes = [e for e in pieces.ledger.episodes(pieces.registry.school.key) if e.finding.rule != SILENCE]
    closed = [e for e in episodes if e.state is State.CLOSED_BY_METER and e.finding.end is not None]
    ended = [e for e in closed if e.finding.end is not None and span.start <= e.finding.end < span.end]
    waiting = [e for e in episodes if e.open and e.finding.start < span.end]
    registry = pieces.registry
    return tuple(_deed(e, registry) for e in ended), tuple(_deed(e, registry) for e in waiting)


def _deed(episode: Episode, registry: Registry) -> Deed:
    found, zone = episode.finding, registry.school.timezone
    rule = detectors().get(found.rule)
    return Deed(
        source=f"ledger/{episode.id}",
        what=Said(found.rule, found.rule) if rule is None else Said(rule.zh, rule.en),
        place=_place(registry, found.subject),
        start=found.start.astimezone(zone),
        end=None if found.end is None else found.end.astimezone(zone),
        per_day=found.per_day,
        to_date=found.to_date,
        unit=found.unit,
        yuan_to_date=found.yuan_to_date,
    )


def _place(registry: Registry, subject: str) -> Said:
    meter = registry.meters.get(subject.removeprefix(meter_subject("")))
    building = registry.buildings.get(meter.building if meter else subject.removeprefix(building_subject("")))
    thing = building or meter
    return Said(subject, subject) if thing is None else Said(thing.name or thing.key, thing.name_en or thing.name)


def _meters(rows: Rows, registry: Registry, store: Store) -> tuple[MeterYear, ...]:
    span = rows.span
    conflicts = [c for c in store.conflicts(CONFLICTS_READ) if span.start <= from_ms(c.time_ms) < span.end]
    return tuple(
        MeterYear(
            key=meter.key,
            name=Said(meter.name or meter.key, meter.name_en or meter.name or meter.key),
            quantity=register.quantity,
            amount=rows.of_meter(meter, register.quantity.key),
            conflicts=sum(
                c.series.subject == meter.key and c.series.name == register.quantity.key for c in conflicts
            ),
        )
        for meter in registry.meters.values()
        for register in meter.registers
        if not register.quantity.gauge and _existed(meter, span)
    )


def _existed(meter: Meter, span: Year) -> bool:
    return (meter.since is None or meter.since < span.until) and (meter.until is None or meter.until > span.start)


def _provisional(registry: Registry, year: int) -> int:
    """Return on how many days of the year the calendar is only assumed."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return sum(calendar.provisional(day, registry.school) for day in every)


def _inputs(rows: Rows, registry: Registry, made: tuple[object, ...]) -> str:
    """Return the hash of everything stored that enters: the same store and registry, the same hash at any time."""
    return hashlib.sha256(repr((rows.raw(), registry, made)).encode()).hexdigest()
