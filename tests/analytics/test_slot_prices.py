"""Money of many hours: each hour at its own price where the meter tells hours, the month's mean where it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.price_words import grounds_said
from analytics.savings_worth import UNKNOWN, of_prices
from analytics.slot_prices import Priced, grounds, mean_price, of_days, of_hours
from campus.registry import Account, Registry
from campus.results import Price
from campus.tariff import Part, Prices, Tariff, Windows, flat
from tests.analytics.made import SCHOOL, context, grid
from tests.sizes import examples

# Dear (twice) from 8 to 20, cheap (half) at night: 0.2 + 0.4 × 2 = 1.0 and 0.2 + 0.4 × 0.5 = 0.4, on average 0.7.
WINDOWS = Windows("w", "", "文件", {"P": 2.0, "V": 0.5}, ("V" * 8 + "P" * 12 + "V" * 4,) * 12)
TIMED = Tariff("kWh", (Prices(date.min, "价格文件", (Part("a", 0.4, timed=True), Part("b", 0.2)), WINDOWS),))
START = datetime(2026, 9, 30, 16, tzinfo=UTC)  # the first of October in Shandong
HOURS = grid(2, START)
BUSY = (np.arange(48) % 24 >= 8) & (np.arange(48) % 24 < 20)
DAYS = date(2026, 10, 1).toordinal() + np.arange(2)


def school(tariff: Tariff | None) -> Registry:
    meter = replace(context("electricity").meter, account="a")
    return Registry(SCHOOL, {}, {"a": Account("a", "electricity", "1", "tou", tariff)}, {"m": meter})


def hourly(tariff: Tariff | None, start_ms: np.ndarray = HOURS) -> Priced:
    registry = school(tariff)
    return of_hours(registry, registry.meters["m"], start_ms, unit="kWh")


def daily(tariff: Tariff | None) -> Priced:
    registry = school(tariff)
    return of_days(registry, registry.meters["m"], DAYS, unit="kWh")


def test_a_saving_is_worth_the_hours_it_falls_into() -> None:
    expected, less = np.full(48, 10.0), np.where(BUSY, 3.0, 1.0)  # saved: 24 × 3 by day, 24 × 1 at night
    found = of_prices([(hourly(TIMED), expected, expected - less)])
    assert found.yuan_per_unit == pytest.approx(0.7)
    assert 96 * found.yuan_per_unit + found.yuan_beyond == pytest.approx(72 * 1.0 + 24 * 0.4)
    assert found.prices.prices == (Price(pytest.approx(0.7), "kWh", "价格文件", timed=True),)
    assert "每小时按当时的价格" in grounds_said(found.prices).zh and "价格文件" in grounds_said(found.prices).en


def test_a_meter_that_tells_days_only_is_priced_at_the_month_s_mean_and_says_so() -> None:
    found = of_prices([(daily(TIMED), np.full(2, 240.0), np.full(2, 192.0))])
    assert found.yuan_per_unit == pytest.approx(0.7) and found.yuan_beyond == 0.0 and found.prices.by_hour == ()
    assert "没有逐小时的数" in grounds_said(found.prices).zh and "tells no hours" in grounds_said(found.prices).en


def test_meters_with_and_without_hours_add_up_each_in_its_way() -> None:
    one, two = (hourly(TIMED), np.full(48, 10.0), np.where(BUSY, 7.0, 10.0)), (daily(TIMED), np.full(2, 240.0))
    found = of_prices([one, (*two, np.full(2, 192.0))])
    assert found.yuan_per_unit is not None
    assert (72 + 96) * found.yuan_per_unit + found.yuan_beyond == pytest.approx(72 * 1.0 + 96 * 0.7)
    assert len(found.prices.prices) == 2 and len(found.prices.by_hour) == 1


def test_prices_of_two_documents_each_count_on_their_own_days_and_both_are_named() -> None:
    dated = Tariff(
        "kWh", (Prices(date.min, "旧", (Part("", 0.5),)), Prices(date(2026, 10, 2), "新", (Part("", 0.7),)))
    )
    saved = np.repeat([1.0, 2.0], 24)
    found = of_prices([(hourly(dated), np.full(48, 5.0), 5.0 - saved)])
    assert found.yuan_per_unit is not None
    assert 72 * found.yuan_per_unit + found.yuan_beyond == pytest.approx(24 * 0.5 + 48 * 0.7)
    assert found.prices.prices == (Price(0.5, "kWh", "旧"), Price(0.7, "kWh", "新"))
    assert "小时" not in grounds_said(found.prices).zh


@pytest.mark.parametrize(
    "tariff",
    [None, flat(Price(4.0, "m³", "水价")), Tariff("kWh", (Prices(date(2026, 10, 2), "新", (Part("", 0.7),)),))],
    ids=["no price", "of another unit", "not yet"],
)
def test_without_a_price_at_all_of_its_slots_there_is_no_yuan(tariff: Tariff | None) -> None:
    for priced, n in ((hourly(tariff), 48), (daily(tariff), 2)):
        assert of_prices([(priced, np.full(n, 2.0), np.ones(n))]) == UNKNOWN
    assert of_prices([(hourly(TIMED), np.full(48, 2.0), np.ones(48)), (None, np.ones(1), np.ones(1))]) == UNKNOWN


AMOUNTS = st.lists(st.floats(0.01, 1e4), min_size=48, max_size=48).map(np.array)


@given(AMOUNTS, AMOUNTS, st.floats(0.01, 9.0))
@settings(max_examples=examples(60), deadline=None)
def test_where_every_hour_has_one_price_money_is_exactly_amount_times_price(
    expected: np.ndarray, used: np.ndarray, yuan: float
) -> None:
    plain = of_prices([(hourly(flat(Price(yuan, "kWh", "电价"))), expected, used)])
    assert (plain.yuan_per_unit, plain.yuan_beyond) == (yuan, 0.0)
    assert plain.prices.prices == (Price(yuan, "kWh", "电价"),)


@given(AMOUNTS, AMOUNTS)
@settings(max_examples=examples(60), deadline=None)
def test_the_money_of_all_hours_is_that_of_its_days_together(expected: np.ndarray, used: np.ndarray) -> None:
    priced, days = hourly(TIMED), (slice(0, 24), slice(24, 48))
    parts = [(priced.part(day), expected[day], used[day]) for day in days]
    sums = [_yuan(of_prices([one]), one[1] - one[2]) for one in parts]
    assert _yuan(of_prices([(priced, expected, used)]), expected - used) == pytest.approx(sum(sums), abs=1e-6)


def _yuan(worth: object, less: np.ndarray) -> float:
    return float(less.sum()) * worth.yuan_per_unit + worth.yuan_beyond  # type: ignore[attr-defined]


def test_no_amount_has_no_mean_price_unless_all_are_one() -> None:
    assert mean_price(np.array([0.5, 0.7]), np.zeros(2)) is None
    assert mean_price(np.array([0.5, 0.5]), np.zeros(2)) == 0.5
    assert mean_price(np.empty(0), np.empty(0)) is None
    assert grounds([(hourly(TIMED), np.zeros(48))]).prices == ()
