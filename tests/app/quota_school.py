"""A school whose days are written straight into a store: constant uses, so that indicators are reckoned by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from campus.calendar import midnight
from campus.people import Category, People
from campus.ports import Store
from campus.quotas import WaterPlan
from campus.registry import Account, Arrival, Building, Meter, Register, Registry, School, Season
from campus.schema import DAY, FIELDS, FIGURE, Columns, SeriesId, to_ms
from campus.units import QUANTITIES
from store.sqlite import open_sqlite

ZONE = ZoneInfo("Asia/Shanghai")
SEASONS = tuple(Season(date(y, 11, 15), date(y + 1, 3, 14), "示例") for y in range(2022, 2028))
PEOPLE = (
    People(Category.PUPIL, 600, 195, key="p"),
    People(Category.BOARDER, 400, 205, key="b"),
    People(Category.STAFF, 100, 230, key="s"),
)
SCHOOL = School(
    "s",
    "示范学校",
    "Demo School",
    "secondary_boarding",
    ZONE,
    "CN-SD",
    "CN",
    boarding=True,
    people=1100,
    floor_area_m2=20_400.0,
    heated_area_m2=18_000.0,
    heating=SEASONS,
    garage_area_m2=400.0,
    heating_type="district",
    groups=PEOPLE,
    water_plans=(WaterPlan(2026, 3, 5000.0), WaterPlan(2026, 4, 5000.0)),
)
BUILDINGS = {
    "teaching": Building("teaching", "教学楼", "Teaching", "teaching", 12_000, 11_000, people=900),
    "canteen": Building("canteen", "食堂", "Canteen", "canteen", 2_000, 1_500, special_area_m2=800),
    "boiler": Building("boiler", "锅炉房", "Boiler room", "boiler_room", 200),
}
# What each meter counts a day [unit of the quantity]; heat runs in the season alone.
USES: Mapping[str, float] = {
    "e-main": 1000.0,
    "e-canteen": 200.0,
    "w-main": 50.0,
    "g-canteen": 30.0,
    "h-main": 40.0,
}


def meter(key: str, quantity: str, **more) -> Meter:
    """Return a meter of one quantity."""
    register = Register(QUANTITIES[quantity], QUANTITIES[quantity].unit)
    own = {"arrival": Arrival.LIVE, **more}
    return Meter(key, key, key, f"campus/{key}", "native", (register,), timedelta(minutes=15), **own)


METERS = (
    meter("e-main", "electricity", account="electricity", item="01000"),
    meter("e-canteen", "electricity", parent="e-main", building="canteen", item="01D20"),
    meter("w-main", "water", account="water"),
    meter("g-canteen", "gas", account="gas", building="canteen"),
    meter("h-main", "heat", account="heat"),
)
ACCOUNTS = {q: Account(q, q, q, "flat") for q in ("electricity", "water", "gas", "heat")}


@dataclass(frozen=True, slots=True)
class Made:
    """A school to write: what each meter counts a day, from `first` until `until`, with some days missing."""

    school: School = SCHOOL
    buildings: Mapping[str, Building] = field(default_factory=lambda: dict(BUILDINGS))
    meters: tuple[Meter, ...] = METERS
    uses: Mapping[str, float] = field(default_factory=lambda: dict(USES))
    first: date = date(2024, 11, 1)
    until: date = date(2026, 1, 2)
    missing: Mapping[str, tuple[date, int]] = field(default_factory=dict)
    noise: float = 0.0

    def registry(self) -> Registry:
        """Return its registry."""
        meters = {meter.key: meter for meter in self.meters}
        return Registry(self.school, dict(self.buildings), ACCOUNTS, meters, "v1")

    def store(self, path: Path) -> Store:
        """Return a store that holds its days, and those of all they belong to."""
        store, registry = open_sqlite(path), self.registry()
        for subject in registry.subjects():
            for quantity in ("electricity", "water", "gas", "heat", "generation", "electricity_export"):
                leaves = registry.leaves(subject, quantity, midnight(self.until, ZONE))
                if leaves:
                    store_days(store, (subject, quantity), np.sum([self._of(m) for m in leaves], axis=0), self)
        return store

    def _of(self, meter: Meter) -> np.ndarray:
        days = (self.until - self.first).days
        value = np.full(days, self.uses[meter.key])
        if meter.registers[0].quantity.key == "heat":
            value = np.where(self.in_season(), value, 0.0)
        if self.noise:
            value = value * np.exp(np.random.default_rng(3).normal(0.0, self.noise, days))
        if meter.key in self.missing:
            start, count = self.missing[meter.key]
            at = (start - self.first).days
            value[at : at + count] = np.nan
        return value

    def in_season(self) -> np.ndarray:
        """Return which of its days are heated."""
        days = [self.first + timedelta(days=n) for n in range((self.until - self.first).days)]
        return np.array([any(s.first <= day <= s.last for s in self.school.heating) for day in days])

    def but(self, **more) -> Made:
        """Return it otherwise."""
        return replace(self, **more)


def store_days(store: Store, place: tuple[str, str], value: np.ndarray, made: Made) -> None:
    """Write a place's days, known ones alone, all of them measured."""
    known = np.isfinite(value)
    times = [to_ms(midnight(made.first + timedelta(days=n), ZONE)) for n in range(len(value))]
    fields = {name: np.full(int(known.sum()), np.nan) for name in FIELDS[FIGURE]}
    fields |= {"value": value[known], "coverage": np.ones(int(known.sum())), "estimated": np.zeros(int(known.sum()))}
    window = midnight(made.first, ZONE), midnight(made.until, ZONE)
    store.replace(SeriesId(FIGURE, *place, DAY), window, Columns(np.array(times, np.int64)[known], fields))
