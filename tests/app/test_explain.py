"""`campus explain`: a figure is followed to the readings that bound it, at every resolution."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from app.explain import NoSuchFigure, ask, explain
from campus.readings import Kind
from campus.schema import MONTH, YEAR
from ingest.payload import Item
from ingest.payloads import native
from store.sqlite import open_sqlite
from tests.app import test_account
from tests.app.languages import chinese_in, english_in
from tests.app.test_derive import PLAIN, Pipe

BEGAN = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight in Shanghai
SAID = [(BEGAN + n * timedelta(minutes=15), 100 + n * 0.25) for n in range(4 * 24 + 1)]


@pytest.fixture(scope="module")
def pipe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipe]:
    """A meter that counts 1 kWh an hour for one local day."""
    with closing(Pipe(tmp_path_factory.mktemp("pipe"))) as made:
        made.journal([("campus/s/sub-a", native.encode([Item(v, Kind.REGISTER, t, unit="kWh")])) for t, v in SAID])
        made.drain()
        made.derive()
        yield made


FOURTEEN = "s/meter/sub-a/electricity/2026-03-02T14"


def said(pipe: Pipe, figure: str, lang: str = "en") -> list[str]:
    return [step.text for step in explain(ask(figure, {"s": PLAIN}), pipe.store, PLAIN, lang)]


@pytest.mark.parametrize(
    ("figure", "value", "parts"),
    [
        ("s/meter/sub-a/electricity/2026-03-02T14", "= 1.000 kWh", "in 1 known hour;"),
        ("s/meter/sub-a/electricity/2026-03-02", "= 24.000 kWh", "in 1 known day;"),
        ("s/building/a/electricity/2026-03-02T14", "= 1.000 kWh", "in 1 known hour;"),
        ("s/meter/sub-a/electricity/2026-03", "= 24.000 kWh", "in 1 known day;"),
        ("s/meter/sub-a/electricity/2026", "= 24.000 kWh", "in 1 known day;"),
    ],
)
def test_a_figure_is_told_with_its_meter_and_the_readings_around_it(pipe, figure, value, parts):
    told = said(pipe, figure)
    assert value in told[0]
    assert any(line.startswith("sub-a") and parts in line for line in told)
    assert any("register 100" in line or "register 11" in line for line in told)


def test_what_nothing_bounds_is_unknown_and_not_zero(pipe):
    told = said(pipe, "s/meter/sub-a/electricity/2026-03-03T14")
    assert "unknown" in told[0] and "unknown in 0 known hours" in told[1] and "no reading inside" in told[2]


@pytest.mark.parametrize(
    "figure",
    [
        "x/school/electricity/2026-03",
        "s/school/electricity",
        "s/meter/no/water/2026-03",
        "s/school/electricity/2026-13",
        "s/school/electricity/2026-00",
        "s/school/electricity/2026-02-30",
        "s/school/electricity/2026-02-00",
        "s/school/electricity/2026-02-01T24",
        "s/school/electricity/0000",
        "s/school/electricity/9999-12",
    ],
)
def test_what_is_no_figure_is_told_with_one_that_is(figure):
    with pytest.raises(NoSuchFigure, match="school"):
        ask(figure, {"s": PLAIN})


@pytest.mark.parametrize(
    ("figure", "hint"),
    [
        ("s/meter/sub-q/electricity/2026-03", "'meter/sub-q' is not registered; did you mean 'meter/sub-"),
        ("s/school/weather/temperature/2026-03", "campus weather show"),
        ("s/meter/sub-a/water/2026-03", "meter/sub-a 只计 / meter/sub-a has electricity"),
        ("s/school/electricity/2026-13", "'2026-13' is no year, month, day or hour"),
        ("z/school/electricity/2026", "没有学校 'z'"),
    ],
)
def test_whoever_names_no_figure_is_told_what_helps(figure, hint):
    with pytest.raises(NoSuchFigure) as told:
        ask(figure, {"s": PLAIN})
    assert hint in str(told.value)


@pytest.mark.parametrize(
    ("figure", "passed", "said_of_it"),
    [
        ("s/school/carbon/total/2025", None, "carbon/total = not enough data; measured so far 0.62 tCO2"),
        ("s/school/carbon/total/2025", 100, "carbon/total = 0.62 tCO2; location-based, CO2; coverage 100.0%"),
        ("s/school/carbon/total/2025", 200, "carbon/total = not enough data; measured so far 0.62 tCO2"),
        ("s/school/carbon/total/2025-07", None, "carbon/total = not enough data; measured so far 0.62 tCO2"),
        ("s/school/carbon/total_national/2025-07", None, "not enough data; measured so far 0.53 tCO2"),
    ],
)
def test_carbon_below_the_coverage_the_report_asks_for_is_no_figure_but_what_was_measured(
    tmp_path, figure, passed, said_of_it
):
    known = test_account.registry()
    now = None if passed is None else test_account.JANUARY_2025 + timedelta(days=passed)
    with closing(open_sqlite(tmp_path / "store.sqlite")) as store:
        july = datetime(2025, 6, 30, 16, tzinfo=UTC)
        year = {"value": 1000.0, "coverage": 100 / 365, "estimated": 0.0}
        test_account.put(store, "electricity", YEAR, test_account.JANUARY_2025, year)
        test_account.put(store, "electricity", MONTH, july, year | {"coverage": 0.677})
        told = [step.text for step in explain(ask(figure, {"s": known}), store, known, "en", now)]
    assert said_of_it in told[0]
    enough = "not enough" not in told[0]
    assert any(line.startswith("Measured so far: Electricity") for line in told) is not enough
    assert any(line.startswith("Not enough data: coverage") for line in told) is not enough


@pytest.mark.parametrize("figure", ["s/school/electricity/2026-03", "s/building/a/electricity/2026-03-02T14"])
def test_an_explanation_is_in_the_language_asked_for(pipe, figure):
    chinese, english = said(pipe, figure, "zh"), said(pipe, figure, "en")
    assert len(chinese) == len(english) and english_in(chinese) == [] and chinese_in(english) == []


def test_readings_stand_at_the_school_s_own_clock(pipe):
    assert any(line.startswith("2026-03-02 14:00:00 register") for line in said(pipe, FOURTEEN))


def test_what_lies_ahead_is_no_gap(pipe):
    ahead = ask("s/school/electricity/2026-04", {"s": PLAIN})
    (step,) = explain(ahead, pipe.store, PLAIN, "zh", BEGAN)
    assert step.text == "这段时间还没到（2026-04-01 00:00 开始）"


def test_a_subject_without_a_meter_of_it_says_so(pipe):
    assert said(pipe, "s/school/cold/2026-03", "zh")[1] == "全校（school）当时没有计量用冷的表"


def test_times_are_the_school_s_own():
    assert ask("s/school/electricity/2026-03-02", {"s": PLAIN}).start == BEGAN
