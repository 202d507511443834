"""A bill beside the meters: what agrees, what explains a difference, what stays open; and the best contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.bill_match import Compared, Verdict, match
from analytics.contract import best_contract
from campus.tariff import Part, Prices, Tariff

POWER = Compared("electricity", billed=10_000.0, metered=10_000.0, known=1.0, edges=0.0, days=30.0)
WATER = Compared("water", billed=600.0, metered=600.0, known=1.0, edges=0.0, days=60.0)


@pytest.mark.parametrize(
    ("seen", "verdict", "reason"),
    [
        (POWER, Verdict.AGREES, ""),
        (replace(POWER, billed=10_090.0), Verdict.AGREES, ""),
        (replace(WATER, billed=617.0), Verdict.AGREES, ""),
        (replace(POWER, billed=10_250.0, low_side=True), Verdict.EXPLAINED, "变压器损耗"),
        (replace(POWER, billed=10_250.0), Verdict.EXPLAINED, "0.8天"),
        (replace(POWER, billed=10_800.0, low_side=True), Verdict.EXPLAINED, "变压器损耗"),
        (replace(POWER, metered=9_000.0, known=0.9), Verdict.EXPLAINED, "缺3.0天"),
        (replace(POWER, billed=9_910.0, edges=150.0), Verdict.AGREES, ""),
        (replace(POWER, billed=9_850.0, edges=150.0), Verdict.EXPLAINED, "估算"),
        (replace(POWER, billed=2_000.0, share=0.2), Verdict.AGREES, "定比20%"),
        (replace(POWER, billed=10_050.0, share=0.2), Verdict.AGREES, "整块表"),
        (replace(POWER, billed=12_000.0), Verdict.OPEN, ""),
        (replace(POWER, billed=800_000.0, ratio=80.0), Verdict.OPEN, "80倍"),
        (replace(POWER, billed=125.0, ratio=80.0), Verdict.OPEN, "80倍"),
        (replace(POWER, known=0.0, metered=0.0), Verdict.UNKNOWN, "没有表计读数"),
    ],
)
def test_a_difference_is_explained_by_what_can_explain_it(seen: Compared, verdict: Verdict, reason: str) -> None:
    found = match(seen)
    assert found.verdict is verdict
    assert reason in "；".join(one.zh for one in found.reasons)
    assert all(one.zh and one.en for one in found.reasons)


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0.05, 1.0), st.booleans())
def test_what_is_explained_leaves_what_is_allowed(billed: float, metered: float, known: float, low: bool) -> None:
    seen = Compared("electricity", billed, metered, known, 0.0, 30.0, low_side=low)
    found = match(seen)
    assert (abs(found.rest) <= 0.01 * billed) is (found.verdict in (Verdict.AGREES, Verdict.EXPLAINED))
    assert abs(found.rest) <= abs(seen.difference) + 1e-9


TWO_PART = Tariff("kWh", (Prices(date(2026, 1, 1), "价", (Part("", 0.6),), yuan_per_kw=35.0),), by_demand=400.0)


def test_a_contract_that_was_never_reached_may_be_lowered() -> None:
    found = best_contract(TWO_PART, [210.0, 300.0, 280.0, 250.0], yuan_per_kw=35.0)
    assert found is not None and found.kw == 286
    assert found.yuan_a_month == pytest.approx((400 - 286) * 35, rel=0.02)
    said = found.said(TWO_PART)
    assert "降到286千瓦" in said.zh and "未核对原文" in said.zh and "lowered to 286 kW" in said.en


def test_a_contract_that_is_passed_every_month_had_better_be_raised() -> None:
    found = best_contract(TWO_PART, [500.0, 510.0, 505.0], yuan_per_kw=35.0)
    assert found is not None and found.kw == 486 and found.yuan_a_month > 0
    assert "提到486千瓦" in found.said(TWO_PART).zh


def test_a_contract_is_never_lowered_below_what_the_transformers_demand() -> None:
    found = best_contract(TWO_PART, [100.0] * 3, yuan_per_kw=35.0, capacity_kva=630.0)
    assert found is not None and found.kw == pytest.approx(252)


@pytest.mark.parametrize("demands", [[300.0, 300.0], [415.0, 410.0, 400.0]])
def test_too_few_months_or_a_contract_that_fits_give_no_advice(demands: list[float]) -> None:
    assert best_contract(TWO_PART, demands, yuan_per_kw=35.0) is None


@given(st.lists(st.floats(50, 1000), min_size=3, max_size=3), st.floats(100, 900))
def test_advice_never_costs_more_than_the_present_contract(demands: list[float], contract: float) -> None:
    found = best_contract(replace(TWO_PART, by_demand=contract), demands, yuan_per_kw=35.0)
    assert found is None or found.yuan_a_month > 0
