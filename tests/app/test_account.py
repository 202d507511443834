"""The carbon of stored months."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from app import account
from campus import factors
from campus.registry import Arrival, Meter, Register, Registry, School
from campus.schema import FIELDS, FIGURE, MONTH, SCHOOL_SUBJECT, Columns, SeriesId, to_ms
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
