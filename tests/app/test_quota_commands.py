"""`campus quota` and `campus rank`: what they print, what their exit codes mean, and the figures behind them."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest
from click.testing import CliRunner

from app import quota_year, rank, year_figures
from app.cli import main
from app.figure_rows import put
from app.quota_json import plain
from app.quota_told import tell
from app.rank import BUILDINGS_BY, SCHOOLS_BY, Home
from app.settings import load_settings
from app.wiring import install
from campus.calendar import midnight
from campus.registry import Building
from campus.results import Figure
from campus.schema import FIGURE, YEAR, SeriesId, empty
from tests.app.quota_school import BUILDINGS, METERS, SCHOOL, ZONE, Made, meter, store_days

WINDOW = midnight(date(2025, 1, 1), ZONE), midnight(date(2026, 1, 1), ZONE)
FILE = """[school]
key = "ours"
name = "我们学校"
name_en = "Ours"
type = "primary"
timezone = "Asia/Shanghai"
region = "CN-SD"
calendar = "CN"
floor_area_m2 = {area}

[[people]]
key = "p"
category = "pupil"
heads = 500
days = 195

[[meter]]
key = "tap"
name = "总水表"
topic = "campus/ours/tap"
format = "native"
quantity = "water"
unit = "m³"
interval = "15min"
"""


def value(store, name: str, subject: str = "school") -> float | None:
    series = SeriesId(FIGURE, subject, name, YEAR)
    rows = store.series([series], *WINDOW)[series]
    return float(rows.value[0]) if len(rows) else None


@pytest.fixture
def written(tmp_path):
    """Return a way to write a made school's figures; the store stays open for the test."""
    opened = []

    def write(made: Made):
        store, registry = made.store(tmp_path / f"{len(opened)}.sqlite"), made.registry()
        opened.append(closing(store))
        year_figures.YearFigures()(store, registry, [midnight(made.first, ZONE), midnight(made.until, ZONE)])
        return store

    yield write
    for one in opened:
        one.__exit__(None, None, None)


def test_the_figures_of_a_year_are_written(written) -> None:
    store = written(Made())
    assert value(store, "intensity/conventional_electricity") == pytest.approx(365 * 800 / 19_200)
    assert value(store, "quota/water") == pytest.approx(365 * 50 / 1500 / 14.0)
    assert value(store, "share/electrification") == pytest.approx(
        365_000 * 0.1229 / (365_000 * 0.1229 + 365 * 30 * 1.2143 + 4800 * 34.12)
    )
    assert value(store, "landing/water") is None  # the year is over
    assert value(store, "intensity/heating/district") is not None
    assert value(store, "intensity/data_centre") is None


def test_a_figure_that_no_longer_holds_is_taken_away(written) -> None:
    store = written(Made())
    nobody = Made(replace(SCHOOL, groups=())).registry()
    figures = year_figures.YearFigures()
    figures(store, replace(nobody, version="v2"), [WINDOW[0], WINDOW[1]])
    assert value(store, "intensity/water") is None and value(store, "quota/water") is None
    assert value(store, "intensity/conventional_electricity") is not None


def test_figures_are_written_once_a_day(tmp_path) -> None:
    made = Made(until=date(2026, 1, 3))
    registry, figures = made.registry(), year_figures.YearFigures()
    with closing(made.store(tmp_path / "s.sqlite")) as store:
        today = [midnight(date(2026, 1, 2), ZONE)]
        figures(store, registry, today)
        store.replace(SeriesId(FIGURE, "school", "share/electrification", YEAR), WINDOW, empty(FIGURE))
        figures(store, registry, today)
        assert value(store, "share/electrification") is None  # not again: nothing changed
        figures(store, registry, [midnight(date(2025, 5, 1), ZONE)])
        assert value(store, "share/electrification") is not None  # an earlier day did


def test_own_pv_counts_as_clean_and_as_electricity(written) -> None:
    made = Made(meters=(*METERS[:3], meter("pv", "generation")), uses=dict(Made().uses) | {"pv": 250.0})
    store = written(made)
    assert value(store, "share/electrification") == pytest.approx(1.0)
    assert value(store, "share/clean") == pytest.approx(0.2)
    assert value(store, "share/clean_electricity") == pytest.approx(0.2)


def test_a_year_is_told_as_json_with_all_that_stands_behind_it(tmp_path) -> None:
    made = Made(until=date(2026, 10, 11), noise=0.1)
    with closing(made.store(tmp_path / "s.sqlite")) as store:
        days = quota_year.read(store, made.registry(), 2026)
        told = plain(tell(quota_year.reckon(days, 2026, made.until), made.until), made.until)
    json.dumps(told)
    water = next(one for one in told["indicators"] if one["key"] == "water")
    assert water["value"] is None and water["landing"]["low"] < 12.2 < water["landing"]["high"]
    assert 0 < water["landing"]["chance_above"] < 0.2
    assert water["document"] == "DB37/T 4452-2021 定额表" and water["status_checked_on"] == "2026-11-22"
    assert {q["quarter"] for q in told["water_plan"]} == {"2026-Q3", "2026-Q4"}
    energy = next(one for one in told["indicators"] if one["key"] == "per_person")
    added = sum(one["sign"] * one["amount"] * one["factor_value"] for one in energy["inputs"])
    assert added == pytest.approx(energy["amount"])


@pytest.fixture
def installed(tmp_path, monkeypatch):
    (tmp_path / "config" / "schools").mkdir(parents=True)
    (tmp_path / "config" / "schools" / "ours.toml").write_text(FILE.format(area=9000), encoding="utf-8")
    (tmp_path / "data" / "journal").mkdir(parents=True)
    monkeypatch.setenv("CAMPUS_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CAMPUS_DATA", str(tmp_path / "data"))
    return tmp_path


def fill(m3_a_day: float) -> None:
    installation = install(load_settings(os.environ))
    with closing(installation.stores):
        made = Made(first=date(2025, 1, 1), until=date(2026, 1, 1))
        store_days(installation.stores["ours"], ("school", "water"), np.full(365, m3_a_day), made)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("m3_a_day", "code"), [(10.0, 0), (40.0, 1)])
def test_the_command_exits_with_1_where_a_quota_is_exceeded(m3_a_day, code) -> None:
    fill(m3_a_day)
    asked = ["quota", "--school", "ours", "--year", "2025"]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == code, result.output
    assert "没有电表" in result.output and f"{365 * m3_a_day / 500:.2f} m³/人" in result.output
    english = CliRunner().invoke(main, [*asked, "--lang", "en"]).output
    assert "Water per standard person" in english and "标准人均" not in english
    assert json.loads(CliRunner().invoke(main, [*asked, "--json"]).output)["school"] == "ours"


@pytest.mark.usefixtures("installed")
def test_an_unknown_school_is_answered_with_the_nearest() -> None:
    assert "did you mean ours" in CliRunner().invoke(main, ["quota", "--school", "our"]).output
    ranking = CliRunner().invoke(main, ["rank", "--year", "2025"])
    assert ranking.exit_code == 0 and "我们学校" in ranking.output and "无数" in ranking.output
    assert "L0" in ranking.output and "campus quota --year 2025" in ranking.output


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("ahead", [0, 1])
def test_a_year_that_is_not_over_is_not_ranked(ahead) -> None:
    running = datetime.now(ZONE).year
    ranking = CliRunner().invoke(main, ["rank", "--year", str(running + ahead)])
    assert ranking.exit_code == 2 and f"the newest whole year is {running - 1}" in ranking.output
    assert "还没有结束" in ranking.output


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("year", "chinese", "english"),
    [
        (2019, "2019 年没有数据", "no data of 2019"),
        (2025, "2025-01-01 至 2025-12-31 有数据", "data from 2025-01-01 to 2025-12-31"),
        (2100, "这一年还没到", "that year has not come yet"),
    ],
)
def test_the_head_says_which_days_of_the_year_are_known(year, chinese, english) -> None:
    fill(10.0)
    for lang, said in (("zh", chinese), ("en", english)):
        answer = CliRunner().invoke(main, ["quota", "--year", str(year), "--lang", lang])
        assert said in answer.output.splitlines()[0]


def test_schools_are_ranked_among_their_own_kind(written) -> None:
    homes = {}
    for n, name in enumerate(("a", "b", "c", "d")):
        way = "gas" if name == "d" else "district"
        school = replace(SCHOOL, key=name, name=name, heating_type=way, floor_area_m2=20_400.0 + 1000 * n)
        made = Made(school)
        homes[name] = Home(made.registry(), written(made))
    gas, district = rank.schools(homes, SCHOOLS_BY["area"], 2025)[::-1]
    assert [one.entry.key for one in district.placed] == ["c", "b", "a"]
    assert [one.place for one in district.placed] == [1, 2, 3] and {one.entry.level for one in district.placed} == {
        "L1"
    }
    assert gas.placed[0].place is None and "燃气" in gas.kind.zh
    (water,) = rank.schools(homes, SCHOOLS_BY["water"], 2025)
    assert len(water.placed) == 4  # heating is nothing to it


def test_like_buildings_are_ranked_with_their_peers_named(written) -> None:
    dorms = {f"d{n}": Building(f"d{n}", f"{n}号宿舍", f"Dorm {n}", "dormitory", 1000.0 * n) for n in (1, 2, 3)}
    meters = tuple(meter(f"e-{key}", "electricity", parent="e-main", building=key) for key in dorms)
    uses = dict(Made().uses) | {m.key: 100.0 for m in meters}
    made = Made(buildings=dict(BUILDINGS) | dorms, meters=(*METERS, *meters), uses=uses)
    store = written(made)
    for key in dorms:
        series = SeriesId(FIGURE, f"building/{key}", "electricity", YEAR)
        store_year(store, series, 36_500.0)
    year_figures.YearFigures()(store, made.registry(), [WINDOW[0], midnight(made.until, ZONE)])
    found = rank.buildings({"s": Home(made.registry(), store)}, BUILDINGS_BY["electricity"], 2025)
    dormitories = next(peers for peers in found if peers.kind.en == "dormitory")
    assert [(one.entry.name.zh, one.entry.value) for one in dormitories.placed] == [
        ("3号宿舍", pytest.approx(36_500 / 3000)),
        ("2号宿舍", pytest.approx(36_500 / 2000)),
        ("1号宿舍", pytest.approx(36.5)),
    ]


def store_year(store, series: SeriesId, amount: float) -> None:
    figure = Figure(series.name, series.subject, YEAR, *WINDOW, amount, "kWh", 1.0, 0.0)
    put(store, figure, WINDOW)
