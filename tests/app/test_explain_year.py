"""`campus explain` follows yearly indicators, landings, shares and forecasts to clause, factor and the energies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest

from app.explain import NoSuchFigure, ask, explain
from app.year_figures import YearFigures
from campus.calendar import midnight
from tests.app.languages import chinese_in, english_in
from tests.app.quota_school import ZONE, Made

NOW = midnight(date(2026, 10, 11), ZONE)
MADE = Made(until=date(2026, 10, 11), noise=0.05)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[object]:
    with closing(MADE.store(tmp_path_factory.mktemp("s") / "s.sqlite")) as made:
        YearFigures()(made, MADE.registry(), [midnight(MADE.first, ZONE), midnight(date(2026, 10, 10), ZONE)])
        yield made


def told(store, figure: str, lang: str = "en") -> list[str]:
    registries = {"s": MADE.registry()}
    return [step.text for step in explain(ask(f"s/{figure}", registries), store, registries["s"], lang, NOW)]


@pytest.mark.parametrize(
    ("figure", "parts"),
    [
        ("school/intensity/non_heating/2025", ("6.2", "× 0.31", "ce.el.equiv", "meter/e-canteen electricity year")),
        ("school/quota/per_person/2025", ("6.4", "Above the limit", "persons P", "school heat year")),
        ("school/intensity/heating/district/2025", ("6.3", "(heated days)", "ce.heat", "school heat year")),
        ("school/intensity/per_head/2025", ("heads",)),
        ("school/intensity/per_area/2025", ("floor area without garages",)),
        ("school/landing/water/2026", ("expected to end at", "days are not known yet", "school water year")),
        ("school/chance/water/q4/2026", ("chance to exceed", "school water year")),
        ("school/share/electrification/2026", ("coverage", "ce.el.cal", "school gas year")),
        ("school/forecast/electricity/2026-10-11", ("four times in five", "same days of the last two years")),
        ("school/forecast/water/2026-11", ("four times in five",)),
    ],
)
def test_a_figure_is_followed_to_what_it_is_made_of(store, figure, parts) -> None:
    text = "\n".join(told(store, figure))
    assert [part for part in parts if part not in text] == []
    chinese = told(store, figure, "zh")
    assert chinese_in(chinese[:1]) and english_in(chinese) == []


def test_plain_use_of_a_building_names_its_divisor(store) -> None:
    line = told(store, "building/canteen/intensity/electricity_area/2025")[0]
    assert "÷ 2,000 m²" in line and "electricity_area = " in line


@pytest.mark.parametrize(
    "figure",
    ["school/intensity/heating/gas/2025", "school/landing/water/2026-10", "building/canteen/quota/water/2025"],
)
def test_what_is_no_figure_is_refused_with_one_that_is(figure) -> None:
    with pytest.raises(NoSuchFigure, match="intensity/per_person/2026"):
        ask(f"s/{figure}", {"s": MADE.registry()})
