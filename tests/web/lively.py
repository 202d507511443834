"""A lively school in a real store: five buildings, five media, two findings, a silent meter, unheard-of topics."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from campus.calendar import HOUR, ceil_hour, days, floor_hour, months
from campus.ports import Act, Entry, Episode, Letter, NewTopic, NotPossible, Quarantined, Reason, State, Store
from campus.registry import Account, Arrival, Building, Meter, Register, Registry, School
from campus.results import Finding, Price
from campus.said import Said
from campus.schema import CONSUMPTION, DAY, FIGURE, MONTH, REGISTER, Columns, Point, SeriesId, balance_name, to_ms
from campus.schema import HOUR as PER_HOUR
from campus.tariff import flat
from campus.units import QUANTITIES
from dashboards.charts import StoreCharts
from store.sqlite import open_sqlite
from web.state import CarbonLine, View

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 1, 38, 20, tzinfo=UTC)  # Friday 09:38 in Jinan
ELECTRICITY_PRICE = Price(0.555, "kWh", "鲁发改价格〔2006〕 居民合表 (示例)", assumed=True)
WATER_PRICE = Price(4.2, "m³", "演示假定价 Demo assumption", assumed=True)
FACTORS = {"electricity": 0.6191e-3, "gas": 2.184e-3, "heat": 0.11}


def _meter(key: str, names: tuple[str, str], quantity: str, **more: object) -> Meter:
    values: dict[str, object] = {
        "topic": f"campus/{key}",
        "format": "native",
        "registers": (Register(QUANTITIES[quantity], QUANTITIES[quantity].unit),),
        "interval": timedelta(minutes=15),
        "arrival": Arrival.LIVE,
        "account": "E1" if quantity == "electricity" else "W1" if quantity == "water" else "",
        **more,
    }
    return Meter(key=key, name=names[0], name_en=names[1], **values)  # type: ignore[arg-type]


BUILDINGS = (
    Building("teaching", "教学楼", "Teaching building", "teaching", 12_000, people=1200),
    Building("dorm", "宿舍楼", "Dormitory", "dormitory", 8_600, people=820),
    Building("canteen", "食堂", "Canteen", "canteen", 2_400),
    Building("lab", "实验楼", "Laboratory", "laboratory", 5_200),
    Building("boiler", "锅炉房", "Boiler room", "boiler_room", 300),
)
# (meter, share of the school's use): mains first, then what hangs below them.
METERS: tuple[tuple[Meter, float], ...] = (
    (_meter("e-main", ("总电表", "Main electricity"), "electricity"), 1.0),
    *(
        (
            _meter(
                f"e-{b.key}",
                (f"{b.name}电表", f"{b.name_en} electricity"),
                "electricity",
                building=b.key,
                parent="e-main",
            ),
            share,
        )
        for b, share in zip(BUILDINGS, (0.34, 0.27, 0.2, 0.14, 0.05), strict=True)
    ),
    (_meter("w-main", ("总水表", "Main water"), "water"), 1.0),
    (_meter("w-dorm", ("宿舍楼水表", "Dormitory water"), "water", building="dorm", parent="w-main"), 0.55),
    (_meter("w-canteen", ("食堂水表", "Canteen water"), "water", building="canteen", parent="w-main"), 0.3),
    (
        _meter(
            "w-teaching",
            ("教学楼水表", "Teaching water"),
            "water",
            building="teaching",
            parent="w-main",
            arrival=Arrival.DAILY_FROZEN,
            interval=timedelta(days=1),
        ),
        0.15,
    ),
    (_meter("g-canteen", ("食堂燃气表", "Canteen gas"), "gas", building="canteen", arrival=Arrival.HOURLY), 1.0),
    (_meter("h-boiler", ("换热站热表", "Heat station"), "heat", building="boiler"), 1.0),
    (_meter("pv", ("屋顶光伏", "Roof PV"), "generation", building="teaching"), 1.0),
)
SILENT = "w-canteen"  # since 26 hours
QUANTITY_OF = {meter.key: meter.registers[0].quantity.key for meter, _ in METERS}


def registry(key: str = "demo", name: str = "示范学校", name_en: str = "Demo school") -> Registry:
    """Return the lively school's registry."""
    school = School(key, name, name_en, "middle", ZONE, "CN-SD", "CN", boarding=True)
    accounts = {
        "E1": Account("E1", "electricity", "3701-0001", "resident", flat(ELECTRICITY_PRICE)),
        "W1": Account("W1", "water", "W-77", "school", flat(WATER_PRICE)),
    }
    return Registry(
        school, {b.key: b for b in BUILDINGS}, accounts, {meter.key: meter for meter, _ in METERS}, "test-1"
    )


def shape(quantity: str, hours: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a plausible hourly use of the whole school [unit] at local `hours` since a Monday's midnight."""
    hour, weekday = hours % 24, (hours // 24) % 7 < 5
    wave = np.exp(-(((hour - 10.5) / 4.0) ** 2)) + 0.8 * np.exp(-(((hour - 19) / 2.5) ** 2))
    noise = rng.normal(1, 0.06, len(hours)).clip(0.7, 1.3)
    full = {
        "electricity": (32 + 120 * wave * np.where(weekday, 1, 0.45)) * noise,
        "water": (0.25 + 6.5 * wave * np.where(weekday, 1, 0.6)) * noise,
        "gas": np.where(np.isin(hour, (5, 6, 10, 11, 16, 17)), 9 * noise, 0.0) * np.where(weekday, 1, 0.4),
        "heat": (1.1 + 0.5 * np.cos((hour - 5) / 24 * 2 * np.pi)) * noise,
        "generation": 46 * np.exp(-(((hour - 12.2) / 2.3) ** 2)) * (hour > 6) * (hour < 18) * noise,
    }
    return np.asarray(full[quantity], float)


@dataclass
class Filler:
    """Writes the school's past into a store."""

    store: Store
    now: datetime = NOW
    past: timedelta = timedelta(days=36)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(3))

    def fill(self) -> None:
        """Write registers, hours, the usual, days, months and carbon."""
        for quantity in ("electricity", "water", "gas", "heat", "generation"):
            self._quantity(quantity)
        self._balances()
        self._registers()

    def _balances(self) -> None:
        """Write what no sub-meter of the two main meters accounts for [%] on each whole day."""
        spans = list(days(self.now - self.past + timedelta(days=1), self.now, ZONE))[:-1]
        starts = np.array([to_ms(start) for start, _ in spans])
        for key, quantity, share in (("e-main", "electricity", 2.0), ("w-main", "water", 4.0)):
            value = share + self.rng.normal(0, 0.3, len(starts))
            series = SeriesId(FIGURE, f"meter/{key}", balance_name(quantity), DAY)
            self._put(series, starts, {"value": value, "low": value - 1.5, "high": value + 1.5})

    def _quantity(self, quantity: str) -> None:
        first, last = floor_hour(self.now - self.past), ceil_hour(self.now)
        starts = np.arange(to_ms(first), to_ms(last), 3_600_000)
        local = np.array([(s / 3.6e6 + 8 - 4 * 24) for s in starts])  # 1970-01-05 was a Monday
        use = shape(quantity, local, self.rng)
        usual = shape(quantity, np.arange(local[0], local[0] + len(local) + 24), np.random.default_rng(0))
        coverage, estimated = np.ones(len(use)), np.zeros(len(use))
        coverage[-1] = 38 / 60
        use[-1] *= coverage[-1]
        if quantity == "electricity":  # a night load since three nights; three hours estimated; a gap
            night = (local % 24 < 6) & (starts > to_ms(self.now - timedelta(days=3)))
            use[night] += 38
            estimated[-34:-31], coverage[-34:-31] = 1.0, 0.0
            use[-21:-19] = np.nan
        if quantity == "water":
            use[starts > to_ms(self.now - timedelta(days=3, hours=11))] += 0.8
        self._hours("school", quantity, starts, (use, coverage, estimated))
        wide = np.append(starts, starts[-1] + 3_600_000 * np.arange(1, 25))
        band = 0.12 * usual + 0.02 * usual.max()
        self._put(
            SeriesId(FIGURE, "school", f"usual/{quantity}", PER_HOUR),
            wide,
            {"value": usual, "low": usual - band, "high": usual + band},
        )
        for meter, share in METERS:
            if QUANTITY_OF[meter.key] == quantity:
                self._meter(meter, starts, (use * share, coverage, estimated), usual * share, wide, band * share)
        self._sums(quantity, starts, (use, coverage, estimated))

    def _meter(self, meter, starts, columns, usual, wide, band) -> None:  # type: ignore[no-untyped-def]
        use, coverage, estimated = (column.copy() for column in columns)
        if meter.key == SILENT:
            use[starts >= to_ms(self.now - timedelta(hours=26))] = np.nan
        if meter.key == "w-dorm":
            use += np.where(starts > to_ms(self.now - timedelta(days=3, hours=11)), 0.36, 0)
        quantity = QUANTITY_OF[meter.key]
        self._put(
            SeriesId(CONSUMPTION, meter.key, quantity),
            starts,
            {"value": use, "coverage": coverage, "estimated": estimated},
        )
        self._hours(f"meter/{meter.key}", quantity, starts, (use, coverage, estimated))
        self._put(
            SeriesId(FIGURE, f"meter/{meter.key}", f"usual/{quantity}", PER_HOUR),
            wide,
            {"value": usual, "low": usual - band, "high": usual + band},
        )
        if meter.interval >= timedelta(days=1):
            self._days(f"meter/{meter.key}", quantity, starts, (use, coverage, estimated))
        if meter.building and meter.parent:
            self._hours(f"building/{meter.building}", quantity, starts, (use, coverage, estimated))
            self._days(f"building/{meter.building}", quantity, starts, (use, coverage, estimated))

    def _hours(self, subject, quantity, starts, columns) -> None:  # type: ignore[no-untyped-def]
        use, coverage, estimated = columns
        self._put(
            SeriesId(FIGURE, subject, quantity, PER_HOUR),
            starts,
            {"value": use, "coverage": coverage, "estimated": estimated},
        )

    def _days(self, subject, quantity, starts, columns) -> None:  # type: ignore[no-untyped-def]
        spans = list(days(self.now - self.past + timedelta(days=1), self.now, ZONE))
        self._spans(SeriesId(FIGURE, subject, quantity, DAY), spans, starts, columns)

    def _sums(self, quantity, starts, columns) -> None:  # type: ignore[no-untyped-def]
        self._days("school", quantity, starts, columns)
        spans = list(months(self.now - self.past, self.now, ZONE))
        self._spans(SeriesId(FIGURE, "school", quantity, MONTH), spans, starts, columns)
        if quantity in FACTORS:
            carbon = (columns[0] * FACTORS[quantity], *columns[1:])
            self._spans(SeriesId(FIGURE, "school", f"carbon/{quantity}", MONTH), spans, starts, carbon)
            if quantity == "electricity":
                self._spans(SeriesId(FIGURE, "school", "carbon/total", MONTH), spans, starts, carbon)

    def _spans(self, series, spans, starts, columns) -> None:  # type: ignore[no-untyped-def]
        use, coverage, estimated = columns
        rows = []
        for start, end in spans:
            inside = (starts >= to_ms(start)) & (starts < to_ms(end))
            known = inside & ~np.isnan(use)
            hours = (end - start) / HOUR
            total = float(use[known].sum())
            covered = float(np.where(np.isnan(use), 0, coverage)[inside].sum()) / hours
            rows.append((total, covered, float((use * estimated)[known].sum()) / (total or 1)))
        columns_of = dict(zip(("value", "coverage", "estimated"), np.array(rows).T, strict=True))
        self._put(series, np.array([to_ms(start) for start, _ in spans]), columns_of)

    def _put(self, series: SeriesId, starts: np.ndarray, fields: dict[str, np.ndarray]) -> None:
        known = ~np.isnan(fields["value"])
        names = (
            ("value", "coverage", "estimated")
            if series.measurement == CONSUMPTION
            else ("value", "low", "high", "coverage", "estimated")
        )
        empty = np.full(int(known.sum()), np.nan)
        columns = Columns(
            starts[known].astype(np.int64), {n: fields[n][known] if n in fields else empty for n in names}
        )
        window = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        self.store.replace(series, window, columns)

    def _registers(self) -> None:
        quarter = timedelta(minutes=15)
        newest = self.now - (self.now - floor_hour(self.now)) % quarter
        ages = {
            SILENT: timedelta(hours=26, minutes=7),
            "w-teaching": timedelta(hours=9, minutes=30),
            "g-canteen": timedelta(minutes=45),
        }
        self.store.write(
            [
                Point(
                    SeriesId(REGISTER, meter.key, QUANTITY_OF[meter.key]),
                    to_ms(newest - ages.get(meter.key, timedelta(0))),
                    (12345.6, 0.0, "good", "S1"),
                )
                for meter, _ in METERS
                if meter.key != "h-boiler"
            ]
        )
        twice = SeriesId(REGISTER, "e-lab", "electricity")
        self.store.write([Point(twice, to_ms(newest - HOUR), (value, 0.0, "good", "")) for value in (811.2, 812.9)])


def findings(now: datetime = NOW) -> list[Finding]:
    """Return the two findings of the lively school."""
    night = floor_hour(now - timedelta(days=3, hours=11))
    load = floor_hour(now - timedelta(days=2, hours=11))
    return [
        Finding(
            "night_flow",
            "meter/w-dorm",
            "water",
            night,
            None,
            floor_hour(now),
            0.8,
            "m³/h",
            0.14,
            19.2,
            66.4,
            "m³",
            80.6,
            WATER_PRICE,
            0.97,
            {"nights": 3},
            ((night, floor_hour(now)),),
        ),
        Finding(
            "out_of_hours",
            "meter/e-teaching",
            "electricity",
            load,
            None,
            floor_hour(now),
            38.0,
            "kW",
            12.0,
            304.0,
            912.0,
            "kWh",
            None,
            None,
            0.9,
            {"nights": 3},
            tuple((load + timedelta(days=d), load + timedelta(days=d, hours=8)) for d in range(3)),
        ),
    ]


@dataclass
class ListLedger:
    """The ledger port over a list, with what happened beside it."""

    rows: list[Episode]
    entries: dict[int, list[Entry]] = field(default_factory=dict)

    def record(self, school, rule, subject, findings, judged):  # type: ignore[no-untyped-def]
        """Tests do not record."""
        raise NotImplementedError

    def episodes(self, school: str, open_only: bool = False) -> list[Episode]:
        """Return the school's episodes."""
        return [e for e in self.rows if e.school == school and (e.open or not open_only)]

    def act(self, school: str, episode: int, act: Act) -> Episode:
        """The page changes nothing."""
        raise NotImplementedError(school, episode, act)

    def history(self, school: str, episode: int) -> list[Entry]:
        """Return what happened to an episode; refuse a number the school does not have."""
        if not any(e.school == school and e.id == episode for e in self.rows):
            raise NotPossible(f"no finding {episode}")
        return self.entries.get(episode, [])


@dataclass
class ListQuarantine:
    """The quarantine port over lists."""

    topics: list[NewTopic]
    count: dict[Reason, int]

    def entries(self, limit: int = 200, open_only: bool = True) -> list[Quarantined]:
        """Tests look at counts."""
        raise NotImplementedError(limit, open_only)

    def counts(self) -> dict[Reason, int]:
        """Return the open entries by reason."""
        return dict(self.count)

    def new_topics(self) -> list[NewTopic]:
        """Return the unheard-of topics."""
        return list(self.topics)


@dataclass
class World:
    """The parts behind a view, for a test to move."""

    store: Store
    ledger: ListLedger
    quarantine: ListQuarantine
    registry: Registry
    now: datetime = NOW
    said: list[Said] = field(default_factory=list)
    alarms: list[Said] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)

    def view(self) -> View:
        """Return the world as the page is given it."""
        return View(
            registry=lambda: self.registry,
            store=self.store,
            ledger=self.ledger,
            quarantine=self.quarantine,
            charts=StoreCharts(self.store, lambda: self.registry, lambda: self.now),
            message=message,
            title=title,
            clock=lambda: self.now,
            carbon=lambda start: carbon(self.store, start),
            notices=lambda: self.said,
            alarms=lambda: self.alarms,
            letters=lambda: list(self.letters),
        )


def message(finding: Finding, lang: str) -> str:
    """Word a finding."""
    if finding.rule == "night_flow":
        return (
            "Dormitory: water runs all night, 0.8 m³/h since 22:00 on 16 Nov, about ¥81 a day. "
            "Check cistern floats first, then close the building valve and watch the meter."
            if lang == "en"
            else "宿舍楼夜里水不停，每小时0.8吨，11月16日22点起，每天约81元。先看水箱浮球，再关楼前阀试。"
        )
    return (
        "Teaching building still draws 50 kW after 22:00 (usually 12). Check 5th-floor air conditioning first."
        if lang == "en"
        else "教学楼晚10点后还有50千瓦，平时12千瓦，每天多用约304千瓦时。先查5楼空调和开水器。"
    )


def title(rule: str, lang: str) -> str:
    """Name a rule."""
    names = {
        "night_flow": ("夜间持续流水", "Water runs all night"),
        "out_of_hours": ("下班后用电偏高", "Load out of hours"),
    }
    return names[rule][lang == "en"]


def carbon(store: Store, month: datetime) -> list[CarbonLine]:
    """Return a month's carbon by source."""
    ids = {q: SeriesId(FIGURE, "school", f"carbon/{q}", MONTH) for q in FACTORS}
    found = store.series(ids.values(), month, month + timedelta(days=1))
    value = {q: (float(found[i].value[0]) if len(found[i]) else None) for q, i in ids.items()}
    return [
        CarbonLine(
            "外购电力",
            "Purchased electricity",
            value["electricity"],
            "0.6191 kgCO₂/kWh (山东 2023)",
            "生态环境部公告2025年第47号",
            "表3",
            "S2",
            0.97,
            0.006,
            True,
            explained=Said("36 385 kWh × 0.6191 kgCO₂/kWh", "36 385 kWh × 0.6191 kgCO₂/kWh"),
        ),
        CarbonLine(
            "天然气", "Natural gas", value["gas"], "2.184 kgCO₂/m³", "JS/T 303-2026", "附录A", "S2", 0.99, 0.0
        ),
        CarbonLine(
            "外购热力", "Purchased heat", None, "0.11 tCO₂/GJ", "发改办气候〔2015〕1722号", "附录二", "M", 0.42, 0.0
        ),
        CarbonLine(
            "外购电力(全国因子)",
            "Purchased electricity (national factor)",
            (value["electricity"] or 0) * 0.5306 / 0.6191,
            "0.5306 kgCO₂/kWh (全国 2023)",
            "生态环境部公告2025年第47号",
            "表1",
            "S1",
            0.97,
            0.006,
            True,
            memo=True,
        ),
    ]


def world(path: Path) -> World:
    """Return a filled world whose store is the file `path`."""
    store = open_sqlite(path)
    Filler(store).fill()
    return around(store)


def around(store: Store, key: str = "demo", name: str = "示范学校") -> World:
    """Return the world around a store that is filled already."""
    episodes = [
        Episode(number, key, State.NEW, finding, finding.start, NOW, 1)
        for number, finding in enumerate(findings(), start=1)
    ]
    topics = [
        NewTopic(
            "shellies/dorm-3/emeter/0",
            42,
            NOW - timedelta(minutes=40),
            NOW - timedelta(seconds=20),
            b'{"id":0,"a_total_act_energy":1520.11,"ts":1732066680}',
            "shelly",
        ),
        NewTopic(
            "test/<script>alert(1)</script>",
            3,
            NOW - timedelta(hours=2),
            NOW - timedelta(hours=1),
            b"\xff\xfe\x1b[31m<img src=x onerror=alert(1)>\xe2\x80\xae",
            "",
        ),
    ]
    count = {Reason.UNKNOWN_TOPIC: 45, Reason.NOT_A_NUMBER: 2, Reason.CLOCK_AHEAD: 1}
    return World(store, ListLedger(episodes), ListQuarantine(topics, count), registry(key, name))
