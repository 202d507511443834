"""`campus explain` follows a bill, a demand and a power factor to the readings they were made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from app.explain import NoSuchFigure, ask, explain
from campus.ports import Store
from tests.app.billed_school import END, registry, school_store
from tests.app.languages import english_in

SCHOOL = registry()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(school_store(tmp_path_factory.mktemp("school"))) as made:
        yield made


def told(store: Store, figure: str, lang: str = "en") -> list[str]:
    return [step.text for step in explain(ask(figure, {"north": SCHOOL}), store, SCHOOL, lang, END)]


@pytest.mark.parametrize(
    ("figure", "first", "among"),
    [
        ("demand/max/2026-03", "120.0 kW in the quarter hour from 2026-03-17 14:00", "register 9,960.000"),
        ("demand/max/2026-04-03", "40.0 kW in the quarter hour from 2026-04-03 08:00", "register "),
        ("power_factor/2026-03", "= 0.894 =", "readings inside the period"),
        ("bill/2026-03", "in 1 of 1 months", "2026年1月价格表 (assumed"),
        ("bill/2026", "in 2 of 4 months", "2026-04: "),
    ],
)
def test_a_figure_is_followed_to_its_readings(store: Store, figure: str, first: str, among: str) -> None:
    said = told(store, f"north/account/power/{figure}")
    assert first in said[0] and any(among in line for line in said), said
    assert english_in(told(store, f"north/account/power/{figure}", "zh")) == []


def test_what_nobody_measured_is_said_to_be_unknown(store: Store) -> None:
    assert "unknown" in told(store, "north/account/power/demand/max/2026-02")[0]
    assert "unknown" in told(store, "north/account/power/power_factor/2026-02")[0]


@pytest.mark.parametrize(
    "figure", ["account/none/bill/2026-03", "account/power/demand/max/2026", "account/power/x/2026"]
)
def test_what_is_no_figure_of_an_account_is_told_with_one_that_is(figure: str) -> None:
    with pytest.raises(NoSuchFigure, match="account/KEY/bill"):
        ask(f"north/{figure}", {"north": SCHOOL})
