"""The panel catalogue and its charts."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.catalogue import CatalogueBroken, load
from campus.panel import Panel, Selected
from campus.projects import Measure, Project
from campus.registry import Account, Arrival, Building, Meter, Register, Registry, School
from campus.schema import (
    DAY,
    DEMAND_MAX,
    FIELDS,
    FIGURE,
    HOUR,
    MONTH,
    SCHOOL_SUBJECT,
    Columns,
    SeriesId,
    balance_name,
    to_ms,
)
from campus.tariff import Tariff
from campus.units import QUANTITIES
from dashboards import chart, panels
from dashboards.charts import StoreCharts, catalogue
from dashboards.drawing import Drawing
from dashboards.rows import State, end_of, rows_of, runs, wall_ms
from store.sqlite import SqliteStore, open_sqlite

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 19, 16, tzinfo=UTC)  # midnight in Jinan
NOW = START + timedelta(hours=6, minutes=20)
WINDOW = (START, START + timedelta(hours=12))
HOURS = SeriesId(FIGURE, "school", "electricity", HOUR)
SELECTED = Selected(HOURS, "用电", "Electricity", "kWh")


def _registry() -> Registry:
    registers = tuple(Register(q, q.unit) for q in QUANTITIES.values() if not q.gauge)
    meters = {
        key: Meter(
            key,
            f"表{key}",
            f"Meter {key}",
            f"t/{key}",
            "native",
            registers,
            timedelta(hours=1),
            Arrival.LIVE,
            building=key,
            parent=parent,
        )
        for key, parent in (("a", ""), ("b", "a"))
    }
    buildings = {key: Building(key, f"楼{key}", f"Building {key}", "teaching") for key in meters}
    saves = tuple(("a", quantity) for quantity in ("electricity", "water", "gas", "heat"))
    project = Project("p", "改造", "Retrofit", Measure.PIPES, saves, date(2025, 7, 1), date(2025, 9, 1))
    school = School("demo", "示范学校", "Demo", "middle", ZONE, "CN-SD", "CN")
    demand = Account("e", "electricity", "1", "two_part", Tariff("kWh", (), by_demand=400.0))
    return Registry(school, buildings, {"e": demand}, meters, projects=(project,))


def _columns(values: list[float], start: datetime = START, **fields: list[float]) -> Columns:
    times = np.array([to_ms(start + timedelta(hours=hour)) for hour in range(len(values))], np.int64)
    names = {name: np.array(fields.get(name, [np.nan] * len(values)), float) for name in FIELDS[FIGURE]}
    known = ~np.isnan(np.array(values, float))
    return Columns(
        times[known], {name: column[known] for name, column in {**names, "value": np.array(values, float)}.items()}
    )


def _rows(values: list[float], **fields: list[float]):  # type: ignore[no-untyped-def]
    return rows_of(SELECTED, _columns(values, **fields), ZONE, NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = open_sqlite(tmp_path / "store.db")
    yield store
    store.close()


@pytest.fixture
def charts(store: SqliteStore) -> StoreCharts:
    return StoreCharts(store, _registry, lambda: NOW)


def test_the_folder_is_the_list_and_each_panel_is_named_like_its_file() -> None:
    files = {info.name for info in pkgutil.iter_modules(panels.__path__)}
    assert files and set(catalogue()) == files


def test_an_empty_folder_is_an_error() -> None:
    empty = ModuleType("empty")
    empty.__path__ = []  # type: ignore[attr-defined]
    with pytest.raises(CatalogueBroken, match="no entry"):
        load(empty, "PANEL")


@pytest.mark.parametrize("panel", catalogue().values(), ids=lambda panel: panel.name)
def test_a_panel_has_both_names_and_selects_stored_series_in_their_kept_unit(panel: Panel) -> None:
    selected = panel.select(_registry(), "school")
    assert panel.zh and panel.en and selected
    for entry in selected:
        assert entry.zh and entry.en
        other = {DEMAND_MAX: "kW"} | {balance_name(quantity): "%" for quantity in QUANTITIES}
        if entry.series.name in other:
            assert entry.unit == other[entry.series.name]
            continue
        quantity = QUANTITIES[entry.series.name.rpartition("/")[2]]
        assert entry.unit == ("tCO₂" if entry.series.name.startswith("carbon/") else quantity.unit)


@pytest.mark.parametrize("panel", catalogue().values(), ids=lambda panel: panel.name)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_panel_without_data_says_so_and_draws(charts: StoreCharts, panel: Panel, lang: str) -> None:
    picture = charts.svg(charts.spec(panel, "school", WINDOW, lang=lang), 400)
    assert ("No data in this period" if lang == "en" else "这段时间没有数据") in picture


def test_a_panel_about_a_subject_without_meters_selects_nothing() -> None:
    bare = Registry(_registry().school)
    assert [panel.name for panel in catalogue().values() if panel.select(bare, "school")] == []


def test_a_meter_read_once_a_day_shows_days_and_no_hours() -> None:
    registry = _registry()
    daily = {key: replace(meter, interval=timedelta(days=1)) for key, meter in registry.meters.items()}
    once_a_day = replace(registry, meters=daily)
    panels = catalogue()
    assert panels["hours_water"].select(once_a_day, "school") == []
    assert panels["days_water"].select(once_a_day, "school")
    assert {entry.series.resolution for entry in panels["coverage"].select(once_a_day, "school")} == {DAY}


def test_chinese_names_and_the_latest_number_are_in_the_picture_and_its_text(
    store: SqliteStore, charts: StoreCharts
) -> None:
    store.replace(HOURS, WINDOW, _columns([10.0, 12.0, 14.5], coverage=[1, 1, 1], estimated=[0, 0, 0]))
    document = charts.spec(catalogue()["hours_electricity"], "school", WINDOW)
    assert document["description"] == "逐时用电: 最新 用电 14.5 kWh (2026-11-20 02:00–03:00)"
    assert "kWh/小时" in charts.svg(document)


def test_numbers_and_times_are_outside_the_structure_so_a_page_can_renew_them_in_place(
    store: SqliteStore, charts: StoreCharts
) -> None:
    panel = catalogue()["hours_electricity"]
    before = charts.spec(panel, "school", WINDOW)
    store.replace(HOURS, WINDOW, _columns([10.0, 12.0]))
    later = charts.spec(panel, "school", (WINDOW[0] + timedelta(hours=1), WINDOW[1] + timedelta(hours=1)))
    assert json.dumps(later) != json.dumps(before)
    outside = {"datasets", "params", "description"}
    assert {k: v for k, v in before.items() if k not in outside} == {
        k: v for k, v in later.items() if k not in outside
    }


def test_a_gap_stays_a_gap_and_is_never_zero() -> None:
    rows = _rows([1.0, 2.0, np.nan, np.nan, 5.0, 6.0], coverage=[1] * 6, estimated=[0] * 6)
    assert [[row.value for row in run] for run in runs(rows)] == [[1.0, 2.0], [5.0, 6.0]]


@pytest.mark.parametrize(
    ("coverage", "estimated", "state"),
    [
        (1.0, 0.0, State.MEASURED),
        (0.0, 1.0, State.ESTIMATED),
        (0.5, 0.0, State.PARTIAL),
        (0.96, 0.02, State.MEASURED),
    ],
)
def test_a_row_says_how_far_it_may_be_trusted(coverage: float, estimated: float, state: State) -> None:
    rows = _rows([4.0, 4.0], coverage=[coverage, 1.0], estimated=[estimated, 0.0])
    assert rows[0].state is state


def test_the_hour_that_is_not_over_and_the_last_one_nothing_bounds_are_open() -> None:
    rows = _rows([1.0] * 7, coverage=[1.0] * 7, estimated=[0.0] * 7)
    assert [row.state for row in rows[-2:]] == [State.MEASURED, State.OPEN]
    assert _rows([1.0, 1.0], coverage=[1.0, 0.4], estimated=[0.0, 0.0])[-1].state is State.OPEN


def _drawn(values: list[float], series: SeriesId = HOURS, mark: str = "line", **fields: list[float]) -> chart.Spec:
    selected = Selected(series, "用电", "Electricity", "kWh")
    panel = Panel("p", "面板", "Panel", mark, timedelta(hours=12), lambda _r, _s: [selected])  # type: ignore[arg-type]
    rows = rows_of(selected, _columns(values, **fields), ZONE, NOW)
    return chart.spec(Drawing(panel, ((selected, rows),), WINDOW, ZONE, NOW, "zh", ((START, NOW),)))


def test_an_estimated_share_is_the_pale_top_of_its_bar() -> None:
    day = SeriesId(FIGURE, "school", "electricity", DAY)
    yesterday = _columns([100.0], START - timedelta(days=1), coverage=[0.97], estimated=[0.25])
    selected = Selected(day, "用电", "Electricity", "kWh")
    rows = rows_of(selected, yesterday, ZONE, NOW)
    panel = Panel("p", "面板", "Panel", "bar", timedelta(days=2), lambda _r, _s: [selected])
    # A second row keeps the first from being the last one, which nothing bounds.
    bars = chart.spec(Drawing(panel, ((selected, [*rows, *rows]),), WINDOW, ZONE, NOW))["datasets"]["bars"]
    solid, pale = bars[:2]
    assert (solid["from"], solid["to"], pale["from"], pale["to"]) == (0.0, 75.0, 75.0, 100.0)
    assert pale["opacity"] < 1.0


def test_what_is_below_zero_hangs_from_zero_and_stays_in_its_chart() -> None:
    month = SeriesId(FIGURE, "school", "saving/p/electricity", MONTH)
    selected = [Selected(month, f"项目{n}", f"Project {n}", "kWh") for n in range(3)]
    panel = Panel("p", "面板", "Panel", "bar", timedelta(hours=12), lambda _r, _s: selected)
    rows = [
        rows_of(one, _columns([value]), ZONE, NOW)
        for one, value in zip(selected, (287.0, -500.0, -65.0), strict=True)
    ]
    spec = chart.spec(Drawing(panel, tuple(zip(selected, rows, strict=True)), WINDOW, ZONE, NOW))
    assert [(bar["from"], bar["to"]) for bar in spec["datasets"]["bars"]] == [(0, 287), (0, -500), (-500, -565)]
    ticks = re.findall(r"<text[^>]*>([−-]?\d+)</text>", chart.svg(spec))
    assert {"0", "−600"} <= set(ticks)


def test_a_month_of_nothing_but_a_zero_draws_no_bar_and_no_frame() -> None:
    panel, heat = catalogue()["carbon_months"], SeriesId(FIGURE, "school", "carbon/heat", MONTH)
    selected = next(entry for entry in panel.select(_registry(), "school") if entry.series == heat)
    rows = rows_of(selected, _columns([0.0], coverage=[0.677], estimated=[0.0]), ZONE, NOW)
    assert rows[0].state is State.OPEN
    datasets = chart.spec(Drawing(panel, ((selected, rows),), WINDOW, ZONE, NOW))["datasets"]
    assert datasets["bars"] == datasets["frames"] == []


def test_the_name_of_a_month_begins_where_the_month_does_and_none_stands_at_the_end(charts: StoreCharts) -> None:
    year = datetime(2025, 12, 31, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC)
    picture = charts.svg(charts.spec(catalogue()["carbon_months"], "school", year))
    named = {
        text: anchor for anchor, text in re.findall(r'<text text-anchor="(\w+)"[^>]*>(\d\d-\d\d)</text>', picture)
    }
    assert set(named) == {f"26-{month:02d}" for month in range(1, 13)}
    assert set(named.values()) == {"start"}


def test_an_open_hour_is_a_stretch_of_its_own_state() -> None:
    points = _drawn([1.0] * 7, coverage=[1.0] * 7, estimated=[0.0] * 7)["datasets"]["lines"]
    assert {point["state"] for point in points} == {"measured", "open"}


def test_an_open_day_is_no_step_of_the_line_but_stands_in_a_frame() -> None:
    of_days = SeriesId(FIGURE, SCHOOL_SUBJECT, "electricity", DAY)
    datasets = _drawn([10.0], of_days, coverage=[0.4], estimated=[0.0])["datasets"]
    assert datasets["lines"] == [] and [frame["v"] for frame in datasets["so_far"]] == [10.0]


def test_evidence_is_shaded_from_its_local_beginning() -> None:
    datasets = _drawn([1.0])["datasets"]
    assert datasets["since"][0]["label"] == "11-20 00:00 起"
    assert datasets["shades"] == [{"t": wall_ms(START, ZONE), "end": wall_ms(NOW, ZONE)}]


def test_a_strip_merges_adjoining_hours_of_one_state() -> None:
    values = [1.0, 1.0, 1.0, np.nan, 1.0]
    strips = _drawn(values, mark="heatmap", coverage=[1.0] * 5, estimated=[0, 0, 1, 0, 0])["datasets"]["strips"]
    hours = [(strip["end"] - strip["t"]) / 3.6e6 for strip in strips]
    assert hours == [2.0, 1.0, 1.0]


@given(st.lists(st.one_of(st.just(np.nan), st.floats(0, 1e6)), min_size=1, max_size=40))
def test_a_line_keeps_every_known_hour_and_no_other(values: list[float]) -> None:
    rows = _rows(values, coverage=[1.0] * len(values), estimated=[0.0] * len(values))
    drawn = [row.value for run in runs(rows) for row in run]
    assert drawn == [value for value in values if not np.isnan(value)]


@pytest.mark.parametrize(("day", "length"), [("2023-10-29", 25), ("2023-03-26", 23), ("2023-06-01", 24)])
def test_a_local_day_ends_at_local_midnight_whatever_the_clocks_do(day: str, length: int) -> None:
    london = ZoneInfo("Europe/London")
    start = datetime.fromisoformat(day).replace(tzinfo=london).astimezone(UTC)
    assert end_of(start, DAY, london) - start == timedelta(hours=length)


def test_every_mark_of_the_catalogue_can_be_drawn() -> None:
    module = importlib.import_module("dashboards.chart")
    assert {panel.mark for panel in catalogue().values()} <= set(module._ROWS) == set(module._LAYERS)


def test_demand_is_shown_of_accounts_that_pay_for_it_alone() -> None:
    panel, registry = catalogue()["days_demand"], _registry()
    (shown,) = panel.select(registry, "school")
    assert (
        shown.series == SeriesId(FIGURE, "account/e", DEMAND_MAX, DAY) and panel.select(registry, "building/a") == []
    )
    flat = replace(registry.accounts["e"], billing=Tariff("kWh", ()))
    assert panel.select(replace(registry, accounts={"e": flat}), "school") == []
