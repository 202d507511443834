"""Where a stored saving comes from: what would have been used, what was, and what else changed there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app import savings_text
from app.explain_asked import Asked, Line
from campus.calendar import local_date
from campus.ports import Store
from campus.projects import NonRoutine, Project
from campus.registry import Registry
from campus.said import Said
from campus.schema import (
    FIGURE,
    SCHOOL_SUBJECT,
    SeriesId,
    after_name,
    baseline_name,
    meter_subject,
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


def lines(asked: Asked, store: Store, registry: Registry, of: Told) -> Iterator[Line]:
    """Yield where a project's saving of a month or year comes from, and its meters."""
    project, key = of.project, (of.project.key, of.quantity)
    ids = {makes: SeriesId(FIGURE, SCHOOL_SUBJECT, makes(*key), asked.resolution) for makes in _NAMES}
    rows = store.series(ids.values(), asked.start, asked.end)
    unit = QUANTITIES[of.quantity].unit
    value = {makes: f"{float(rows[one].value[0]):,.3f}" if len(rows[one]) else None for makes, one in ids.items()}
    zh, en = ({makes: said or word for makes, said in value.items()} for word in ("未知", "unknown"))
    head = savings_text.head(project)
    yield (
        0,
        Said(
            f"{head.zh}：节约 {zh[saving_name]} ± {zh[saving_error_name]} {unit}（90% 可信）；值 "
            f"{zh[saving_yuan_name]} 元、{zh[saving_tco2_name]} tCO2",
            f"{head.en}: saved {en[saving_name]} ± {en[saving_error_name]} {unit} at 90 % confidence; worth "
            f"{en[saving_yuan_name]} yuan and {en[saving_tco2_name]} tCO2",
        ),
    )
    yield (
        1,
        Said(
            f"不改造会用 {zh[baseline_name]} {unit}，实际用了 {zh[after_name]} {unit}",
            f"without it {en[baseline_name]} {unit} would have been used, used were {en[after_name]} {unit}",
        ),
    )
    zone = registry.school.timezone
    days = local_date(asked.start, zone), local_date(asked.end, zone)
    yield from ((1, _adjusted(change, unit)) for change in _changes(of, days))
    more = f"campus savings show {project.key} --from {days[0]} --to {days[1]}"
    yield (
        1,
        Said(f"用的是哪份封存的基准、价格和因子：{more}", f"which frozen baseline, prices and factors: {more}"),
    )
    for meter in project.meters_of(of.quantity):
        yield 1, (meter_subject(meter), of.quantity)


def _changes(of: Told, days: tuple[date, date]) -> Iterator[NonRoutine]:
    for change in of.project.adjustments:
        if change.quantity == of.quantity and change.first < days[1] and (change.until or days[1]) > days[0]:
            yield change


def _adjusted(change: NonRoutine, unit: str) -> Said:
    amount, first, until = f"{change.per_day:+g} {unit}", change.first, change.until
    return Said(
        f"调整：每天 {amount}，{first} 至 {until or '现在'}：{change.reason.zh}（{change.by}）",
        f"adjusted by {amount} a day, {first} to {until or 'now'}: {change.reason.en} ({change.by})",
    )
