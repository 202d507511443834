"""Virtual meters as the page shows them: yesterday's figure with its formula, or what is lacking for one."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from analytics.carbon import LEAST_COVERAGE
from app.virtual import tells_hours
from app.virtual_said import below_nothing, named, silent
from campus import calendar
from campus.ports import Store
from campus.quality import Code, code
from campus.registry import Registry
from campus.said import Said
from campus.schema import DAY, FIGURE, HOUR, Columns, SeriesId, meter_subject, virtual_subject
from campus.virtual import Addend, Virtual, meters
from web.state import Computed

Window = tuple[datetime, datetime]


def computed(registry: Registry, store: Store, now: datetime) -> list[Computed]:
    """Return the virtual meters of a school with their figures of the last whole local day."""
    zone = registry.school.timezone
    today = next(iter(calendar.days(now, now + timedelta(milliseconds=1), zone)))[0]
    yesterday = next(iter(calendar.days(today - calendar.HOUR, today, zone)))
    return [_computed(registry, store, virtual, (yesterday, now)) for virtual in registry.virtuals.values()]


def _computed(registry: Registry, store: Store, virtual: Virtual, when: tuple[Window, datetime]) -> Computed:
    day, now = when
    series = SeriesId(FIGURE, virtual_subject(virtual.key), virtual.quantity.key, DAY)
    rows = store.series([series], *day)[series]
    enough = len(rows) > 0 and _known(registry, store, virtual, day) >= LEAST_COVERAGE
    lacks = [Said(f"数据不足：{s.zh}", f"not enough data: {s.en}") for s in silent(registry, store, virtual, now)]
    if not enough and not lacks:
        lacks = [_least_known(registry, store, virtual, day)]
    doubt = below_nothing(registry, store, virtual, (DAY, *day)) if enough else None
    building = registry.buildings.get(virtual.building)
    return Computed(
        key=virtual.key,
        name=Said(virtual.name, virtual.name_en),
        building=None if building is None else Said(building.name, building.name_en or building.name),
        formula=virtual.formula,
        unit=virtual.quantity.unit,
        yesterday=float(rows.value[0]) if enough else None,
        estimated=float(rows.fields["estimated"][0]) if enough else 0.0,
        remarks=(*lacks, *([doubt] if doubt else [])),
        code=_code(rows) if enough else Code.UNKNOWN,
    )


def _code(rows: Columns) -> Code:
    value, coverage, estimated, corrected = (
        float(np.nan_to_num(rows.fields[name][0])) for name in ("value", "coverage", "estimated", "corrected")
    )
    return code(value, coverage, estimated, corrected)


def _known(registry: Registry, store: Store, virtual: Virtual, day: Window) -> float:
    """Return the share of the day whose hours are known; a day without hours is known whole or not at all."""
    if not tells_hours(registry, virtual):
        return 1.0
    series = SeriesId(FIGURE, virtual_subject(virtual.key), virtual.quantity.key, HOUR)
    return len(store.series([series], *day)[series]) / ((day[1] - day[0]) / calendar.HOUR)


def _least_known(registry: Registry, store: Store, virtual: Virtual, day: Window) -> Said:
    """Return the sentence that names the meter which knew least of the day."""
    behind = meters(registry, virtual, day[0])
    if not behind:
        return Said("数据不足：昨日没有可算的表", "not enough data: it was made of no meter yesterday")
    least = min(behind, key=lambda of: _coverage(store, of, day))
    name, share = named(registry, least), f"{_coverage(store, least, day):.0%}"
    return Said(
        f"数据不足：昨日{name.zh}只有 {share} 的时间有数",
        f"not enough data: {name.en} measured {share} of yesterday",
    )


def _coverage(store: Store, of: Addend, day: Window) -> float:
    series = SeriesId(FIGURE, meter_subject(of.key), of.quantity, DAY)
    rows = store.series([series], *day)[series]
    return float(rows.fields["coverage"][0]) if len(rows) else 0.0
