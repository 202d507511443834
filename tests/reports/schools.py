"""Generated schools with a year in a real store: rich, with gaps, estimated, unpriced, abroad, nearly empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from app import account
from app.annual_gather import Pieces
from app.year_figures import YearFigures
from campus.calendar import midnight
from campus.corrections import Correction, Kind
from campus.people import Category, People
from campus.ports import Episode, State
from campus.projects import Measure, Project
from campus.registry import Account, Arrival, Building, Meter, Register, Registry, School, Season
from campus.results import Finding, Price
from campus.schema import (
    DAY,
    FIELDS,
    FIGURE,
    MONTH,
    YEAR,
    Columns,
    SeriesId,
    baseline_name,
    saving_error_name,
    saving_name,
    saving_tco2_name,
    saving_yuan_name,
    to_ms,
)
from campus.tariff import flat
from campus.units import QUANTITIES
from store.sqlite import open_sqlite

ZONE = ZoneInfo("Asia/Shanghai")
YEAR_OF = 2025
NOW = datetime(2026, 3, 2, 1, 38, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRICES = {
    "electricity": Price(0.555, "kWh", "居民合表价文件"),
    "water": Price(4.2, "m³", "水价文件"),
    "gas": Price(3.5, "m³", "气价文件", assumed=True),
    "heat": Price(76.0, "GJ", "供热价格文件"),
}
# A month's use of the whole school and the share of each building's meter.
USE = {
    "electricity": 61_234.567,
    "water": 3_456.78,
    "gas": 1_234.5,
    "heat": 456.78,
    "generation": 12_345.6,
    "electricity_export": 987.6,
}
SHARES = {"teaching": 0.41, "dorm": 0.33, "canteen": 0.17}
BUILDINGS = {
    "teaching": Building("teaching", "教学楼", "Teaching building", "teaching", 12_000, people=1200),
    "dorm": Building("dorm", "宿舍楼", "Dormitory", "dormitory", 8_600, people=820),
    "canteen": Building("canteen", "食堂", "Canteen", "canteen", 2_400),
}


@dataclass(slots=True)
class Episodes:
    """A ledger that only lists."""

    rows: list[Episode] = field(default_factory=list)

    def record(self, *_):
        raise NotImplementedError

    act = history = record

    def episodes(self, school: str, open_only: bool = False) -> list[Episode]:
        return [e for e in self.rows if e.school == school and (e.open or not open_only)]


@dataclass(frozen=True, slots=True)
class Made:
    """A school to generate: what it measures and what is wrong with it."""

    name: str
    media: tuple[str, ...] = ("electricity", "water", "gas", "heat", "generation", "electricity_export")
    school: School = field(
        default_factory=lambda: School(
            "s",
            "示范学校",
            "Demo School",
            "primary",
            ZONE,
            "CN-SD",
            "CN",
            code="12370100MB2850000X",
            people=1834,
            heated_area_m2=18_000.0,
            heating=tuple(Season(date(y, 11, 15), date(y + 1, 3, 14)) for y in range(2022, 2027)),
            heating_type="district",
            groups=(People(Category.PUPIL, 1600, 196, key="p"), People(Category.STAFF, 234, 230, key="s")),
        )
    )
    prices: dict[str, Price] = field(default_factory=lambda: dict(PRICES))
    buildings: dict[str, Building] = field(default_factory=lambda: dict(BUILDINGS))
    coverage: float = 0.998
    estimated: float = 0.012
    lost: tuple[int, ...] = ()  # months without data
    thin: tuple[int, ...] = ()  # months of which two thirds were measured
    years: tuple[int, ...] = (2024, 2025, 2026)
    now: datetime = NOW
    episodes: tuple[Episode, ...] = ()
    corrected: float = 0.0
    corrections: tuple[Correction, ...] = ()  # of the main electricity meter
    by_hand: tuple[str, ...] = ()  # quantities people read
    projects: tuple[Project, ...] = ()


def meter(key: str, quantities: tuple[str, ...], **more) -> Meter:
    registers = tuple(Register(QUANTITIES[q], QUANTITIES[q].unit) for q in quantities)
    names = f"{key}表", f"Meter {key}", f"campus/{key}"
    return Meter(key, *names, "native", registers, timedelta(minutes=15), **{"arrival": Arrival.LIVE, **more})


def registry(made: Made) -> Registry:
    """Return a made school's registry: a main meter a medium, one a building for electricity and water."""
    meters, counted = [], [q for q in made.media if q != "electricity_export"]
    for quantity in counted:
        export = quantity == "electricity" and "electricity_export" in made.media
        quantities = (quantity, "electricity_export") if export else (quantity,)
        more = {"corrections": made.corrections if quantity == "electricity" else ()}
        more |= {"arrival": Arrival.MANUAL} if quantity in made.by_hand else {}
        meters.append(meter(f"{quantity}-main", quantities, account=quantity, **more))
        if quantity in ("electricity", "water"):
            parent = f"{quantity}-main"
            meters += [meter(f"{quantity}-{b}", (quantity,), building=b, parent=parent) for b in made.buildings]
    billed = {q: flat(made.prices[q]) for q in counted if q in made.prices}
    accounts = {q: Account(q, QUANTITIES[q].medium, f"no-{q}", "flat", billed.get(q)) for q in counted}
    by_key = {m.key: m for m in meters}
    return Registry(made.school, made.buildings, accounts, by_key, "1", projects=made.projects)


def bounds(year: int, month: int) -> tuple[datetime, datetime]:
    """Return a local month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return midnight(date(year, month, 1), ZONE), midnight(following, ZONE)


class Filler:
    """Writes the months and years of a made school."""

    def __init__(self, made: Made, registry: Registry, store) -> None:
        self.made, self.registry, self.store = made, registry, store
        self.rng = np.random.default_rng(len(made.name))

    def fill(self) -> None:
        """Fill every subject, then let the program reckon the carbon."""
        for meter in self.registry.meters.values():
            for register in meter.registers:
                key = register.quantity.key
                share = SHARES.get(meter.building, 0.05) if meter.building else 1.0
                self._subject(f"meter/{meter.key}", key, share)
                if meter.building:
                    self._subject(f"building/{meter.building}", key, share)
                else:
                    self._subject("school", key, share)
        for project in self.made.projects:
            self._saved(project)
        starts = [bounds(year, month)[0] for year in self.made.years for month in range(1, 13)]
        passed = [start for start in starts if start < self.made.now]
        account.write_carbon(self.store, self.registry, passed)
        YearFigures()(self.store, self.registry, [passed[0], passed[-1]])

    def _subject(self, subject: str, quantity: str, share: float) -> None:
        for year in self.made.years:
            values, known = [], []
            for month in range(1, 13):
                start, end = bounds(year, month)
                if start >= self.made.now or (year == YEAR_OF and month in self.made.lost):
                    continue
                passed = min(1.0, (self.made.now - start) / (end - start))
                season = (1 + 0.4 * np.cos(month)) * (1 + 0.037 * (year - YEAR_OF))
                there = 2 / 3 if year == YEAR_OF and month in self.made.thin else 1.0
                values.append(USE[quantity] * share * season * passed * there)
                known.append((start, end, self.made.coverage * passed * there))
            self._put(
                SeriesId(FIGURE, subject, quantity, MONTH), [k[0] for k in known], values, [k[2] for k in known]
            )
            if subject == "school":
                days = [
                    (start + n * 24 * HOUR, v / ((end - start) / (24 * HOUR)), c)
                    for (start, end, c), v in zip(known, values, strict=True)
                    for n in range((min(end, self.made.now) - start) // (24 * HOUR))
                ]
                day, value, coverage = (list(column) for column in zip(*days, strict=True)) if days else ((), (), ())
                self._put(SeriesId(FIGURE, subject, quantity, DAY), day, value, coverage)
            first, last = bounds(year, 1)[0], bounds(year, 12)[1]
            covered = sum((end - start) / (last - first) * c for start, end, c in known)
            if values:
                self._put(SeriesId(FIGURE, subject, quantity, YEAR), [first], [sum(values)], [covered])

    def _saved(self, project: Project) -> None:
        for name, value in SAVED.get(project.key, {}).items():
            series = SeriesId(FIGURE, "school", name(project.key, project.quantities[0]), YEAR)
            self._put(series, [bounds(YEAR_OF, 1)[0]], [value], [self.made.coverage])

    def _put(self, series: SeriesId, starts, values, coverage) -> None:
        absent = np.full(len(starts), np.nan)
        fields = dict.fromkeys(FIELDS[FIGURE], absent)
        fields |= {"value": np.array(values, float), "coverage": np.array(coverage, float)}
        fields["estimated"] = np.full(len(starts), self.made.estimated)
        fields["corrected"] = np.full(len(starts), self.made.corrected or np.nan)
        columns = Columns(np.array([to_ms(start) for start in starts], np.int64), fields)
        if starts:
            self.store.replace(series, (starts[0], starts[-1] + HOUR), columns)


def pieces(made: Made, path: Path) -> Pieces:
    """Return a made school with its filled store; whoever asks closes it."""
    known, store = registry(made), open_sqlite(path)
    Filler(made, known, store).fill()
    clock: Callable[[], datetime] = lambda: made.now  # noqa: E731
    return Pieces(known, store, Episodes(list(made.episodes)), clock)


def finding(subject: str, price: Price | None, end: datetime | None) -> Finding:
    start = datetime(2025, 10, 2, 14, tzinfo=UTC)
    per_day, to_date = 19.2, 172.8
    yuan = None if price is None else per_day * price.yuan
    seen = end or NOW
    return Finding(
        "night_flow", subject, "water", start, end, seen, 0.8, "m³/h", 0.14, per_day, to_date, "m³", yuan, price
    )


def episode(number: int, state: State, found: Finding) -> Episode:
    return Episode(number, "s", state, found, found.start, found.seen_until, 1)


ENDED = datetime(2025, 10, 11, 14, tzinfo=UTC)
JUNE = datetime(2025, 6, 3, 16, tzinfo=UTC)
DONE = (
    episode(1, State.CLOSED_BY_METER, finding("meter/water-dorm", PRICES["water"], ENDED)),
    episode(2, State.CLOSED_BY_METER, finding("meter/water-canteen", None, ENDED + timedelta(days=3))),
    episode(3, State.IN_WORK, finding("meter/water-teaching", None, None)),
)
CORRECTIONS = (
    Correction("c1", Kind.USE, "electricity", JUNE, JUNE + 24 * HOUR, "王老师", date(2025, 7, 2), "抄表核对", 1234.5),
    Correction(
        "c2", Kind.VOID, "electricity", JUNE + 48 * HOUR, JUNE + 72 * HOUR, "王老师", date(2025, 7, 2), "接线错",
        withdrawn_by="李主任", withdrawn_on=date(2025, 7, 9), withdrawn_reason="看错表",
    ),
)  # fmt: skip
_SCHOOL = Made("rich").school


def _project(key: str, name: str, measure: Measure, counter: tuple[str, str], finished: date | None) -> Project:
    return Project(key, name, key.title(), measure, (counter,), date(2025, 2, 1), finished)


_DONE_ON, _HALL = date(2025, 3, 1), ("electricity-teaching", "electricity")
PROJECTS = (
    _project("lamps", "换灯", Measure.LIGHTING, _HALL, _DONE_ON),
    _project("pipes", "换水管", Measure.PIPES, ("water-dorm", "water"), _DONE_ON),
    _project("heat", "供热控制", Measure.HEATING_CONTROL, ("heat-main", "heat"), None),
    _project("chiller", "冷站", Measure.CHILLER_PLANT, _HALL, _DONE_ON),
)
# What is stored of them: all of the first, no price of the second, nothing of the others.
SAVED: dict[str, dict[Callable[[str, str], str], float]] = {
    "lamps": {
        saving_name: 21_345.6,
        saving_error_name: 3_210.9,
        baseline_name: 98_765.4,
        saving_yuan_name: 11_846.8,
        saving_tco2_name: 13.215,
    },
    "pipes": {saving_name: -12.3, saving_error_name: 45.6, baseline_name: 9_876.5},
}

SCHOOLS = (
    Made("rich", episodes=DONE, projects=PROJECTS),
    Made("gaps", lost=(3, 4, 7)),
    Made("estimated", estimated=0.31),
    Made("corrected", corrected=0.063, corrections=CORRECTIONS),
    Made("by-hand", media=("electricity", "water"), by_hand=("water",)),
    Made("no-price", prices={"water": PRICES["water"]}, media=("electricity", "water")),
    Made("no-area", buildings={k: replace(b, floor_area_m2=None) for k, b in BUILDINGS.items()}),
    Made("abroad", school=replace(_SCHOOL, region="GB"), media=("electricity", "gas")),
    Made("no-code-no-people", school=replace(_SCHOOL, code="", people=None, groups=()), years=(2025, 2026)),
    Made("running", thin=(5,), now=datetime(2025, 9, 16, 3, tzinfo=UTC)),
    Made("water-only", media=("water",)),
)
