"""What was corrected, estimated or read by a person shows in every chart: by its colour, its foot and its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from campus.panel import Panel, Selected
from campus.quality import NAMES, Code
from campus.registry import Arrival
from campus.schema import DAY, FIGURE, SeriesId
from dashboards import chart
from dashboards.charts import catalogue
from dashboards.drawing import Drawing
from dashboards.rows import State, rows_of
from dashboards.theme import STATES
from tests.dashboards.test_panels_and_charts import NOW, SELECTED, START, WINDOW, ZONE, _columns, _registry

NAN = np.nan
SHARES = {
    "coverage": [1.0, 1.0, 1.0, 0.0, 0.5, 1.0],
    "estimated": [0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    "corrected": [NAN, 1.0, 0.3, NAN, NAN, NAN],
}
VALUES = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def drawn(mark: str = "line", lang: str = "zh", **fields: list[float]) -> chart.Spec:
    panel = Panel("p", "面板", "Panel", mark, timedelta(hours=12), lambda _r, _s: [SELECTED])  # type: ignore[arg-type]
    rows = rows_of(SELECTED, _columns(VALUES, **{**SHARES, **fields}), ZONE, NOW)
    return chart.spec(Drawing(panel, ((SELECTED, rows),), WINDOW, ZONE, NOW, lang))


def hours_of(row: dict[str, float]) -> tuple[float, float]:
    first = drawn()["params"][0]["value"]
    return (row["t"] - first) / 3.6e6, (row["end"] - first) / 3.6e6


@pytest.mark.parametrize("mark", ["line", "bar"])
def test_the_foot_marks_what_was_not_simply_measured_each_in_its_colour(mark: str) -> None:
    foot = drawn(mark)["datasets"]["foot"]
    assert [(*hours_of(row), row["state"]) for row in foot] == [
        (1.0, 3.0, "corrected"),
        (3.0, 4.0, "estimated"),
        (4.0, 5.0, "partial"),
    ]
    picture = chart.svg(drawn(mark))
    assert all(colour in picture for colour in (STATES["corrected"], STATES["estimated"], STATES["partial"]))


@pytest.mark.parametrize("mark", ["line", "bar"])
def test_a_chart_of_measured_values_has_no_foot(mark: str) -> None:
    plain = drawn(mark, coverage=[1.0] * 6, estimated=[0.0] * 6, corrected=[NAN] * 6)
    assert plain["datasets"]["foot"] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_tooltip_names_the_code_and_the_share(lang: str) -> None:
    told = [row["state"] for row in drawn("line", lang)["datasets"]["hover"]]
    assert [text.split(" · ")[0] for text in told] == [
        NAMES[code].to(lang)
        for code in (Code.MEASURED, Code.CORRECTED, Code.CORRECTED, Code.ESTIMATED, Code.PARTIAL, Code.MEASURED)
    ]
    assert "30%" in told[2]


def test_a_strip_has_a_colour_for_every_state_a_row_can_have() -> None:
    assert set(STATES) == {state.value for state in State} - {State.UNKNOWN.value}
    strips = drawn("heatmap")["datasets"]["strips"]
    assert [strip["state"] for strip in strips] == ["实测", "更正", "估算", "部分缺数", "实测"]


def test_of_stacked_parts_the_gravest_is_at_the_foot() -> None:
    parts = [
        Selected(SeriesId(FIGURE, f"building/{key}", "electricity", DAY), key, key, "kWh", "part") for key in "ab"
    ]
    yesterday = START - timedelta(days=1)
    shares = {"coverage": [1.0], "estimated": [0.0]}
    rows = [
        rows_of(part, _columns([3.0], yesterday, **shares, corrected=[corrected]), ZONE, NOW)
        for part, corrected in zip(parts, (0.2, NAN), strict=True)
    ]
    panel = Panel("p", "面板", "Panel", "bar", timedelta(days=2), lambda _r, _s: parts)
    series = tuple(zip(parts, rows, strict=True))
    foot = chart.spec(Drawing(panel, series, (yesterday, NOW), ZONE, NOW))["datasets"]["foot"]
    assert [row["state"] for row in foot] == ["corrected"]


def test_what_people_read_is_told_from_what_meters_sent() -> None:
    registry = _registry()
    by_hand = {key: replace(meter, arrival=Arrival.MANUAL) for key, meter in registry.meters.items()}
    panel = catalogue()["days_water"]
    (plain,), (read,) = (panel.select(r, "school") for r in (registry, replace(registry, meters=by_hand)))
    assert (plain.by_hand, read.by_hand) == (False, True)
    hand = replace(SELECTED, by_hand=True)
    rows = rows_of(hand, _columns(VALUES, coverage=[1.0] * 6, estimated=[0.0] * 6), ZONE, NOW)
    assert {row.state for row in rows} == {State.HAND}


def test_an_hour_somebody_spoke_for_is_not_open_though_no_reading_follows() -> None:
    last = {"coverage": [1.0, 0.0], "estimated": [0.0, 1.0], "corrected": [NAN, 1.0]}
    rows = rows_of(SELECTED, _columns([1.0, 2.0], **last), ZONE, NOW)
    assert rows[-1].state is State.CORRECTED
