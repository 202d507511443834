"""The dashboard "school now" as JSON: what the page draws, all of it, placed without overlap, the same every time."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.schema import CONSUMPTION, FIGURE, REGISTER, SCHOOL_SUBJECT, TAGS, SeriesId
from dashboards import grafana
from dashboards.charts import catalogue
from dashboards.flux import Buckets, literal, rows_query
from dashboards.grafana_series import window_text
from tests.dashboards.grafana_school import meter, registry

BUCKETS = Buckets("north-raw", "north")
SCHOOL = registry()
QUERY = re.compile(
    r'from\(bucket: "(?P<bucket>[^"]+)"\)'
    r" \|> range\(start: v\.timeRangeStart, stop: v\.timeRangeStop\)"
    r" \|> filter\(fn: \(r\) => (?P<where>.*)\)"
)
HEAD = {"今日至今 Today so far", "昨日实测比例 Measured share of yesterday", "最新的完整小时 Latest closed hour"}


def body() -> dict[str, Any]:
    return grafana.dashboard(SCHOOL, BUCKETS)


def panels(of: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [panel for panel in (of or body())["panels"] if panel["type"] != "row"]


def titled(title: str) -> dict[str, Any]:
    return next(panel for panel in panels() if panel["title"].startswith(title))


def series_of(query: str) -> tuple[SeriesId, str]:
    """Return which series and field a query reads."""
    match = QUERY.fullmatch(query)
    assert match, query
    wanted = dict(re.findall(r'r\.(\w+) == "([^"]*)"', match["where"]))
    measurement = wanted["_measurement"]
    assert match["bucket"] == BUCKETS.of(measurement)
    assert set(wanted) == {"_measurement", "_field", *TAGS[measurement]}
    return SeriesId(measurement, *(wanted[tag] for tag in TAGS[measurement])), wanted["_field"]


def drawn_by_the_page() -> dict[str, list[SeriesId]]:
    chosen = {f"{p.zh} {p.en}": p.select(SCHOOL, SCHOOL_SUBJECT) for p in catalogue().values()}
    return {title: [one.series for one in entries] for title, entries in chosen.items() if entries}


def test_the_dashboard_has_the_pages_panels_with_their_series_none_forgotten_none_invented() -> None:
    page = drawn_by_the_page()
    read = {p["title"]: [series_of(t["query"]) for t in p["targets"]] for p in panels() if p["title"] not in HEAD}
    shown = {title: [one for one, field in found if field != "corrected"] for title, found in read.items()}
    assert shown == page
    assert len(page) >= 8
    assert any(one.measurement == CONSUMPTION for ids in page.values() for one in ids)


def test_beside_every_bar_stands_the_share_of_it_that_was_corrected_on_an_axis_of_its_own() -> None:
    bars = [panel for panel in panels() if panel["type"] == "timeseries"]
    assert bars
    for panel in bars:
        found = {t["refId"]: series_of(t["query"]) for t in panel["targets"]}
        own = {
            ref
            for ref, (one, field) in found.items()
            if field == "value" and not one.name.startswith(("usual/", "forecast/"))
        }
        marks = {ref for ref, (_, field) in found.items() if field == "corrected"}
        assert marks == {f"{ref}_corrected" for ref in own} and own
        for ref in marks:
            assert found[ref][0] == found[ref.removesuffix("_corrected")][0]
            look = {p["id"]: p["value"] for o in panel["fieldConfig"]["overrides"] if o["matcher"]["options"] == ref
                    for p in o["properties"]}  # fmt: skip
            assert look["custom.drawStyle"] == "points" and look["custom.axisPlacement"] == "hidden"
            assert look["unit"] == "percentunit" and "更正 Corrected" in look["displayName"]


def test_the_numbers_above_are_series_of_the_page_too() -> None:
    page = {one for ids in drawn_by_the_page().values() for one in ids}
    above = {p["title"]: {series_of(t["query"]) for t in p["targets"]} for p in panels() if p["title"] in HEAD}
    assert set(above) == HEAD
    assert all({one for one, _ in found} <= page and found for found in above.values())
    fields = {title: {field for _, field in found} for title, found in above.items()}
    assert fields["昨日实测比例 Measured share of yesterday"] == {"coverage"}


def test_a_panel_without_a_meter_is_left_out() -> None:
    assert not any("Heat" in panel["title"] for panel in panels())
    more = registry(h=meter("h", "heat"))
    assert any("Heat" in panel["title"] for panel in panels(grafana.dashboard(more, BUCKETS)))


def test_a_school_without_meters_has_a_dashboard_all_the_same() -> None:
    assert grafana.dashboard(replace(SCHOOL, meters={}), BUCKETS)["panels"] == []


def test_every_panel_has_title_note_source_and_queries_of_the_source() -> None:
    source = {"type": "influxdb", "uid": "influxdb"}
    for panel in panels():
        assert panel["title"] and panel["description"] and panel["datasource"] == source
        assert panel["targets"], panel["title"]
        assert all(target["query"] and target["datasource"] == source for target in panel["targets"])
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs)


def test_every_series_has_a_name_people_know_for_the_legend_would_show_raw_tags() -> None:
    for panel in panels():
        named = {
            override["matcher"]["options"]: {p["id"]: p["value"] for p in override["properties"]}["displayName"]
            for override in panel["fieldConfig"]["overrides"]
            if override["matcher"]["id"] == "byFrameRefID"
        }
        assert set(named) == {target["refId"] for target in panel["targets"]}
        assert all(re.search(r"[一-鿿]", name) and re.search("[A-Za-z]", name) for name in named.values())
        assert len(set(named.values())) == len(named), panel["title"]


def test_panels_lie_within_the_grid_and_none_upon_another() -> None:
    places = [panel["gridPos"] for panel in body()["panels"]]
    assert len(places) > 10
    for place in places:
        assert place["x"] >= 0 and place["w"] > 0 and place["h"] > 0 and place["x"] + place["w"] <= 24
    for one, other in combinations(places, 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart or above, (one, other)


def test_a_panel_keeps_its_id_whatever_is_added_before_it() -> None:
    more = panels(grafana.dashboard(registry(h=meter("h", "heat")), BUCKETS))
    ids, later = ({p["title"]: p["id"] for p in some} for some in (panels(), more))
    assert ids.items() <= later.items() and len(later) > len(ids)
    everything = [panel["id"] for panel in body()["panels"]]
    assert len(set(everything)) == len(everything)


def test_the_same_school_gives_the_same_bytes() -> None:
    text = grafana.as_text(body())
    assert text == grafana.as_text(grafana.dashboard(registry(), BUCKETS))
    assert json.loads(text) == body() and "北校区" in text and text.endswith("\n")


def test_the_school_is_named_first_in_chinese_and_its_clock_is_its_own() -> None:
    told = body()
    assert told["title"] == "北校区 · 学校现况 School now"
    assert (told["timezone"], told["refresh"], told["schemaVersion"]) == ("Asia/Shanghai", "1m", 36)


@pytest.mark.parametrize("key", ["north", "x" * 60, "with.dots", "x" * 27, "x" * 28])
def test_the_dashboards_id_is_one_grafana_takes(key: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", grafana.uid(key))


def test_two_long_keys_have_two_ids() -> None:
    assert grafana.uid("x" * 60) != grafana.uid("x" * 61)
    assert grafana.uid("a.b") != grafana.uid("a-b")
    assert grafana.uid("north") == "campus-north-now"


def test_each_panel_has_its_own_window_and_units_are_grafanas() -> None:
    hours, days, months = titled("逐时用电"), titled("每日用水"), titled("每月碳排放")
    assert (hours["timeFrom"], days["timeFrom"], months["timeFrom"]) == ("48h", "30d", "365d")
    units = [panel["fieldConfig"]["defaults"]["unit"] for panel in (hours, days, months)]
    assert units == ["kwatth", "m3", "suffix: tCO₂"]
    assert [window_text(timedelta(hours=h)) for h in (24, 30, 48, 168)] == ["24h", "30h", "48h", "7d"]


def test_use_is_bars_over_their_hour_and_the_usual_frames_so_that_a_missing_hour_of_either_is_a_gap() -> None:
    panel = titled("逐时用电")
    drawn = panel["fieldConfig"]["defaults"]["custom"]
    assert (drawn["drawStyle"], drawn["barAlignment"], drawn["spanNulls"]) == ("bars", 1, False)
    usual = {p["id"]: p["value"] for p in panel["fieldConfig"]["overrides"][0]["properties"]}
    assert usual["displayName"] == "平时 · Usual"
    assert "custom.drawStyle" not in usual and usual["custom.fillOpacity"] == 0 < drawn["fillOpacity"]


def test_how_fresh_the_hours_are_is_told_by_their_times_whatever_name_a_query_gives_them() -> None:
    panel = titled("最新的完整小时")
    *named, numbers = panel["fieldConfig"]["overrides"]
    names = [rule["properties"][0]["value"] for rule in named]  # Grafana gives one to every field of its query
    left_out = numbers["properties"][0]["value"]
    assert numbers["matcher"] == {"id": "byType", "options": "number"}
    shown = re.compile(panel["options"]["reduceOptions"]["fields"].strip("/"))
    assert names and all(shown.match(name) for name in names) and not shown.match(left_out)


def test_a_numbers_title_alone_says_its_period_and_nothing_lies_over_it() -> None:
    assert {panel["title"] for panel in panels() if panel.get("hideTimeOverride")} == HEAD


def test_only_parts_of_one_whole_are_stacked() -> None:
    modes = {
        p["title"]: p["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"]
        for p in panels()
        if p["type"] == "timeseries"
    }
    stacked = {title for title, mode in modes.items() if mode == "normal"}
    assert stacked == {"各楼每日用电 Electricity by building", "每月碳排放 Carbon by the month"}


def test_strips_show_the_share_measured_and_leave_the_unknown_blank() -> None:
    strips = titled("近七天采集")
    assert strips["type"] == "status-history"  # a state timeline would draw a state on over missing rows
    assert {series_of(target["query"])[1] for target in strips["targets"]} == {"coverage"}
    assert "空白为未知" in strips["description"] and "Blank: unknown" in strips["description"]


def test_more_than_26_series_have_names_too() -> None:
    many = {f"m{n}": meter(f"m{n}", "electricity", "a", "e") for n in range(60)}
    strips = next(p for p in panels(grafana.dashboard(registry(**many), BUCKETS)) if p["type"] == "status-history")
    refs = [target["refId"] for target in strips["targets"]]
    assert len(refs) == len(set(refs)) == 66 and refs[25:28] == ["Z", "AA", "AB"]


def test_registers_are_in_the_raw_bucket_and_all_else_in_that_of_the_results() -> None:
    assert rows_query(BUCKETS, SeriesId(REGISTER, "m", "water")).startswith('from(bucket: "north-raw")')
    assert rows_query(BUCKETS, SeriesId(FIGURE, "school", "water", "day")).startswith('from(bucket: "north")')


@pytest.mark.parametrize(
    ("text", "written"),
    [("a", '"a"'), ('a"b', '"a\\"b"'), ("a\\", '"a\\\\"'), ("${x}", '"\\${x}"'), ("楼 1", '"楼 1"')],
)
def test_a_name_in_a_query_says_nothing_but_itself(text: str, written: str) -> None:
    assert literal(text) == written


@given(st.text())
def test_law_a_literal_ends_where_it_should(text: str) -> None:
    inside = literal(text)[1:-1]
    assert re.fullmatch(r'(?:[^"\\]|\\.)*', inside, re.DOTALL)
    assert re.sub(r'\\(["\\$])', r"\1", inside) == text
    assert not re.search(r"(?<!\\)(?:\\\\)*\$\{", inside)
