"""A price for each hour: by its day, its window and the account it is billed on; and what moving a load saves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.hour_prices import day_prices, hour_prices, meter_prices, periods
from analytics.shift import shift
from campus.registry import Account, Change, Registry
from campus.results import Price
from campus.schema import to_ms
from campus.tariff import Part, Prices, Tariff, flat, windows
from tests.analytics.made import SCHOOL, SHANGHAI, context, grid

SHANDONG = windows()["sd-2023-914"]
PARTS = (Part("代理购电", 0.4, timed=True), Part("输配", 0.2))
TIMED = Tariff("kWh", (Prices(date(2025, 1, 1), "价格文件", PARTS, SHANDONG),))
OCTOBER = grid(31, datetime(2026, 9, 30, 16, tzinfo=UTC))


def test_only_the_timed_part_of_a_price_is_multiplied() -> None:
    prices = day_prices(TIMED, date(2026, 10, 15))
    assert prices is not None
    assert prices[12] == pytest.approx(0.2 + 0.4 * 0.1) and prices[18] == pytest.approx(0.2 + 0.4 * 2.0)


def test_every_hour_has_the_price_and_the_period_of_its_local_hour() -> None:
    prices, letters = hour_prices(TIMED, OCTOBER, SHANGHAI), periods(TIMED, OCTOBER, SHANGHAI)
    assert prices.reshape(31, 24)[20] == pytest.approx(day_prices(TIMED, date(2026, 10, 21)))
    assert "".join(letters[:24]) == SHANDONG.months[9]


def test_a_price_holds_from_its_local_day_on_and_none_before_the_first() -> None:
    later = replace(TIMED, prices=(Prices(date(2026, 10, 11), "新价", (Part("", 1.0),)),))
    prices = hour_prices(later, OCTOBER, SHANGHAI)
    assert np.isnan(prices[:240]).all() and (prices[240:] == 1.0).all()
    assert set(periods(later, OCTOBER, SHANGHAI)) == {""}


@given(st.integers(0, 365 * 3), st.integers(1, 400))
def test_hours_are_priced_alike_however_they_are_cut(first: int, count: int) -> None:
    start = grid(365 * 4, datetime(2024, 12, 31, 16, tzinfo=UTC))
    whole = hour_prices(TIMED, start, SHANGHAI)
    part = slice(first, first + count)
    assert hour_prices(TIMED, start[part], SHANGHAI) == pytest.approx(whole[part])


def registry(*changes: Change, **more: Account) -> Registry:
    meter = replace(context("electricity").meter, account="a", changes=changes)
    accounts = {key: replace(account, key=key) for key, account in more.items()}
    return Registry(SCHOOL, {}, accounts, {"m": meter})


def account(yuan: float, **more: object) -> Account:
    return Account("", "electricity", "1", "single", flat(Price(yuan, "kWh", "价")), **more)  # type: ignore[arg-type]


def test_a_meter_is_priced_by_the_account_it_was_billed_on_at_each_hour() -> None:
    moved = datetime(2026, 10, 10, 16, tzinfo=UTC)
    school = registry(Change(moved, {"account": "b"}), a=account(0.5), b=account(0.8))
    prices = meter_prices(school, school.meters["m"], OCTOBER)
    assert (prices[:240] == 0.5).all() and (prices[240:] == 0.8).all()


def test_an_account_has_a_price_while_it_is_in_force() -> None:
    until = datetime(2026, 10, 1, 16, tzinfo=UTC)
    school = registry(a=account(0.5, until=until))
    prices = meter_prices(school, school.meters["m"], OCTOBER)
    assert (prices[:24] == 0.5).all() and np.isnan(prices[24:]).all()


def test_shares_of_a_meter_are_priced_each_by_its_account() -> None:
    shop = account(1.0, share_of="a")
    assert shop.billing is not None
    school = registry(a=account(0.5), b=replace(shop, billing=replace(shop.billing, share=0.2)))
    assert meter_prices(school, school.meters["m"], OCTOBER) == pytest.approx(0.8 * 0.5 + 0.2 * 1.0)
    assert school.price(school.meters["m"], datetime(2026, 10, 2, tzinfo=UTC)).yuan == pytest.approx(0.6)


LOAD = np.zeros(24)
LOAD[22:24] = 10.0


def test_a_load_is_moved_to_noon_in_october_and_to_the_night_in_july() -> None:
    october, july = (shift(TIMED, date(2026, month, 15), LOAD, 2) for month in (10, 7))
    assert october is not None and july is not None
    assert 11 <= october.first <= 12 and october.yuan_a_day == pytest.approx(20 * 0.4 * 0.9)
    assert 1 <= july.first <= 4 and july.yuan_a_day == pytest.approx(10 * 0.4 * (1.4 + 0.7))
    assert (october.first, october.end) in {(11, 13), (12, 14)}


def test_nothing_is_advised_where_the_price_has_no_hours_or_none_is_set() -> None:
    price = flat(Price(0.5, "kWh", "价"))
    assert shift(price, date(2026, 10, 15), LOAD, 2) is None
    assert shift(TIMED, date(2024, 10, 15), LOAD, 2) is None


def test_what_runs_in_the_valley_already_stays_there() -> None:
    load = np.zeros(24)
    load[11:14] = 10.0
    assert shift(TIMED, date(2026, 10, 15), load, 3) is None


def test_hours_that_are_cheap_over_midnight_are_found() -> None:
    night = replace(SHANDONG, months=("VVVFFFFFFFFFFFFFFFFFFFVV",) * 12)
    tariff = replace(TIMED, prices=(replace(TIMED.prices[0], windows=night),))
    load = np.zeros(24)
    load[8:13] = 10.0
    found = shift(tariff, date(2026, 10, 15), load, 5)
    assert found is not None and (found.first, found.end) == (22, 3)


@given(st.lists(st.floats(0, 100), min_size=24, max_size=24), st.integers(1, 24), st.integers(1, 12))
def test_moving_a_load_never_costs_more(load: list[float], hours: int, month: int) -> None:
    found = shift(TIMED, date(2026, month, 15), np.array(load), hours)
    assert found is None or found.yuan_a_day > 0


def test_a_year_of_hours_is_priced_in_a_blink() -> None:
    dated = replace(TIMED, prices=tuple(replace(TIMED.prices[0], since=date(2025, m, 1)) for m in range(1, 13)))
    start = to_ms(datetime(2024, 12, 31, 16, tzinfo=UTC)) + 3_600_000 * np.arange(365 * 24)
    assert np.isfinite(hour_prices(dated, start, SHANGHAI)).all()
    assert datetime(2024, 12, 31, 16, tzinfo=UTC) + timedelta(hours=len(start)) > datetime(2025, 12, 31, tzinfo=UTC)
