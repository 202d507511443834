"""What flows in below a meter: drawn from above, less what is sent back, and what is generated behind it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.kin import kin
from analytics.supply import Term, drawn, inflow, summed
from campus.registry import Meter, Register, Registry
from campus.units import QUANTITIES
from tests.analytics.made import SCHOOL, START, context, grid, hours


def meter(key: str, *quantities: str, parent: str = "") -> Meter:
    registers = tuple(Register(QUANTITIES[quantity], "kWh") for quantity in quantities)
    return replace(context("electricity").meter, key=key, registers=registers, parent=parent)


def known(*meters: Meter):
    return kin(Registry(SCHOOL, meters={one.key: one for one in meters}), START)


MAIN = meter("main", "electricity", "electricity_export")
BLOCK = meter("block", "electricity", parent="main")
OWN = [Term("main", "electricity", 1), Term("main", "electricity_export", -1)]


def test_a_roof_that_names_no_meter_is_behind_the_one_that_sends_back() -> None:
    school = known(MAIN, BLOCK, meter("pv", "generation"))
    assert inflow(school, "main", "electricity") == (*OWN, Term("pv", "generation", 1))
    assert inflow(school, "block", "electricity") == (Term("block", "electricity", 1),)
    assert drawn(school, "main", "electricity") == tuple(OWN)


def test_a_roof_below_a_block_is_seen_there_and_not_above() -> None:
    school = known(MAIN, BLOCK, meter("pv", "generation", parent="block"))
    assert inflow(school, "main", "electricity") == tuple(OWN)
    assert inflow(school, "block", "electricity")[1:] == (Term("pv", "generation", 1),)


def test_where_two_send_back_a_roof_that_names_none_is_nobodys() -> None:
    other = meter("other", "electricity", "electricity_export")
    assert inflow(known(MAIN, other, meter("pv", "generation")), "main", "electricity") == tuple(OWN)


def test_water_flows_in_as_it_is_counted() -> None:
    assert inflow(known(MAIN), "w", "water") == (Term("w", "water", 1),)


def test_a_sum_is_unknown_where_a_part_is() -> None:
    start_ms = grid(1)
    parts = {"electricity": np.full(24, 5.0), "electricity_export": np.where(np.arange(24) == 3, np.nan, 2.0)}
    sum_of = summed(tuple(OWN), start_ms, lambda _key, quantity, at: hours(at, parts[quantity]))
    assert np.isnan(sum_of.value[3]) and sum_of.coverage[3] == 0
    assert np.delete(sum_of.value, 3) == pytest.approx(3.0)
