"""Bills: windows as the document says, only what is billed has a line, no advice that is not reckoned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.billing import (
    NO_DEMAND,
    NO_FACTOR,
    NO_PRICE,
    NO_USE,
    Metered,
    bill,
    cost,
    day_prices,
    hour_prices,
    shift,
)
from analytics.power_factor import adjustment, power_factor
from campus.tariff import PERIODS, Part, Prices, Tariff, power_factor_rules, windows
from tests.analytics.made import SCHOOL, grid, hours

SHANDONG = windows()["sd-2023-914"]
FLAT = Tariff("kWh", (Prices(date(2025, 1, 1), "价格文件", (Part("合表电价", 0.555),)),))
TIMED = Tariff(
    "kWh",
    (Prices(date(2025, 1, 1), "价格文件", (Part("代理购电", 0.4, timed=True), Part("输配", 0.2)), SHANDONG),),
)
MARCH = date(2026, 3, 1)
MONTH = hours(grid(31, datetime(2026, 2, 28, 16, tzinfo=UTC)), np.ones(31 * 24))


@pytest.mark.parametrize(
    ("month", "hour", "letter"),
    [
        *((month, 12, "D") for month in (1, 2, 3, 4, 5, 9, 10, 11, 12)),
        *((month, 3, "F") for month in (3, 4, 5, 6, 9, 10, 11)),
        *((month, 3, "V") for month in (1, 2, 7, 8, 12)),
        *((month, 18, "S") for month in range(1, 13)),
        (6, 7, "V"),
        (6, 12, "F"),
        (7, 5, "V"),
        (7, 6, "F"),
        (10, 16, "P"),
        (10, 17, "S"),
        (10, 19, "P"),
        (10, 21, "F"),
        (1, 6, "F"),
        (1, 7, "P"),
        (1, 9, "F"),
        (1, 14, "V"),
        (1, 15, "F"),
    ],
)
def test_shandongs_windows_are_as_printed(month: int, hour: int, letter: str) -> None:
    assert SHANDONG.months[month - 1][hour] == letter


def test_windows_name_every_hour_of_every_month() -> None:
    for found in windows().values():
        assert len(found.months) == 12
        assert all(len(month) == 24 and set(month) <= set(PERIODS) for month in found.months)
        assert set(found.multiplier) == set(PERIODS)


def test_only_the_timed_part_of_a_price_is_multiplied() -> None:
    prices = day_prices(TIMED, date(2026, 10, 15))
    assert prices is not None
    assert prices[12] == pytest.approx(0.2 + 0.4 * 0.1) and prices[18] == pytest.approx(0.2 + 0.4 * 2.0)


def test_a_flat_account_has_one_line_and_no_period() -> None:
    found = bill(FLAT, Metered(MONTH), MARCH, SCHOOL)
    assert [(line.amount, line.yuan) for line in found.lines] == [(744.0, pytest.approx(744 * 0.555))]
    assert found.total == pytest.approx(744 * 0.555)


def test_a_timed_bill_is_the_sum_of_its_hours() -> None:
    found = bill(TIMED, Metered(MONTH), MARCH, SCHOOL)
    assert found.total == pytest.approx(float(np.sum(hour_prices(TIMED, MONTH, SCHOOL))))
    assert sum(line.amount for line in found.lines) == pytest.approx(744)
    assert [line.name.zh for line in found.lines] == ["尖峰", "峰", "平", "谷", "深谷"]


def test_before_the_first_price_there_is_no_yuan() -> None:
    assert bill(FLAT, Metered(MONTH), date(2024, 12, 1), SCHOOL) == bill(
        replace(FLAT, prices=()), Metered(MONTH), MARCH, SCHOOL
    )
    assert bill(replace(FLAT, prices=()), Metered(MONTH), MARCH, SCHOOL).missing == (NO_PRICE,)
    assert cost(replace(FLAT, prices=()), MONTH, SCHOOL) is None


def test_a_month_with_a_hole_has_lines_but_no_total() -> None:
    value = MONTH.value.copy()
    value[7] = np.nan
    found = bill(FLAT, Metered(hours(MONTH.start_ms, value)), MARCH, SCHOOL)
    assert found.total is None and found.missing == (NO_USE,) and found.lines[0].amount == 743


def test_a_price_that_changes_inside_the_month_counts_from_its_day() -> None:
    later = Prices(date(2026, 3, 11), "新价", (Part("合表电价", 1.0),))
    found = hour_prices(replace(FLAT, prices=(*FLAT.prices, later)), MONTH, SCHOOL)
    assert found[: 10 * 24].tolist() == [0.555] * 240 and found[10 * 24 :].tolist() == [1.0] * 504


def test_tiers_count_from_the_start_of_the_year() -> None:
    tiered = replace(FLAT, prices=(replace(FLAT.prices[0], tiers=((1000.0, 0.05), (1500.0, 0.3))),))
    found = bill(tiered, Metered(MONTH), MARCH, SCHOOL, before=900.0)
    assert [(line.amount, line.yuan) for line in found.lines[1:]] == [
        (644.0, pytest.approx(32.2)),
        (144.0, pytest.approx(43.2)),
    ]


@pytest.mark.parametrize(("kw", "lines"), [(300.0, [7600.0]), (210.0, [7600.0]), (220.0, [7600.0, 760.0])])
def test_demand_is_billed_by_contract_and_twice_what_is_beyond(kw: float, lines: list[float]) -> None:
    contract = 200.0 if kw != 300.0 else 300.0
    two_part = replace(FLAT, by_demand=contract, prices=(replace(FLAT.prices[0], yuan_per_kw=7600.0 / contract),))
    found = bill(two_part, Metered(MONTH, demand_kw=kw), MARCH, SCHOOL)
    assert [line.yuan for line in found.lines[1:]] == pytest.approx(lines)
    assert bill(two_part, Metered(MONTH), MARCH, SCHOOL).missing == (NO_DEMAND,)


def test_who_is_not_billed_by_demand_or_power_factor_has_no_such_line() -> None:
    found = bill(FLAT, Metered(MONTH, demand_kw=900.0, reactive_kvarh=900.0), MARCH, SCHOOL)
    assert len(found.lines) == 1 and not found.missing


def test_the_power_factor_changes_the_bill() -> None:
    judged = replace(FLAT, power_factor=90)
    poor = bill(judged, Metered(MONTH, reactive_kvarh=744.0), MARCH, SCHOOL)  # 0.71
    assert poor.lines[-1].yuan == pytest.approx(744 * 0.555 * 0.095)
    assert bill(judged, Metered(MONTH), MARCH, SCHOOL).missing == (NO_FACTOR,)


@pytest.mark.parametrize(
    ("standard", "factor", "percent"),
    [(90, 0.90, 0), (90, 0.95, -0.75), (90, 1.0, -0.75), (90, 0.89, 0.5), (90, 0.70, 10), (90, 0.65, 15),
     (90, 0.64, 17), (85, 0.85, 0), (85, 0.94, -1.1), (85, 0.60, 15), (80, 0.80, 0), (80, 0.92, -1.3),
     (80, 0.54, 17)],
)  # fmt: skip
def test_the_power_factor_table(standard: int, factor: float, percent: float) -> None:
    assert adjustment(factor, power_factor_rules()[standard]) == pytest.approx(percent)


@given(st.floats(0.01, 1.0), st.floats(0.01, 1.0), st.sampled_from((80, 85, 90)))
def test_a_better_power_factor_never_costs_more(one: float, other: float, standard: int) -> None:
    rule = power_factor_rules()[standard]
    assert adjustment(max(one, other), rule) <= adjustment(min(one, other), rule)


def test_power_factor_from_registers() -> None:
    assert power_factor(3.0, 4.0) == pytest.approx(0.6) and power_factor(0.0, 4.0) is None


def test_a_load_is_moved_to_noon_in_october_and_to_the_night_in_july() -> None:
    load = np.zeros(24)
    load[22:24] = 10.0
    october, july = shift(TIMED, date(2026, 10, 15), load, 2), shift(TIMED, date(2026, 7, 15), load, 2)
    assert october is not None and july is not None
    assert 11 <= october[0] <= 12 and october[1] > 0
    assert 1 <= july[0] <= 4 and july[1] > 0
    assert shift(FLAT, date(2026, 10, 15), load, 2) is None
