"""What a finding costs: each hour at its own price, of its own day, on the account of its time; or nothing at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from analytics.costing import costed, shares
from analytics.detector import contexts
from analytics.detectors.out_of_hours import DETECTOR
from analytics.hours import Hours
from campus.registry import Account, Registry
from campus.results import Finding, Price
from campus.schema import meter_subject
from campus.tariff import Part, Prices, Tariff, flat, windows
from tests.analytics.made import SCHOOL, context, day_use, grid, hours, local_hour

SHANDONG = windows()["sd-2023-914"]
PARTS = (Part("代理购电", 0.4, timed=True), Part("输配", 0.2))
TIMED = Tariff("kWh", (Prices(date(2025, 1, 1), "价格文件", PARTS, SHANDONG),))
OLD = Prices(date.min, "旧", (Part("", 0.5),))
NEW = Prices(date(2026, 10, 16), "新", (Part("", 0.7),))
START, DAYS = datetime(2026, 9, 30, 16, tzinfo=UTC), 20
GRID = grid(DAYS, START)
END = START + timedelta(days=DAYS)
OCTOBER = SHANDONG.months[9]
TIMES = np.array([SHANDONG.multiplier[letter] for letter in OCTOBER])


def school(tariff: Tariff | None, *more: Account) -> Registry:
    meter = replace(context("electricity").meter, account="a")
    accounts = {one.key: one for one in (Account("a", "electricity", "1", "tou", tariff), *more)}
    return Registry(SCHOOL, {}, accounts, {"m": meter})


def finding(registry: Registry, by_hour: tuple[float, ...] = (), **more: object) -> Finding:
    price = registry.price(registry.meters["m"], END)
    found = Finding(
        "r", meter_subject("m"), "electricity", START, None, END, 2, "kW", 1, 48, 48.0 * DAYS, "kWh",
        None if price is None else 48 * price.yuan, price, by_hour=by_hour,
    )  # fmt: skip
    return replace(found, **more)  # type: ignore[arg-type]


def full() -> Hours:
    return hours(GRID, np.full(len(GRID), 3.0))


def test_what_runs_day_and_night_costs_the_mean_of_all_hours() -> None:
    registry = school(TIMED)
    found = costed(finding(registry), full(), registry)
    mean = 0.2 + 0.4 * TIMES.mean()
    assert found.yuan_per_day == pytest.approx(48 * mean) and found.yuan_to_date == pytest.approx(48 * DAYS * mean)
    assert found.price == Price(pytest.approx(mean), "kWh", "价格文件", timed=True)


@pytest.mark.parametrize(("first", "last", "letter"), [(11, 14, "D"), (17, 19, "S"), (0, 6, "F")])
def test_what_runs_in_some_hours_costs_what_these_cost(first: int, last: int, letter: str) -> None:
    amounts = np.zeros((1, 24))
    amounts[0, first:last] = 1.0
    registry = school(TIMED)
    found = costed(finding(registry, shares(amounts)), full(), registry)
    price = 0.2 + 0.4 * SHANDONG.multiplier[letter]
    assert found.yuan_per_day == pytest.approx(48 * price) and found.price is not None
    assert found.price.yuan == pytest.approx(price) and found.yuan_to_date == pytest.approx(48 * DAYS * price)


def test_each_day_counts_at_its_own_price() -> None:
    registry = school(Tariff("kWh", (OLD, NEW)))
    found = costed(finding(registry), full(), registry)
    assert found.yuan_per_day == pytest.approx(48 * 0.7) and found.price == Price(pytest.approx(0.7), "kWh", "新")
    assert found.yuan_to_date == pytest.approx(48 * (15 * 0.5 + 5 * 0.7))


def test_hours_that_are_unknown_cost_nothing() -> None:
    registry = school(
        Tariff("kWh", (Prices(date.min, "旧", (Part("", 0.5),)), Prices(date(2026, 10, 16), "新", (Part("", 1),))))
    )
    value = np.where(np.arange(len(GRID)) < 15 * 24, np.nan, 3.0)
    found = costed(finding(registry, to_date=240.0), hours(GRID, value), registry)
    assert found.yuan_to_date == pytest.approx(240.0)


def test_without_a_price_for_all_of_its_time_nothing_is_known_of_its_cost_so_far() -> None:
    registry = school(Tariff("kWh", (NEW,)))
    found = costed(finding(registry), full(), registry)
    assert found.yuan_per_day == pytest.approx(48 * 0.7) and found.yuan_to_date is None


def test_one_price_for_ever_is_left_to_amount_times_price() -> None:
    registry = school(flat(Price(0.555, "kWh", "合表")))
    found = finding(registry)
    assert costed(found, full(), registry) is found and found.yuan_to_date == pytest.approx(48 * DAYS * 0.555)


def test_no_price_no_yuan() -> None:
    registry = school(None)
    found = finding(registry)
    assert costed(found, full(), registry) is found and found.yuan_per_day is None and found.yuan_to_date is None


def test_shares_sum_to_one_and_begin_where_the_rows_do() -> None:
    amounts = np.zeros((2, 24))
    amounts[:, 0] = (1.0, 3.0)
    amounts[1, 23] = np.nan
    found = shares(amounts, 6)
    assert found[6] == 1.0 and sum(found) == pytest.approx(1.0) and len(found) == 24
    assert shares(np.zeros((2, 24))) == ()


def test_a_night_load_costs_valley_in_july_and_flat_in_october() -> None:
    """A light left on all night is worth its hours' price, not the account's mean: Shandong's valley is noon."""
    for month, low in ((7, 0.3), (10, 1.0)):
        start = datetime(2026, month - 2, 1, 16, tzinfo=UTC)
        at = grid(80, start)
        hour = local_hour(at)
        night = (hour >= 22) | (hour < 6)
        value = day_use(at, 60.0, 5.0) + np.where(night & (np.arange(len(at)) >= 60 * 24), 30.0, 0.0)
        registry = school(TIMED)
        meter = hours(at, value)
        found = [
            costed(one, meter, registry)
            for known in contexts(registry, start + timedelta(days=79))
            for one in DETECTOR.judge(meter, known)  # type: ignore[union-attr]
        ]
        prices = 0.2 + 0.4 * np.array([SHANDONG.multiplier[letter] for letter in SHANDONG.months[month - 1]])
        mean = float(np.mean([prices[h] for h in (22, 23, 0, 1, 2, 3, 4, 5)]))
        assert found[-1].price is not None and found[-1].price.yuan == pytest.approx(mean, rel=0.1), low
        assert found[-1].yuan_per_day == pytest.approx(240 * mean, rel=0.15)
