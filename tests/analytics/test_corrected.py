"""Corrections: what they say counts, the rest stays as the meter told it, and every part of it is marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import consumption, corrected, series
from campus.corrections import Correction, Kind
from campus.registry import Arrival, Change, Meter, Register
from campus.schema import REGISTER, Columns, empty, to_ms
from campus.units import QUANTITIES

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
KWH = Register(QUANTITIES["electricity"], "kWh", 8)
METER = Meter("m", "m", "m", "t", "native", (KWH,), QUARTER, Arrival.LIVE)


def said(kind: Kind, first_hour: float, last_hour: float = 0.0, value: float | None = None, **more) -> Correction:
    start, end = START + first_hour * HOUR, START + (last_hour or first_hour) * HOUR
    on = date(2026, 4, 1)
    return Correction(f"c{first_hour}", kind, "electricity", start, end, "王老师", on, "抄表", value, **more)


def rows(values: list[float | None], step: timedelta = QUARTER, seconds: float = 0.0) -> Columns:
    """Return register rows `step` apart; None is a reading that never came."""
    known = [(to_ms(START + n * step), v) for n, v in enumerate(values) if v is not None]
    columns = empty(REGISTER)
    count = len(known)
    fields = {**columns.fields, "value": np.array([v for _, v in known], np.float64)}
    fields |= {"seconds": np.full(count, seconds), "quality": np.full(count, "good", object)}
    fields["serial"] = np.full(count, "", object)
    return Columns(np.array([t for t, _ in known], np.int64), fields)


def by_hour(raw: Columns, *corrections: Correction, hours: int, meter: Meter = METER) -> series.Use:
    edges = np.array([to_ms(START + n * HOUR) for n in range(hours + 1)], np.int64)
    return series.resample(corrected.read(raw, replace(meter, corrections=corrections), KWH), edges)


# 4 kWh in the first hour, 8 in the second, and so on.
RISING = [100.0 + sum(n // 4 + 1 for n in range(m)) for m in range(6 * 4 + 1)]


def test_without_corrections_what_the_meter_told_counts():
    raw = rows(RISING)
    told = consumption.read(raw, METER, KWH).pieces
    counted = corrected.read(raw, METER, KWH)
    for field in ("start_ms", "end_ms", "amount", "estimated", "corrected"):
        np.testing.assert_array_equal(getattr(counted, field), getattr(told, field))


def test_a_use_is_laid_over_the_hours_by_the_shape_the_meter_told():
    use = by_hour(rows(RISING), said(Kind.USE, 1, 3, 40.0), hours=6)
    assert use.value.tolist() == pytest.approx([4, 16, 24, 16, 20, 24])
    assert use.corrected.tolist() == [0, 1, 1, 0, 0, 0]
    assert use.coverage.tolist() == [1] * 6 and not use.estimated.any()


def test_a_use_where_nothing_is_known_is_laid_evenly_and_counts_as_estimated():
    fallen = [*RISING[:9], *(v - 100 for v in RISING[17:])]  # hours 2 and 3 missing, and a reset in between
    raw = rows([*fallen[:9], *[None] * 8, *fallen[9:]])
    assert np.isnan(by_hour(raw, hours=6).value[2:4]).all()
    use = by_hour(raw, said(Kind.USE, 2, 4, 30.0), hours=6)
    assert use.value.tolist()[2:4] == pytest.approx([15, 15])
    assert use.corrected[2:4].tolist() == [1, 1] == use.estimated[2:4].tolist()
    assert use.coverage[2:4].tolist() == [0, 0]


def test_a_use_known_in_part_gives_the_unknown_part_the_mean_of_the_known():
    raw = rows([*RISING[:9], *[None] * 8, *(v - 100 for v in RISING[17:])])
    use = by_hour(raw, said(Kind.USE, 0, 4, 100.0), hours=4)
    assert use.value.tolist() == pytest.approx([100 * w / 24 for w in (4, 8, 6, 6)])
    assert use.estimated.tolist() == [0, 0, 1, 1]


def test_a_use_of_a_meter_that_stood_still_is_laid_evenly():
    use = by_hour(rows([7.0] * 9), said(Kind.USE, 0, 2, 10.0), hours=2)
    assert use.value.tolist() == pytest.approx([5, 5]) and use.estimated.tolist() == [1, 1]


def test_a_scale_multiplies_and_stays_measured():
    use = by_hour(rows(RISING), said(Kind.SCALE, 1, 2, 0.1), hours=3)
    assert use.value.tolist() == pytest.approx([4, 0.8, 12])
    assert use.corrected.tolist() == [0, 1, 0] and use.coverage.tolist() == [1, 1, 1]


def test_a_void_stretch_is_unknown_and_its_edge_is_no_longer_measured():
    use = by_hour(rows(RISING), said(Kind.VOID, 1.125, 3), hours=4)  # in the middle of a quarter of an hour
    assert np.isnan(use.value[2])
    assert use.value[1] == pytest.approx(1) and use.coverage[1] == 0 and use.estimated[1] == 1
    assert use.value[[0, 3]].tolist() == pytest.approx([4, 16]) and use.estimated[[0, 3]].tolist() == [0, 0]


def test_a_reading_left_out_lets_its_neighbours_bound_the_use():
    wrong = [*RISING]
    wrong[6] += 1e6
    wrong[7:] = [v + 1e6 + 1 for v in wrong[7:]]
    raw = rows(wrong)
    use = by_hour(raw, said(Kind.READING, 1.5), hours=3)
    assert use.corrected.tolist() == [0, pytest.approx(1.0, abs=1e-3), 0]
    assert use.value[0] == 4 and use.value[2] == 12


def test_a_reading_replaced_is_in_the_unit_of_the_register_before_the_ratio():
    wrong = [*RISING]
    wrong[8] -= 5.0  # a typing error at hour 2, above the reading before it
    wh = Register(QUANTITIES["electricity"], "MWh", 8)
    meter = replace(METER, registers=(wh,), ratio=10.0, corrections=(said(Kind.READING, 2, value=RISING[8] / 1e3),))
    edges = np.array([to_ms(START + n * HOUR) for n in range(4)], np.int64)
    use = series.resample(corrected.read(rows(wrong), meter, wh), edges)
    assert use.value.tolist() == pytest.approx([40, 80, 120])
    assert use.corrected.tolist() == [0, pytest.approx(0.25), pytest.approx(0.25)]


def test_an_interval_left_out_is_unknown_and_one_replaced_marked():
    raw = rows([1.0, 2.0, 3.0], HOUR, seconds=3600.0)
    use = by_hour(raw, said(Kind.READING, 1), said(Kind.READING, 2, value=9.0), hours=3)
    assert use.value[0] == 1 and np.isnan(use.value[1]) and use.value[2] == 9
    assert use.corrected.tolist() == [0, 0, 1]


def test_a_correction_of_a_reading_that_never_came_changes_nothing():
    use = by_hour(rows(RISING), said(Kind.READING, 1.1, value=5.0), hours=3)
    assert use.value.tolist() == pytest.approx([4, 8, 12]) and not use.corrected.any()


def test_one_that_was_withdrawn_changes_nothing():
    gone = said(Kind.VOID, 0, 6, withdrawn_by="李", withdrawn_on=date(2026, 4, 2), withdrawn_reason="看错表")
    use = by_hour(rows(RISING), gone, hours=6)
    assert use.value.tolist() == pytest.approx([4, 8, 12, 16, 20, 24]) and not use.corrected.any()


def test_a_use_is_what_was_used_whatever_the_ratio():
    meter = replace(METER, ratio=80.0, changes=(Change(START + 2 * HOUR, {"ratio": 40.0}),))
    use = by_hour(rows(RISING), said(Kind.USE, 1, 3, 40.0), hours=6, meter=meter)
    assert float(use.value[1:3].sum()) == pytest.approx(40.0)
    assert use.value[0] == pytest.approx(320)


WINDOWS = st.tuples(st.integers(0, 22), st.integers(1, 24)).filter(lambda w: w[0] < w[1])


@given(st.lists(st.one_of(st.none(), st.floats(0, 50)), min_size=25, max_size=25), WINDOWS, st.floats(0, 1e4))
def test_law_a_stated_use_is_kept_to_the_last_digit_and_nothing_else_moves(steps, window, amount):
    total, values = 1000.0, []
    for step in steps:
        total += step or 0.0
        values.append(None if step is None else total)
    raw = rows(values, HOUR)
    before = by_hour(raw, hours=24)
    after = by_hour(raw, said(Kind.USE, *window, amount), hours=24)
    inside = slice(*window)
    assert float(after.value[inside].sum()) == pytest.approx(amount, abs=1e-6)
    assert not np.isnan(after.value[inside]).any() and after.corrected[inside].tolist() == [1.0] * len(
        after.value[inside]
    )
    outside = np.ones(24, bool)
    outside[inside] = False
    np.testing.assert_allclose(after.value[outside], before.value[outside], atol=1e-9)
    assert not after.corrected[outside].any()


@given(
    st.permutations(
        [said(Kind.USE, 0, 1, 9.0), said(Kind.SCALE, 1, 2, 3.0), said(Kind.VOID, 2, 3), said(Kind.READING, 4)]
    )
)
def test_law_the_order_in_which_corrections_stand_changes_nothing(corrections):
    use = by_hour(rows(RISING), *corrections, hours=6)
    assert use.value[:2].tolist() == pytest.approx([9, 24]) and np.isnan(use.value[2])
