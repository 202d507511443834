"""Bills: windows as the document says, only what is billed has a line, no advice that is not reckoned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.billing import NO_DEMAND, NO_FACTOR, NO_HOURS, NO_KW_PRICE, NO_PRICE, NO_USE, Metered, bill
from analytics.hour_prices import hour_prices
from analytics.power_factor import adjustment, in_percent, power_factor
from campus.tariff import PERIODS, Part, Prices, Tariff, power_factor_rules, windows
from tests.analytics.made import SHANGHAI, grid

SHANDONG = windows()["sd-2023-914"]
FLAT = Tariff("kWh", (Prices(date(2025, 1, 1), "价格文件", (Part("合表电价", 0.555),)),))
TIMED = Tariff(
    "kWh",
    (Prices(date(2025, 1, 1), "价格文件", (Part("代理购电", 0.4, timed=True), Part("输配", 0.2)), SHANDONG),),
)
MARCH = date(2026, 3, 1)
HOURS = grid(31, datetime(2026, 2, 28, 16, tzinfo=UTC))
MONTH = Metered(HOURS, np.ones(31 * 24))
DAYS = Metered(HOURS[::24], np.full(31, 24.0), hourly=False)


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


def test_a_flat_account_has_one_line_and_no_period() -> None:
    for metered in (MONTH, DAYS):
        found = bill(FLAT, metered, MARCH, SHANGHAI)
        assert [(line.amount, line.yuan) for line in found.lines] == [(744.0, pytest.approx(744 * 0.555))]
        assert found.total == pytest.approx(744 * 0.555) and found.use == 744 and not found.notes


def test_a_timed_bill_is_the_sum_of_its_hours() -> None:
    found = bill(TIMED, MONTH, MARCH, SHANGHAI)
    assert found.total == pytest.approx(float(np.sum(hour_prices(TIMED, HOURS, SHANGHAI))))
    assert found.use == pytest.approx(744)
    assert [line.name.zh for line in found.lines] == ["尖峰", "峰", "平", "谷", "深谷"]


def test_a_meter_without_hours_has_no_timed_bill() -> None:
    found = bill(TIMED, DAYS, MARCH, SHANGHAI)
    assert found.total is None and found.missing == (NO_HOURS,) and not found.lines


def test_before_the_first_price_there_is_no_yuan() -> None:
    assert bill(FLAT, MONTH, date(2024, 12, 1), SHANGHAI) == bill(replace(FLAT, prices=()), MONTH, MARCH, SHANGHAI)
    assert bill(replace(FLAT, prices=()), MONTH, MARCH, SHANGHAI).missing == (NO_PRICE,)


def test_a_month_with_a_hole_has_lines_but_no_total() -> None:
    value = MONTH.value.copy()
    value[7] = np.nan
    found = bill(FLAT, replace(MONTH, value=value), MARCH, SHANGHAI)
    assert found.total is None and found.missing == (NO_USE,) and found.lines[0].amount == 743


def test_a_price_that_changes_inside_the_month_counts_from_its_day() -> None:
    later = Prices(date(2026, 3, 11), "新价", (Part("合表电价", 1.0),))
    found = bill(replace(FLAT, prices=(*FLAT.prices, later)), MONTH, MARCH, SHANGHAI)
    assert found.total == pytest.approx(240 * 0.555 + 504 * 1.0) and len(found.lines) == 1


def test_a_fixed_share_is_billed_for_its_share_alone() -> None:
    found = bill(replace(FLAT, share=0.2), MONTH, MARCH, SHANGHAI)
    assert found.use == pytest.approx(0.2 * 744) and found.total == pytest.approx(0.2 * 744 * 0.555)


def test_tiers_count_from_the_start_of_the_year() -> None:
    tiered = replace(FLAT, prices=(replace(FLAT.prices[0], tiers=((1000.0, 0.05), (1500.0, 0.3))),))
    found = bill(tiered, replace(MONTH, before=900.0), MARCH, SHANGHAI)
    assert [(line.amount, line.yuan) for line in found.lines[1:]] == [
        (644.0, pytest.approx(32.2)),
        (144.0, pytest.approx(43.2)),
    ]


def per_kw(yuan: float, **more: float) -> Tariff:
    return replace(FLAT, prices=(replace(FLAT.prices[0], yuan_per_kw=yuan),), **more)


@pytest.mark.parametrize(("kw", "lines"), [(150.0, [7600.0]), (210.0, [7600.0]), (220.0, [7600.0, 760.0])])
def test_demand_is_billed_by_contract_and_twice_what_is_beyond(kw: float, lines: list[float]) -> None:
    two_part = per_kw(38.0, by_demand=200.0)
    found = bill(two_part, replace(MONTH, demand_kw=kw), MARCH, SHANGHAI)
    assert [line.yuan for line in found.lines[1:]] == pytest.approx(lines)
    assert any("105" in note.zh and "未核对" in note.zh for note in found.notes)
    assert bill(two_part, MONTH, MARCH, SHANGHAI).missing == (NO_DEMAND,)


def test_capacity_is_billed_whatever_was_drawn_and_needs_its_price() -> None:
    assert bill(per_kw(25.0, by_capacity=630.0), MONTH, MARCH, SHANGHAI).lines[1].yuan == 25 * 630
    assert bill(replace(FLAT, by_capacity=630.0), MONTH, MARCH, SHANGHAI).missing == (NO_KW_PRICE,)


def test_who_is_not_billed_by_demand_or_power_factor_has_no_such_line() -> None:
    found = bill(FLAT, replace(MONTH, demand_kw=900.0, factor=0.5), MARCH, SHANGHAI)
    assert len(found.lines) == 1 and not found.missing and not found.notes


def test_the_power_factor_changes_the_bill() -> None:
    judged = replace(FLAT, power_factor=90)
    poor = bill(judged, replace(MONTH, factor=0.7071), MARCH, SHANGHAI)  # 0.71
    assert poor.lines[-1].yuan == pytest.approx(744 * 0.555 * 0.095)
    assert any("未核对" in note.zh for note in poor.notes)
    assert bill(judged, MONTH, MARCH, SHANGHAI).missing == (NO_FACTOR,)


def test_the_power_factor_is_the_meters_whatever_share_of_it_is_billed() -> None:
    judged = replace(FLAT, power_factor=90, share=0.2)
    poor = bill(judged, replace(MONTH, factor=0.7071), MARCH, SHANGHAI)
    assert poor.lines[-1].amount == 71 and poor.lines[-1].yuan == pytest.approx(0.2 * 744 * 0.555 * 0.095)


def test_no_power_factor_changes_a_levy() -> None:
    parts = (Part("电价", 0.5), Part("政府性基金", 0.055, levy=True))
    judged = replace(FLAT, prices=(replace(FLAT.prices[0], parts=parts),), power_factor=90)
    poor = bill(judged, replace(MONTH, factor=0.7071), MARCH, SHANGHAI)
    assert poor.lines[0].yuan == pytest.approx(744 * 0.555)
    assert poor.lines[-1].yuan == pytest.approx(744 * 0.5 * 0.095)


@pytest.mark.parametrize(
    ("standard", "factor", "percent"),
    [(90, 0.90, 0), (90, 0.95, -0.75), (90, 1.0, -0.75), (90, 0.89, 0.5), (90, 0.70, 10), (90, 0.65, 15),
     (90, 0.64, 17), (85, 0.85, 0), (85, 0.94, -1.1), (85, 0.60, 15), (80, 0.80, 0), (80, 0.92, -1.3),
     (80, 0.54, 17)],
)  # fmt: skip
def test_the_power_factor_table(standard: int, factor: float, percent: float) -> None:
    assert adjustment(factor, power_factor_rules()[standard]) == pytest.approx(percent)


@pytest.mark.parametrize(("factor", "percent"), [(0.845, 85), (0.844, 84), (0.565, 57), (0.895, 90), (0.9949, 99)])
def test_half_a_per_cent_of_power_factor_is_rounded_up(factor: float, percent: int) -> None:
    assert in_percent(factor) == percent


@given(st.floats(0.01, 1.0), st.floats(0.01, 1.0), st.sampled_from((80, 85, 90)))
def test_a_better_power_factor_never_costs_more(one: float, other: float, standard: int) -> None:
    rule = power_factor_rules()[standard]
    assert adjustment(max(one, other), rule) <= adjustment(min(one, other), rule)


def test_power_factor_from_registers() -> None:
    assert power_factor(3.0, 4.0) == pytest.approx(0.6) and power_factor(0.0, 4.0) is None
