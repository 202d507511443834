"""Quotas on the page: bars with their lines, the landing in its frame, people explained, peers named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from selenium import webdriver

from app.figure_rows import put
from app.quota_ask import asked
from app.quota_landing import Metered
from app.quota_page import QuotaPage, _partly
from app.year_figures import YearFigures, window_of
from campus.calendar import midnight
from campus.registry import Building
from campus.results import Figure
from campus.said import Said
from campus.schema import YEAR
from tests.app.quota_school import BUILDINGS, METERS, USES, ZONE, Made, meter
from tests.web import lively
from tests.web.browsing import needs_browser, text
from tests.web.served import serving
from web.quota_state import Quotas
from web.render import sections
from web.snapshot import take

NOW = datetime(2026, 10, 12, 6, tzinfo=UTC)
DORMS = {f"d{n}": Building(f"d{n}", f"{n}号楼", f"Dorm {n}", "dormitory", 1000.0 * n, 900) for n in (1, 2, 3)}
WIDTHS = """return [...document.querySelectorAll('#s-quota .measure .bar')]
    .map((bar) => bar.getBoundingClientRect().width)"""
MADE = Made(
    buildings=dict(BUILDINGS) | DORMS,
    meters=(*METERS, *(meter(f"e-{key}", "electricity", parent="e-main", building=key) for key in DORMS)),
    uses=dict(USES) | {f"e-{key}": 90.0 for key in DORMS},
    until=date(2026, 10, 12),
    noise=0.1,
)


@pytest.fixture(scope="module")
def quotas(tmp_path_factory) -> Iterator[Quotas]:
    """The page's quotas of a school with a whole year and a running one."""
    with closing(MADE.store(tmp_path_factory.mktemp("q") / "s.sqlite")) as store:
        registry = MADE.registry()
        window = window_of(registry, 2025)
        for key in DORMS:
            put(store, Figure("electricity", f"building/{key}", YEAR, *window, 36_500.0, "kWh", 0.99, 0.0), window)
        YearFigures()(store, registry, [midnight(date(2025, 6, 1), ZONE), midnight(date(2026, 10, 11), ZONE)])
        made = QuotaPage(store, lambda: registry, lambda: NOW)
        found = made()
        assert found is not None and made() is found  # kept for the day
        yield found


def test_on_the_first_of_a_month_of_31_days_the_next_month_has_its_place(tmp_path) -> None:
    made = replace(MADE, first=date(2026, 8, 1), until=date(2026, 10, 1))
    with closing(made.store(tmp_path / "s.sqlite")) as store:
        registry, now = made.registry(), datetime(2026, 10, 1, 6, tzinfo=UTC)
        YearFigures()(store, registry, [midnight(date(2026, 9, 30), ZONE)])
        found = QuotaPage(store, lambda: registry, lambda: now)()
    assert found is not None and found.ahead
    assert {len(row.periods) for row in found.ahead} == {len(found.ahead_names)}


def page(world: lively.World, quotas: Quotas | None, lang: str) -> str:
    return sections(take(replace(world.view(), quotas=lambda: quotas)), "demo", lang)["quota"]


def test_the_last_whole_year_stands_beside_where_the_running_one_will_end(quotas) -> None:
    bars = {bar.key: bar for bar in quotas.bars}
    water = bars["water"]
    assert (water.year, water.landing_year) == (2025, 2026)
    assert water.value == pytest.approx(365 * 50 / 1500, rel=0.02) and water.landing[1] < water.landing[0]
    assert [line.value for line in water.lines] == [14.0, 8.0] and water.chance.endswith("%")
    assert bars["heating/district"].year == 2026 and bars["heating/district"].landing is None
    assert bars["data_centre"].value is None and not bars["data_centre"].known
    assert bars["per_person"].beside.name.zh == "按人头"
    assert bars["per_person"].crowded and not bars["conventional_electricity"].crowded


def test_like_buildings_are_named_and_who_has_no_peers_is_not_ranked(quotas) -> None:
    dorms = next(group for group in quotas.groups if group.kind.en == "dormitory")
    assert [(one.name.zh, one.place, one.level) for one in dorms.placed] == [
        ("3号楼", 1, "L2"),
        ("2号楼", 2, "L2"),
        ("1号楼", 3, "L2"),
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_section_says_all_that_a_bar_shows(world: lively.World, quotas, lang) -> None:
    html = page(world, quotas, lang)
    for said in [bar.name for bar in quotas.bars] + [note for bar in quotas.bars for note in bar.notes]:
        assert said.to(lang) in html
    assert html.index('id="quota-per_person"') < html.index("32.9 m²")
    assert "DB37/T 2671-2019 表1" in html and ("预计" if lang == "zh" else "expected") in html
    assert "style=" not in html  # the page's own policy forbids it


def test_a_school_without_a_whole_day_has_no_empty_section(world: lively.World) -> None:
    assert page(world, None, "zh").strip() == ""


def test_why_a_year_has_no_value_names_the_year_where_a_frame_of_another_stands_beside(world, quotas) -> None:
    water = next(bar for bar in quotas.bars if bar.key == "water")
    html = page(
        world, replace(quotas, bars=(replace(water, value=None, words=Said("数据不足", "not enough data")),)), "zh"
    )
    assert "2025 年：数据不足" in html and "2026 年末预计" in html


@pytest.mark.parametrize(("m3", "words"), [(7000.0, "超了"), (4000.0, "92 天里有 12 天没有数")])
def test_a_quarter_that_is_over_and_known_in_part_shows_what_was_metered(
    world, quotas, m3: float, words: str
) -> None:
    quarter = _partly("2026 Q3", 5000.0, Metered(m3, 80, 92))
    html = page(world, replace(quotas, quarters=(quarter,)), "zh")
    assert f"已计量 {m3:,.0f} m³" in html and words in html and "推不出来" not in html


def test_a_quarter_before_the_data_is_over_and_not_known(tmp_path) -> None:
    made = replace(MADE, first=date(2026, 10, 2))
    with closing(made.store(tmp_path / "s.sqlite")) as store:
        registry = made.registry()
        told, _ = asked(store, registry, 2026, NOW)
        third, fourth = told.quarters
    assert third.metered == Metered(0.0, 0, 92) and fourth.metered is None


@needs_browser
def test_the_bars_are_drawn_on_a_phone(world: lively.World, browser: webdriver.Chrome, quotas) -> None:
    with serving({"demo": replace(world.view(), quotas=lambda: quotas)}) as site:
        browser.get("about:blank")
        browser.get_log("browser")
        metrics = {"width": 390, "height": 900, "deviceScaleFactor": 1, "mobile": True}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.get(f"{site.url}/schools/demo")
        widths = browser.execute_script(WIDTHS)
        assert len(widths) == 5 and all(width > 5 for width in widths)
        assert "限期整改" in text(browser, "#quota-per_person")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
