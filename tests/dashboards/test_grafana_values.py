"""The values a panel's query returns through Grafana are the store's, row for row; what is missing is missing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from campus.schema import DAY, FIELDS, MONTH, Columns, SeriesId, from_ms, to_ms
from dashboards.publish import Published, publish
from tests.dashboards.grafana_places import PLACES, Place
from tests.dashboards.test_grafana import QUERY

START = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in Jinan
END = START + timedelta(days=120)
STEPS = {DAY: timedelta(days=1), MONTH: timedelta(days=31)}


@pytest.fixture(params=sorted(PLACES))
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with PLACES[request.param]() as opened:
        yield opened


def targets(place: Place) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for panel in place.plan.dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel, target


def asked(target: dict[str, Any]) -> tuple[SeriesId, str]:
    """Return which series and field a query reads, as a reader of the query would."""
    match = QUERY.fullmatch(target["query"])
    assert match
    pairs = dict(part.removeprefix("r.").split(" == ") for part in match["where"].split(" and "))
    wanted = {name: text.strip('"') for name, text in pairs.items()}
    measurement, field = wanted.pop("_measurement"), wanted.pop("_field")
    return SeriesId(measurement, *wanted.values()), field


def fill(place: Place) -> dict[SeriesId, Columns]:
    """Write rows of every series of the dashboard, with gaps, absent fields and numbers that are not round."""
    ids = sorted({asked(target)[0] for _, target in targets(place)})
    for number, series in enumerate(ids):
        step = STEPS.get(series.resolution, timedelta(hours=1))
        kept = [n for n in range(60 if step < timedelta(days=2) else 4) if not 20 <= n < 24]
        times = np.array([to_ms(START + n * step) for n in kept], np.int64)
        value = np.array([number + n / 7 for n in kept])
        coverage = np.array([math.nan if n % 11 == 3 else n % 5 / 4 for n in kept])
        absent = np.full(len(kept), np.nan)
        fields = {"value": value, "coverage": coverage, "estimated": 1 - coverage}
        fields["corrected"] = np.array([n % 4 / 4 if n % 7 == 3 and n % 4 else math.nan for n in kept])
        rows = Columns(times, {name: fields.get(name, absent) for name in FIELDS[series.measurement]})
        place.store.replace(series, (START, END), rows)
    return dict(place.store.series(ids, START, END))


def through_grafana(place: Place, done: Published, panel: dict[str, Any]) -> dict[str, dict[int, float]]:
    """Return by query name what a panel shows: its queries sent as the page of Grafana sends them."""
    more = {"intervalMs": 60_000, "maxDataPoints": 1000}
    body = {"queries": [target | more for target in panel["targets"]]}
    body |= {"from": str(to_ms(START)), "to": str(to_ms(END))}
    answer = place.ask(done.organisation, "POST", "/ds/query", body)
    return {ref: numbers(result["frames"]) for ref, result in answer["results"].items()}


def numbers(frames: list[dict[str, Any]]) -> dict[int, float]:
    """Return the rows of a query's frames; one series must be one frame."""
    (frame,) = frames
    if not frame["schema"]["fields"]:
        return {}
    assert [field["type"] for field in frame["schema"]["fields"]] == ["time", "number"]
    times, values = frame["data"]["values"]
    return dict(zip(times, values, strict=True))


def test_every_panel_shows_through_grafana_what_the_store_holds(place: Place) -> None:
    stored, done, seen = fill(place), publish(place.server, place.plan), 0
    for panel in place.plan.dashboard["panels"]:
        shown = through_grafana(place, done, panel) if panel.get("targets") else {}
        assert set(shown) == {target["refId"] for target in panel.get("targets", ())}
        for target in panel.get("targets", ()):
            series, field = asked(target)
            columns = stored[series]
            held = zip(columns.time_ms.tolist(), columns.fields[field].tolist(), strict=True)
            expected = {time_ms: value for time_ms, value in held if not math.isnan(value)}
            assert shown[target["refId"]] == expected, (panel["title"], series, field)
            seen += len(expected)
    assert seen > 500


def test_an_hour_that_was_never_stored_is_no_row_and_no_zero(place: Place) -> None:
    fill(place)
    done = publish(place.server, place.plan)
    panel = next(p for p in place.plan.dashboard["panels"] if p["title"].startswith("逐时用电"))
    hours = through_grafana(place, done, panel)["B"]
    missing = {to_ms(START + timedelta(hours=n)) for n in range(20, 24)}
    assert hours and missing.isdisjoint(hours) and None not in hours.values()
    assert from_ms(min(hours)) == START


def test_what_grafana_keeps_is_what_was_built(place: Place) -> None:
    done = publish(place.server, place.plan)
    kept = place.ask(done.organisation, "GET", f"/dashboards/uid/{place.plan.dashboard['uid']}")["dashboard"]
    assert {name: value for name, value in kept.items() if name not in ("id", "version")} == place.plan.dashboard
