"""What a school's projects saved: frozen baselines against what was used since, with price and factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from analytics.baseline import Reason, Refused
from analytics.savings import Metered, Saving, adjusted, of_slots, saving, within
from analytics.savings_worth import Worth, mean_emitted, of_factor
from app import baselines, metered
from app.metered import Days, Place
from campus import factors
from campus.projects import Frozen, Project
from campus.said import Said


@dataclass(frozen=True, slots=True)
class Judged:
    """What a project saved of one quantity: in all of the reporting period, and in each month and year it touches.

    Months and years of which too little can be compared are left out; `meters` are the slots of all of it.
    """

    project: Project
    whole: Saving
    months: tuple[Saving, ...]
    years: tuple[Saving, ...]
    meters: tuple[Metered, ...]


def judged(
    at: Place, project: Project, quantity: str, *, kept: Sequence[Frozen], period: Days | None = None
) -> Judged | Refused:
    """Return what a project saved of a quantity, in `period` or in all days since it is in service."""
    found = baselines.chosen(project, quantity, kept)
    if isinstance(found, Refused):
        return found
    days = period or since(at, project, quantity)
    if days is None or days[0] >= days[1]:
        return Refused((_nothing_yet(project) if period is None else _NOTHING_THEN,))
    meters: list[Metered] = []
    for one in found.values():
        read = baselines.reported(at, one, days)
        if isinstance(read, Refused):
            return read
        meters.append(read)
    whole = _saving(at, (project, quantity), days, meters)
    if isinstance(whole, Refused):
        return whole
    months, years = (_parts(at, (project, quantity), cut, meters) for cut in (_months(days), _years(days)))
    return Judged(project, whole, months, years, tuple(meters))


def of_project(
    at: Place, project: Project, kept: Sequence[Frozen], period: Days | None = None
) -> dict[str, Judged | Refused]:
    """Return what a project saved of each of its quantities."""
    return {quantity: judged(at, project, quantity, kept=kept, period=period) for quantity in project.quantities}


def since(at: Place, project: Project, quantity: str) -> Days | None:
    """Return the days from a project's beginning of service to the last of which all its meters are known."""
    if project.finished is None:
        return None
    ends = [metered.last_day(at.store, at.registry, (meter, quantity)) for meter in project.meters_of(quantity)]
    known = [end for end in ends if end is not None]
    return (project.finished, min(known)) if len(known) == len(ends) else None


def _saving(at: Place, of: tuple[Project, str], days: Days, meters: Sequence[Metered]) -> Saving | Refused:
    project, quantity = of
    changes = [change for change in project.adjustments if change.quantity == quantity]
    cut = [within(one, days) for one in meters]
    emitted = mean_emitted(
        [(_weight(within(one, span)), _emitted(at, quantity, span)) for span in _months(days) for one in meters]
    )
    worth = replace(of_slots(cut), kgco2_per_unit=emitted.kgco2_per_unit, factors=emitted.factors)
    return saving(project, days, cut, adjustments=adjusted(changes, days, cut), worth=worth)


def _parts(
    at: Place, of: tuple[Project, str], spans: Sequence[Days], meters: Sequence[Metered]
) -> tuple[Saving, ...]:
    every = [_saving(at, of, span, meters) for span in spans]
    return tuple(one for one in every if isinstance(one, Saving))


def _weight(part: Metered) -> float:
    return float(part.expected.value[part.known].sum())


def _emitted(at: Place, quantity: str, span: Days) -> Worth:
    """Return what a unit emits in the middle of a span."""
    start, end = metered.instants(at.registry, span)
    year = (start + (end - start) / 2).year
    return of_factor(quantity, year, at.registry.school.region, factors.shipped())


def _months(days: Days) -> list[Days]:
    """Return the days of a period by calendar month."""
    firsts = [date(y, m, 1) for y in range(days[0].year, days[1].year + 1) for m in range(1, 13)]
    return _cut(days, firsts)


def _years(days: Days) -> list[Days]:
    return _cut(days, [date(y, 1, 1) for y in range(days[0].year, days[1].year + 1)])


def _cut(days: Days, firsts: Sequence[date]) -> list[Days]:
    edges = [days[0], *(first for first in firsts if days[0] < first < days[1]), days[1]]
    return list(pairwise(edges))


_NOTHING_THEN = Reason(
    "period",
    Said("所问的时间里还没有完整的一天有数。", "No whole day of the time asked about is known yet."),
)


def _nothing_yet(project: Project) -> Reason:
    if project.finished is None:
        return Reason("works", Said("改造还没有完成（项目没有填写 finished）。", "The works are not finished yet."))
    zh, en = f"投用（{project.finished}）以来还没有完整的一天。", f"There is no whole day since {project.finished}."
    return Reason("period", Said(zh, en))
