"""The carbon of stored months and years."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from app import account, sums
from campus import factors
from campus.registry import Arrival, Meter, Register, Registry, School
from campus.schema import DAY, FIELDS, FIGURE, MONTH, SCHOOL_SUBJECT, YEAR, Columns, SeriesId, to_ms
from campus.units import QUANTITIES
from store.sqlite import open_sqlite

CARBON = SeriesId(FIGURE, SCHOOL_SUBJECT, "carbon/electricity", MONTH)
USE = SeriesId(FIGURE, SCHOOL_SUBJECT, "electricity", MONTH)


def registry() -> Registry:
    school = School("s", "校", "School", "primary", ZoneInfo("Asia/Shanghai"), "CN-SD", "CN")
    register = Register(QUANTITIES["electricity"], "kWh", 8)
    meter = Meter("m", "表", "m", "t", "native", (register,), timedelta(minutes=15), Arrival.LIVE)
    return Registry(school, meters={"m": meter})


def months(*values: float) -> Columns:
    starts = [datetime(2025, 6, 30, 16, tzinfo=UTC), datetime(2025, 7, 31, 16, tzinfo=UTC)][: len(values)]
    rows = {name: np.full(len(values), np.nan) for name in FIELDS[FIGURE]}
    rows |= {"value": np.array(values), "coverage": np.ones(len(values)), "estimated": np.zeros(len(values))}
    return Columns(np.array([to_ms(start) for start in starts], np.int64), rows)


@pytest.fixture
def store(tmp_path):
    with closing(open_sqlite(tmp_path / "store.sqlite")) as opened:
        window = datetime(2025, 6, 30, 16, tzinfo=UTC), datetime(2025, 8, 31, 16, tzinfo=UTC)
        opened.replace(USE, window, months(1000.0, 2000.0))
        yield opened


def carbon(store) -> list[float]:
    return store.series([CARBON], datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))[
        CARBON
    ].value.tolist()


def test_a_new_edition_of_a_factor_restates_every_month_from_the_first(store, monkeypatch):
    first = account.first_month(store, registry())
    assert first == [datetime(2025, 6, 30, 16, tzinfo=UTC)]
    account.write_carbon(store, registry(), first)
    before = carbon(store)
    assert before == pytest.approx([0.6191, 1.2382])
    doubled = tuple(replace(row, value=2 * row.value) for row in factors.shipped())
    monkeypatch.setattr(factors, "shipped", lambda: doubled)
    account.write_carbon(store, registry(), account.first_month(store, registry()))
    assert carbon(store) == pytest.approx([2 * value for value in before])


def test_a_school_without_figures_has_no_first_month(tmp_path):
    with closing(open_sqlite(tmp_path / "empty.sqlite")) as empty:
        assert account.first_month(empty, registry()) == []


JANUARY_2025, JANUARY_2026 = (datetime(year, 12, 31, 16, tzinfo=UTC) for year in (2024, 2025))


def put(store, name, resolution, start, values) -> None:
    rows = {field: np.full(1, values.get(field, np.nan)) for field in FIELDS[FIGURE]}
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, name, resolution)
    columns = Columns(np.array([to_ms(start)], np.int64), rows)
    store.replace(series, (start, start + timedelta(hours=1)), columns)


def stored(store, name, start=JANUARY_2025) -> tuple[float, float] | None:
    series = SeriesId(FIGURE, SCHOOL_SUBJECT, name, YEAR)
    rows = store.series([series], start, start + timedelta(days=300))[series]
    return (float(rows.value[0]), float(rows.fields["coverage"][0])) if len(rows) else None


def test_a_years_carbon_is_of_what_was_measured_with_its_coverage(store):
    put(store, "electricity", YEAR, JANUARY_2025, {"value": 3000.0, "coverage": 0.4, "estimated": 0.1})
    account.write_carbon(store, registry(), account.first_month(store, registry()))
    assert stored(store, "carbon/electricity") == pytest.approx((1.8573, 0.4))
    assert stored(store, "carbon/total") == pytest.approx((1.8573, 0.4))
    assert stored(store, "carbon/total_national") == pytest.approx((1.5918, 0.4))


def test_the_fixed_total_takes_the_factors_of_the_year_before(store):
    put(store, "electricity", YEAR, datetime(2022, 12, 31, 16, tzinfo=UTC), {"value": 1000.0, "coverage": 1.0})
    account.write_carbon(store, registry(), [datetime(2023, 2, 1, tzinfo=UTC)])
    year = datetime(2022, 12, 31, 16, tzinfo=UTC)
    assert stored(store, "carbon/total", year) == pytest.approx((0.6191, 1.0))
    assert stored(store, "carbon/total_fixed", year) == pytest.approx((0.641, 1.0))


def test_years_a_former_release_left_out_are_filled_and_known_ones_left_alone(store):
    put(store, "electricity", DAY, datetime(2025, 7, 3, 16, tzinfo=UTC), {"value": 40.0, "coverage": 1.0})
    sums.fill_years(registry(), store, (JANUARY_2025, JANUARY_2026 - timedelta(hours=1)))
    assert stored(store, "electricity") == pytest.approx((40.0, 1 / 365))
    put(store, "electricity", DAY, datetime(2025, 7, 4, 16, tzinfo=UTC), {"value": 2.0, "coverage": 1.0})
    sums.fill_years(registry(), store, (JANUARY_2025, JANUARY_2026 - timedelta(hours=1)))
    assert stored(store, "electricity") == pytest.approx((40.0, 1 / 365))
