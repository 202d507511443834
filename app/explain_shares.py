"""Where a share of electricity or own PV, and plain use per area or head, come from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from analytics.shares import NAMES as SHARES
from analytics.standard_coal import heat_content
from app import quota_names
from app.explain_asked import Asked, Line
from app.plain_figures import PLAIN
from campus import factors
from campus.ports import Store
from campus.registry import Registry
from campus.said import Said, both
from campus.schema import FIGURE, SCHOOL_SUBJECT, YEAR, SeriesId
from campus.units import QUANTITIES


def belongs(name: str) -> bool:
    """Whether a figure is told here."""
    return name in SHARES or name in {one.name for one in PLAIN}


def lines(asked: Asked, store: Store, registry: Registry) -> Iterator[Line]:
    """Yield how the figure came about, and the places it is made of."""
    yield from (_share if asked.name in SHARES else _plain)(asked, store, registry)


def _share(asked: Asked, store: Store, registry: Registry) -> Iterator[Line]:
    value, coverage = _stored(asked, store)
    said = "—" if value is None else f"{value:.1%}"
    name = SHARES[asked.name]
    yield (
        0,
        Said(f"{name.zh} = {said}；覆盖率 {coverage:.1%}", f"{name.en} = {said}; coverage {coverage:.1%}"),
    )
    measured = [q for q in ("electricity", "gas", "gas_energy", "heat") if _has(registry, q, asked.start)]
    for quantity in measured:
        row = heat_content(factors.shipped(), quantity)
        content = f"{row.value:g} {row.unit_out}/{row.unit_in}"
        yield 1, both(f"{row.id}: {content}; {row.document} {row.clause}; {row.confidence}")
    own = [q for q in ("generation", "electricity_export") if _has(registry, q, asked.start)]
    for quantity in (*measured, *own):
        yield 1, (SCHOOL_SUBJECT, quantity)


def _has(registry: Registry, quantity: str, time: datetime) -> bool:
    return bool(registry.leaves(SCHOOL_SUBJECT, quantity, time))


def _plain(asked: Asked, store: Store, registry: Registry) -> Iterator[Line]:
    one = next(plain for plain in PLAIN if plain.name == asked.name)
    value, coverage = _stored(asked, store)
    unit = quota_names.unit(one.unit)
    zh, en = ("—", "—") if value is None else (f"{value:,.3f} {unit.zh}", f"{value:,.3f} {unit.en}")
    building = registry.buildings.get(asked.subject.partition("/")[2])
    school = registry.school
    area, people = (
        (school.floor_area_m2, school.people) if building is None else (building.floor_area_m2, building.people)
    )
    by = area if one.by_area else people
    divided = Said("未登记", "not entered")
    if by is not None:
        divided = Said(f"{by:,g} m²", f"{by:,g} m²") if one.by_area else Said(f"{by:,g} 人", f"{by:,g} people")
    name = QUANTITIES[one.quantity]
    yield (
        0,
        Said(
            f"{asked.name} = {zh}：{name.zh} ÷ {divided.zh}；覆盖率 {coverage:.1%}",
            f"{asked.name} = {en}: {name.en.lower()} ÷ {divided.en}; coverage {coverage:.1%}",
        ),
    )
    yield 1, (asked.subject, one.quantity)


def _stored(asked: Asked, store: Store) -> tuple[float | None, float]:
    series = SeriesId(FIGURE, asked.subject, asked.name, YEAR)
    rows = store.series([series], asked.start, asked.start + timedelta(hours=1))[series]
    return (float(rows.value[0]), float(rows.fields["coverage"][0])) if len(rows) else (None, 0.0)
