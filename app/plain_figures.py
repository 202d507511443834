"""Use per area and per head of a school and its buildings in a year: what like ones are ranked by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analytics.carbon import LEAST_COVERAGE
from app.windows import Window
from campus.ports import Store
from campus.registry import Registry
from campus.results import Figure
from campus.schema import FIGURE, SCHOOL_SUBJECT, YEAR, SeriesId, building_subject
from campus.units import QUANTITIES


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain intensity: its figure, the quantity and whether it is by area (else by head)."""

    name: str
    quantity: str
    by_area: bool

    @property
    def unit(self) -> str:
        """The unit of the figure."""
        return f"{QUANTITIES[self.quantity].unit}/{'m²' if self.by_area else '人'}"


PLAIN = (
    Plain("intensity/electricity_area", "electricity", True),
    Plain("intensity/heat_area", "heat", True),
    Plain("intensity/electricity_head", "electricity", False),
    Plain("intensity/water_head", "water", False),
)


def plain(store: Store, registry: Registry, window: Window) -> Iterator[Figure]:
    """Yield every plain intensity of the school and its buildings over a year that has passed.

    Without a value where the year is covered too little, or an area or number of people is missing.
    """
    subjects = {SCHOOL_SUBJECT: _of_school(registry)}
    subjects |= {building_subject(b.key): (b.floor_area_m2, b.people) for b in registry.buildings.values()}
    ids = {(s, p.quantity): SeriesId(FIGURE, s, p.quantity, YEAR) for s in subjects for p in PLAIN}
    rows = store.series(ids.values(), *window)
    for subject, (area, people) in subjects.items():
        for one in PLAIN:
            columns = rows[ids[subject, one.quantity]]
            value, coverage, estimated, corrected = (
                float(np.nan_to_num(columns.fields[name][0])) if len(columns) else 0.0
                for name in ("value", "coverage", "estimated", "corrected")
            )
            divisor = area if one.by_area else people
            known = bool(divisor) and len(columns) > 0 and coverage >= LEAST_COVERAGE
            made = value / divisor if known and divisor else None
            yield Figure(one.name, subject, YEAR, *window, made, one.unit, coverage, estimated, corrected=corrected)


def _of_school(registry: Registry) -> tuple[float | None, float | None]:
    areas = [building.floor_area_m2 for building in registry.buildings.values()]
    whole = registry.school.floor_area_m2
    if whole is None and areas and None not in areas:
        whole = sum(area for area in areas if area is not None)
    return whole, registry.school.people
