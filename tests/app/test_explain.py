"""`campus explain`: a figure is followed to the readings that bound it, at every resolution."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from app.explain import NoSuchFigure, ask, explain
from campus.readings import Kind
from ingest.payload import Item
from ingest.payloads import native
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


def said(pipe: Pipe, figure: str) -> list[str]:
    return [step.text for step in explain(ask(figure, {"s": PLAIN}), pipe.store, PLAIN, "en")]


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
    "figure", ["x/school/electricity/2026-03", "s/school/electricity", "s/meter/no/water/2026-03"]
)
def test_what_is_no_figure_is_told_with_one_that_is(figure):
    with pytest.raises(NoSuchFigure, match="school"):
        ask(figure, {"s": PLAIN})


def test_times_are_the_school_s_own():
    assert ask("s/school/electricity/2026-03-02", {"s": PLAIN}).start == BEGAN
