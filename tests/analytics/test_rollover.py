"""A register that starts anew by its width loses nothing, on both sides of its end; each counter by its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import consumption
from campus.registry import Arrival, Meter, Register
from campus.schema import Columns
from campus.units import QUANTITIES, factor

QUARTER = 900_000
IN = Register(QUANTITIES["electricity"], "Wh", width=7)
OUT = Register(QUANTITIES["electricity_export"], "kWh", width=4)
METER = Meter("m", "表", "m", "t", "native", (IN, OUT), timedelta(minutes=15), Arrival.LIVE, ratio=40)


def used(shown: list[float], register: Register) -> consumption.Read:
    """Return the use of a register that showed this every quarter hour, stored in the kept unit."""
    times = QUARTER * np.arange(len(shown), dtype=np.int64)
    kept = np.array(shown) * factor(register.unit, register.quantity)
    texts = np.full(len(shown), "", object)
    fields = {"value": kept, "seconds": np.zeros(len(shown)), "quality": texts, "serial": texts}
    return consumption.read(Columns(times, fields), METER, register)


@pytest.mark.parametrize("register", [IN, OUT])
@given(before=st.floats(0.0, 0.0999), rise=st.floats(0.0, 0.0999))
def test_what_was_used_over_the_end_is_exact_on_both_sides(register: Register, before: float, rise: float) -> None:
    whole = 10.0**register.width  # type: ignore[operator]
    step = 0.01 * whole
    last = whole * (1 - 1e-9 - before)
    first = (last + rise * whole) % whole
    read = used([last - 2 * step, last - step, last, first, first + step, first + 2 * step], register)
    in_kept = factor(register.unit, register.quantity) * METER.ratio
    expected = (4 * step + rise * whole) * in_kept
    if first < last and first > 0.1 * whole:
        return  # the rise leads out of the first tenth: no rollover, and rare between two readings
    assert read.suspicions == () and read.pieces.amount.sum() == pytest.approx(expected, rel=1e-6)


def test_each_counter_has_its_own_width() -> None:
    assert used([9_999_990.0, 5.0, 20.0], IN).pieces.amount.sum() == pytest.approx(0.03 * 40)
    assert used([9_990.0, 5.0, 20.0], OUT).pieces.amount.sum() == pytest.approx(30 * 40)
    assert [s.kind for s in used([9_990.0, 5.0, 20.0], IN).suspicions] == ["reset"]


@pytest.mark.parametrize(("shown", "kind"), [([8_999.0, 5.0, 20.0], "reset"), ([9_990.0, 1_001.0, 1_020.0], "reset")])
def test_a_fall_from_outside_the_last_tenth_or_beyond_the_first_is_no_rollover(shown: list[float], kind: str) -> None:
    assert [s.kind for s in used(shown, OUT).suspicions] == [kind]


def test_a_register_of_unknown_width_never_starts_anew() -> None:
    unknown = replace(OUT, width=None)
    assert [s.kind for s in used([9_990.0, 5.0, 20.0], unknown).suspicions] == ["reset"]
