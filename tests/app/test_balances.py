"""What sub-meters do not account for: written by the day, explained down to readings, shown where there is such."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pytest

from app.balances import write_balances
from app.explain import NoSuchFigure, ask, explain
from app.sim_rows import SimRows
from campus.registry import Registry
from campus.schema import DAY, FIGURE, Columns, SeriesId, balance_name, from_ms, to_ms
from dashboards.panels.balance_electricity import PANEL
from tests.sim.judged import rows_of
from tests.sim.schools import laid


@dataclass(slots=True)
class Kept:
    """The rows of a simulated school, and those that were written beside them."""

    rows: SimRows
    written: dict[SeriesId, Columns] = field(default_factory=dict)

    def series(self, ids: Iterable[SeriesId], start: datetime, end: datetime) -> Mapping[SeriesId, Columns]:
        listed = list(ids)
        own = {one: self.written[one] for one in listed if one in self.written}
        inside = {one: _between(rows, start, end) for one, rows in own.items()}
        return {**self.rows.series([one for one in listed if one not in own], start, end), **inside}

    def replace(self, series: SeriesId, window: tuple[datetime, datetime], rows: Columns) -> None:
        assert all(to_ms(window[0]) <= time < to_ms(window[1]) for time in rows.time_ms.tolist())
        self.written[series] = rows

    def __getattr__(self, name: str) -> object:
        return getattr(self.rows, name)


def _between(rows: Columns, start: datetime, end: datetime) -> Columns:
    inside = (rows.time_ms >= to_ms(start)) & (rows.time_ms < to_ms(end))
    return Columns(rows.time_ms[inside], {name: values[inside] for name, values in rows.fields.items()})


@pytest.fixture(scope="module")
def school() -> Iterator[tuple[Kept, Registry]]:
    """A healthy school of which every register was judged this morning."""
    track = laid(5)
    kept = Kept(rows_of(track))
    registry = kept.rows.registry
    every = [(m.key, r.quantity.key) for m in registry.meters.values() for r in m.registers]
    write_balances(kept, registry, every, from_ms(track.end_ms))  # type: ignore[arg-type]
    yield kept, registry


def _days(kept: Kept, meter: str, quantity: str) -> Columns:
    return kept.written[SeriesId(FIGURE, f"meter/{meter}", balance_name(quantity), DAY)]


@pytest.mark.parametrize(("meter", "quantity", "errors"), [("e-main", "electricity", 1.1), ("w-main", "water", 3.0)])
def test_each_day_has_its_share_and_what_the_meters_errors_may_make_of_it(school, meter, quantity, errors):
    days = _days(school[0], meter, quantity)
    assert len(days) >= 30 and 0 < np.median(days.value) < 10
    assert np.median(days.fields["high"] - days.value) == pytest.approx(errors, rel=0.2)
    assert (days.fields["coverage"] > 0.8).all()


def test_where_a_part_alone_is_sub_metered_no_share_is_written(school):
    assert len(_days(school[0], "e-laboratory", "electricity")) == 0


def test_only_families_of_what_was_judged_are_written():
    track = laid(5)
    kept = Kept(rows_of(track))
    write_balances(kept, kept.rows.registry, [("w-canteen", "water")], from_ms(track.end_ms))  # type: ignore[arg-type]
    assert [series.subject for series in kept.written] == ["meter/w-main"]


def test_a_share_is_followed_to_every_register_in_it(school):
    kept, registry = school
    day = from_ms(int(_days(kept, "e-main", "electricity").time_ms[-1])).astimezone(registry.school.timezone)
    name = f"{registry.school.key}/meter/e-main/balance/electricity/{day:%F}"
    asked = ask(name, {registry.school.key: registry})
    texts = [step.text for step in explain(asked, kept, registry, "en")]  # type: ignore[arg-type]
    assert "in no sub-meter, meter errors ±1.1 points" in texts[0]
    for line in (
        "+ e-main.electricity",
        "− e-main.electricity_export",
        "+ pv-teaching.generation",
        "− e-canteen.electricity",
    ):
        assert line in texts
    assert any("register" in text for text in texts)


def test_a_meter_with_none_below_has_no_such_figure(school):
    registry = school[1]
    with pytest.raises(NoSuchFigure):
        ask(f"{registry.school.key}/meter/e-canteen/balance/electricity/2026-11-03", {registry.school.key: registry})


def test_a_day_without_one_says_so(school):
    kept, registry = school
    key = registry.school.key
    asked = ask(f"{key}/meter/w-main/balance/water/2020-01-01", {key: registry})
    (step,) = explain(asked, kept, registry, "zh")  # type: ignore[arg-type]
    assert "这一天没有" in step.text


def test_the_panel_shows_meters_that_others_hang_below(school):
    registry = school[1]
    assert [one.series.subject for one in PANEL.select(registry, "school")] == ["meter/e-main", "meter/e-laboratory"]
    assert PANEL.select(registry, "building/canteen") == []
    assert PANEL.window >= timedelta(days=30)
