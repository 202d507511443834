"""Baselines of a school's meters: made from what is stored, frozen in the ledger, and found again for a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from analytics.baseline import (
    BILLS,
    DAILY,
    HOURLY,
    VERSION,
    About,
    Baseline,
    Reason,
    Refused,
    from_json,
    to_json,
)
from analytics.baseline_bills import expected_bills, fit_bills
from analytics.baseline_daily import DayUse, expected_days, fit_days
from analytics.baseline_hourly import expected_hours, fit_hours
from analytics.hours import MEASURED
from analytics.savings import Metered
from analytics.slot_prices import of_days, of_hours
from app import metered
from app.metered import Counter, Days, Place
from campus.calendar import local_hours
from campus.projects import Frozen, Project
from campus.said import Said
from campus.schema import meter_subject
from campus.units import QUANTITIES

# What is burnt or bought to heat by: without the weather its baseline would be a mean of winters.
BY_WEATHER = frozenset({"heat", "gas", "gas_energy"})


@dataclass(frozen=True, slots=True)
class Signed:
    """Who freezes a baseline, when, for which project ("" for none), and what there is to note."""

    by: str
    at: datetime
    project: str = ""
    note: str = ""


def period_of(at: Place, counter: Counter, until: date) -> Days:
    """Return the year before a day, or as much of it as the meter's readings cover.

    Every season once: ASHRAE Guideline 14 and CalTRACK (section 2.2) ask for it.
    """
    begun = metered.first_day(at, counter)
    leap = (until.month, until.day) == (2, 29)
    first = until.replace(year=until.year - 1, day=28 if leap else until.day)
    return (first if begun is None else min(max(first, begun), until), until)


def make(at: Place, counter: Counter, period: Days) -> Baseline | Refused:
    """Return the baseline of a meter from local days, or every reason why there is none."""
    quantity = QUANTITIES[counter[1]]
    if at.setting.temperature is None and quantity.key in BY_WEATHER:
        return Refused((_no_weather(),))
    about = About(meter_subject(counter[0]), quantity.key, quantity.unit)
    model = metered.model_of(at.registry, counter)
    if model == HOURLY:
        return fit_hours(metered.hours(at, counter, period), at.setting, about)
    if model == DAILY:
        use = metered.days(at, counter, period)
        measured = np.where(use.coverage >= MEASURED, use.value, np.nan)
        return fit_days(DayUse(period[0], measured), at.setting, about)
    return fit_bills(metered.bills(at, counter, period), at.setting, about)


def freeze(at: Place, baseline: Baseline, counter: Counter, signed: Signed) -> Frozen:
    """Return a baseline as it is to be kept."""
    return Frozen(
        id=baseline.id,
        school=at.registry.school.key,
        project=signed.project,
        meter=counter[0],
        quantity=counter[1],
        first=baseline.first,
        until=baseline.until,
        by=signed.by,
        at=signed.at,
        body=to_json(baseline),
        note=signed.note,
    )


def chosen(project: Project, quantity: str, kept: Sequence[Frozen]) -> Mapping[str, Frozen] | Refused:
    """Return the frozen baseline of each of a project's meters of a quantity, or why there is not just one."""
    found: dict[str, Frozen] = {}
    reasons: list[Reason] = []
    for meter in project.meters_of(quantity):
        fitting = [one for one in kept if (one.meter, one.quantity) == (meter, quantity)]
        fitting = [one for one in fitting if one.until <= project.started]
        fitting = [one for one in fitting if not project.baselines or one.id in project.baselines]
        if len(fitting) == 1:
            found[meter] = fitting[0]
        else:
            reasons.append(_several(meter, fitting) if fitting else _none(meter, project))
    return Refused(tuple(reasons)) if reasons else found


def reported(at: Place, frozen: Frozen, period: Days) -> Metered | Refused:
    """Return what a frozen baseline expects of local days beside what was used, slot by slot."""
    baseline = from_json(frozen.body)
    if baseline.version != VERSION:
        return Refused((_other_formulae(frozen, baseline.version),))
    if at.setting.temperature is None and baseline.numbers["temperatures_c"]:
        return Refused((_no_weather(),))
    counter, meter = (frozen.meter, frozen.quantity), at.registry.meters[frozen.meter]
    if baseline.model == HOURLY:
        hours = metered.hours(at, counter, period)
        used = metered.known(hours.value, hours.coverage, hours.estimated)
        day, _ = local_hours(hours.start_ms, at.registry.school.timezone)
        expected = expected_hours(baseline, hours.start_ms, at.setting)
        priced = of_hours(at.registry, meter, hours.start_ms, unit=baseline.about.unit)
        return Metered(baseline, expected, used, day, hours.estimated, priced)
    if baseline.model == BILLS:
        read = metered.bills(at, counter, period)
        amounts, day = np.array([b.amount for b in read]), np.array([b.first.toordinal() for b in read], np.int64)
        priced = of_days(at.registry, meter, day, unit=baseline.about.unit)
        return Metered(
            baseline, expected_bills(baseline, read, at.setting), amounts, day, np.zeros(len(read)), priced
        )
    use = metered.days(at, counter, period)
    expected = expected_days(baseline, period[0], len(use.value), at.setting)
    day = period[0].toordinal() + np.arange(len(use.value))
    used = metered.known(use.value, use.coverage, use.estimated)
    priced = of_days(at.registry, meter, day, unit=baseline.about.unit)
    return Metered(baseline, expected, used, day, use.estimated, priced)


def changed_since(at: Place, frozen: Frozen) -> bool:
    """Whether the same days would give another baseline now: what is known of them was corrected, or the weather."""
    again = make(at, (frozen.meter, frozen.quantity), (frozen.first, frozen.until))
    return isinstance(again, Refused) or again.inputs != from_json(frozen.body).inputs


def _no_weather() -> Reason:
    zh = "没有室外温度：先导入天气，再封存或核定。"
    en = "Outdoor temperature is not known: bring the weather in first."
    return Reason("weather", Said(zh, en))


def _other_formulae(frozen: Frozen, version: int) -> Reason:
    zh = f"基准 {frozen.id} 是第{version}版公式封存的，本程序是第{VERSION}版：请用当时的版本核定。"
    en = f"Baseline {frozen.id} was frozen by formulae of version {version}, and these are of version {VERSION}:"
    return Reason("version", Said(zh, f"{en} verify it with the release of then."))


def _none(meter: str, project: Project) -> Reason:
    ids = f" ({', '.join(project.baselines)})" if project.baselines else ""
    do = f"campus baseline freeze --project {project.key}"
    zh = f"{meter} 没有开工（{project.started}）之前的封存基准{ids}：{do}。"
    en = f"{meter} has no frozen baseline of the time before works began ({project.started}){ids}: {do}."
    return Reason("none", Said(zh, en))


def _several(meter: str, fitting: Sequence[Frozen]) -> Reason:
    ids = ", ".join(one.id for one in fitting)
    zh = f"{meter} 封存了{len(fitting)}个基准（{ids}）：在项目里写明用哪个，baselines = […]。"
    en = f"{meter} has {len(fitting)} frozen baselines ({ids}): say in the project which one, baselines = […]."
    return Reason("several", Said(zh, en))
