"""What panels select: stored series by subject and quantity, never a computation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from campus.calendar import HOUR as CLOCK_HOUR
from campus.panel import Selected
from campus.quality import by_hand
from campus.registry import Arrival, Meter, Registry
from campus.schema import (
    CONSUMPTION,
    DAY,
    DEMAND_MAX,
    FIGURE,
    HOUR,
    MONTH,
    SCHOOL_SUBJECT,
    SeriesId,
    account_subject,
    after_name,
    balance_name,
    baseline_name,
    building_subject,
    meter_subject,
    project_subject,
    saving_name,
)
from campus.units import QUANTITIES

# Who reads a subject's meters is told as they stand last: a chart is of the present.
_LAST = datetime.max.replace(tzinfo=UTC)

Select = Callable[[Registry, str], list[Selected]]

# What a month's carbon is told apart by, in the order of the legend: carbon/<quantity>, see analytics.
CARBON_SOURCES: dict[str, tuple[str, str]] = {
    "electricity": ("外购电力", "Purchased electricity"),
    "gas": ("天然气", "Natural gas"),
    "gas_energy": ("天然气（热值）", "Natural gas (energy)"),
    "heat": ("外购热力", "Purchased heat"),
}


def metered(registry: Registry, subject: str, quantity: str) -> list[Meter]:
    """Return the subject's meters, of any time, that count `quantity`."""
    kind, _, key = subject.partition("/")
    return [
        meter
        for meter in registry.meters.values()
        if meter.register(quantity) is not None
        and (kind == SCHOOL_SUBJECT or key == (meter.building if kind == "building" else meter.key))
    ]


def tells_hours(meter: Meter) -> bool:
    """Whether a meter is read often enough to have hours: one read once a day has days (design, decision 5)."""
    return meter.interval <= CLOCK_HOUR


def hours(quantity: str) -> Select:
    """Return a selection: the hours of a subject and, beside them, its usual hours."""

    def select(registry: Registry, subject: str) -> list[Selected]:
        if not any(tells_hours(meter) for meter in metered(registry, subject, quantity)):
            return []
        kind = QUANTITIES[quantity]
        return [
            Selected(SeriesId(FIGURE, subject, f"usual/{quantity}", HOUR), "平时", "Usual", kind.unit, "usual"),
            _actual(registry, _hourly(subject, quantity), subject),
        ]

    return select


def _hourly(subject: str, quantity: str) -> SeriesId:
    """Return the hours of a subject; a meter's own are its consumption, of which the sums are made."""
    kind, _, key = subject.partition("/")
    if kind == "meter":
        return SeriesId(CONSUMPTION, key, quantity)
    return SeriesId(FIGURE, subject, quantity, HOUR)


def ahead(quantity: str) -> Select:
    """Return a selection: the local days of the school and, beside them, what each was expected to be."""

    def select(registry: Registry, subject: str) -> list[Selected]:
        if subject != SCHOOL_SUBJECT or not metered(registry, subject, quantity):
            return []
        kind = QUANTITIES[quantity]
        return [
            Selected(SeriesId(FIGURE, subject, f"forecast/{quantity}", DAY), "预计", "Expected", kind.unit, "usual"),
            _actual(registry, SeriesId(FIGURE, subject, quantity, DAY), subject),
        ]

    return select


def days(quantity: str) -> Select:
    """Return a selection: the local days of a subject."""

    def select(registry: Registry, subject: str) -> list[Selected]:
        if not metered(registry, subject, quantity):
            return []
        return [_actual(registry, SeriesId(FIGURE, subject, quantity, DAY), subject)]

    return select


def _actual(registry: Registry, series: SeriesId, subject: str) -> Selected:
    kind = QUANTITIES[series.name]
    return Selected(series, kind.zh, kind.en, kind.unit, by_hand=by_hand(registry, subject, series.name, _LAST))


def saving_months(quantity: str) -> Select:
    """Return a selection: what each project of the school saved of a quantity by the month."""

    def select(registry: Registry, subject: str) -> list[Selected]:
        unit = QUANTITIES[quantity].unit
        return [
            Selected(
                SeriesId(FIGURE, subject, saving_name(one.key, quantity), MONTH), one.name, one.name_en, unit, "part"
            )
            for one in registry.projects
            if subject == SCHOOL_SUBJECT and quantity in one.quantities
        ]

    return select


def project_days(registry: Registry, subject: str) -> list[Selected]:
    """Select what a project's meters used by the day and would have used without it; of the school its newest."""
    pairs = {project_subject(one.key, q): (one, q) for one in registry.projects for q in one.quantities}
    if subject == SCHOOL_SUBJECT and registry.projects:
        newest = max(registry.projects, key=lambda one: one.started)
        subject = project_subject(newest.key, newest.quantities[0])
    if subject not in pairs:
        return []
    project, quantity = pairs[subject]
    names = baseline_name(project.key, quantity), after_name(project.key, quantity)
    without, used = (SeriesId(FIGURE, SCHOOL_SUBJECT, name, DAY) for name in names)
    unit = QUANTITIES[quantity].unit
    return [
        Selected(without, "不改造会用", "Without it", unit, "usual"),
        Selected(used, project.name, project.name_en, unit, "part"),
    ]


def building_days(quantity: str) -> Select:
    """Return a selection: the local days of every building with a meter of its own, whatever the subject."""

    def select(registry: Registry, _subject: str) -> list[Selected]:
        unit = QUANTITIES[quantity].unit
        return [
            Selected(
                SeriesId(FIGURE, subject, quantity, DAY),
                building.name,
                building.name_en,
                unit,
                "part",
                by_hand(registry, subject, quantity, _LAST),
            )
            for key, building in registry.buildings.items()
            if metered(registry, subject := building_subject(key), quantity)
        ]

    return select


def meter_hours(registry: Registry, subject: str) -> list[Selected]:
    """Select the hours of each meter and quantity of a subject, or the days of a meter that tells no hours."""
    return [
        Selected(_finest(meter, quantity), zh, en, QUANTITIES[quantity].unit, "part", meter.arrival is Arrival.MANUAL)
        for meter, quantity, zh, en in _counters(registry, subject)
    ]


def _finest(meter: Meter, quantity: str) -> SeriesId:
    if tells_hours(meter):
        return SeriesId(CONSUMPTION, meter.key, quantity)
    return SeriesId(FIGURE, meter_subject(meter.key), quantity, DAY)


def _counters(registry: Registry, subject: str) -> Iterator[tuple[Meter, str, str, str]]:
    for quantity, kind in QUANTITIES.items():
        for meter in metered(registry, subject, quantity):
            several = sum(not register.quantity.gauge for register in meter.registers) > 1
            zh, en = (f" · {kind.zh}", f" · {kind.en}") if several else ("", "")
            if not kind.gauge:
                yield meter, quantity, meter.name + zh, meter.name_en + en


def carbon_months(registry: Registry, subject: str) -> list[Selected]:
    """Select the monthly carbon of each source the subject has a meter of."""
    return [
        Selected(SeriesId(FIGURE, subject, f"carbon/{quantity}", MONTH), zh, en, "tCO₂", "part")
        for quantity, (zh, en) in CARBON_SOURCES.items()
        if metered(registry, subject, quantity)
    ]


def demand_days(registry: Registry, subject: str) -> list[Selected]:
    """Select the days' highest demand of each account that pays for it; only the school shows accounts."""
    accounts = registry.accounts.values() if subject == SCHOOL_SUBJECT else ()
    paying = [one for one in accounts if one.billing is not None and one.billing.by_demand is not None]
    return [
        Selected(
            SeriesId(FIGURE, account_subject(account.key), DEMAND_MAX, DAY),
            f"户号 {account.number}",
            f"Account {account.number}",
            "kW",
        )
        for account in paying
    ]


def balance_days(quantity: str) -> Select:
    """Return a selection: what no sub-meter accounts for, of each meter of a subject that others hang below."""

    def select(registry: Registry, subject: str) -> list[Selected]:
        here = {key: meter.at(_LAST) for key, meter in registry.meters.items()}
        above = {meter.parent for meter in here.values() if meter.register(quantity) is not None}
        return [
            Selected(
                SeriesId(FIGURE, meter_subject(meter.key), balance_name(quantity), DAY),
                f"{meter.name} − 分表",
                f"{meter.name_en or meter.name} − sub-meters",
                "%",
                "part",
            )
            for meter in metered(registry, subject, quantity)
            if meter.key in above
        ]

    return select
