"""Where a stored saving comes from: what would have been used, what was, and what else changed there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from campus.calendar import local_date
from campus.ports import Store
from campus.projects import MEASURES, Project
from campus.registry import Registry
from campus.schema import (
    FIGURE,
    SCHOOL_SUBJECT,
    SeriesId,
    after_name,
    baseline_name,
    saving_error_name,
    saving_name,
    saving_tco2_name,
    saving_yuan_name,
)
from campus.units import QUANTITIES

_NAMES = (saving_name, saving_error_name, saving_yuan_name, saving_tco2_name, baseline_name, after_name)


@dataclass(frozen=True, slots=True)
class Told:
    """A saving's figure: of which project and quantity, in which unit."""

    project: Project
    quantity: str
    unit: str


def told(registry: Registry, name: str) -> Told | None:
    """Return what a figure's name tells of a project, None where it is of none."""
    for project in registry.projects:
        for quantity in project.quantities:
            for makes in _NAMES:
                if makes(project.key, quantity) == name:
                    units = {saving_yuan_name: "yuan", saving_tco2_name: "tCO2"}
                    return Told(project, quantity, units.get(makes, QUANTITIES[quantity].unit))
    return None


def lines(store: Store, registry: Registry, of: Told, period: tuple[str, datetime, datetime]) -> Iterator[str]:
    """Yield where a project's saving of a month or year comes from."""
    project, key = of.project, (of.project.key, of.quantity)
    resolution, start, end = period
    ids = {makes: SeriesId(FIGURE, SCHOOL_SUBJECT, makes(*key), resolution) for makes in _NAMES}
    rows = store.series(ids.values(), start, end)
    unit = QUANTITIES[of.quantity].unit
    value = {makes: float(rows[one].value[0]) if len(rows[one]) else None for makes, one in ids.items()}
    said = {makes: "unknown" if number is None else f"{number:,.3f}" for makes, number in value.items()}
    yield (
        f"{project.name} ({project.key}, {MEASURES[project.measure].en}), in service from {project.finished}: saved "
        f"{said[saving_name]} ± {said[saving_error_name]} {unit} at 90 % confidence; worth {said[saving_yuan_name]} "
        f"yuan and {said[saving_tco2_name]} tCO2"
    )
    yield f"without it {said[baseline_name]} {unit} would have been used, used were {said[after_name]} {unit}"
    zone = registry.school.timezone
    days = local_date(start, zone), local_date(end, zone)
    for change in project.adjustments:
        if change.quantity == of.quantity and change.first < days[1] and (change.until or days[1]) > days[0]:
            lasts = f"{change.first} to {change.until or 'now'}"
            yield f"adjusted by {change.per_day:+g} {unit} a day, {lasts}: {change.reason.en} ({change.by})"
    meters = ", ".join(project.meters_of(of.quantity))
    yield (
        f"meters {meters}; which frozen baseline, prices and factors: campus savings show {project.key} --from "
        f"{days[0]} --to {days[1]}"
    )
