"""Consumption by decision 5: what is measured, estimated and unknown between readings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import consumption, series
from campus.registry import Arrival, Change, Meter, Register, Replacement
from campus.schema import Columns, to_ms
from campus.units import QUANTITIES

QUARTER = 15 * 60_000
HOUR = 3_600_000
START = to_ms(datetime(2026, 3, 1, tzinfo=UTC))
REGISTER = Register(QUANTITIES["electricity"], "kWh", width=6)
METER = Meter("m", "表", "m", "t", "native", (REGISTER,), timedelta(minutes=15), Arrival.LIVE)


def raw(values, times=None, serial="", seconds=0.0):
    times = START + QUARTER * np.arange(len(values)) if times is None else np.asarray(times, np.int64)
    serials = serial if isinstance(serial, list) else [serial] * len(values)
    return Columns(
        np.asarray(times, np.int64),
        {
            "value": np.asarray(values, float),
            "seconds": np.full(len(values), seconds),
            "quality": np.array(["good"] * len(values), object),
            "serial": np.array(serials, object),
        },
    )


def hours(rows, meter=METER, count=6, register=REGISTER):
    pieces = consumption.read(rows, meter, register).pieces
    return series.resample(pieces, START + HOUR * np.arange(count + 1))


def kinds(rows, meter=METER, register=REGISTER):
    return [s.kind for s in consumption.read(rows, meter, register).suspicions]


def test_a_steady_register_gives_its_rise_in_each_hour():
    use = hours(raw(100 + 2.0 * np.arange(9)), count=3)
    assert use.value[:2].tolist() == [8.0, 8.0]
    assert np.isnan(use.value[2])
    assert use.coverage.tolist() == [1.0, 1.0, 0.0]
    assert use.estimated.tolist() == [0.0, 0.0, 0.0]


def test_a_gap_is_estimated_and_its_total_exact():
    use = hours(raw([100.0, 124.0], [START, START + 6 * HOUR]))
    assert use.value.tolist() == [4.0] * 6
    assert use.coverage.tolist() == [0.0] * 6
    assert use.estimated.tolist() == [1.0] * 6


def test_what_nothing_bounds_is_absent_never_zero():
    use = hours(raw([100.0, 101.0], [START + 2 * HOUR, START + 3 * HOUR]))
    assert np.isnan(use.value[[0, 1, 3, 4, 5]]).all()
    assert use.value[2] == 1.0


def test_an_hour_without_use_between_good_registers_is_zero_and_measured():
    use = hours(raw([100.0] * 5), count=1)
    assert use.value.tolist() == [0.0]
    assert use.coverage.tolist() == [1.0]


def test_rollover_is_exact_by_the_width_of_the_register():
    rows = raw([999_990.0, 999_998.0, 6.0, 14.0, 22.0])
    assert hours(rows, count=1).value[0] == pytest.approx(32.0)
    assert kinds(rows) == []


def test_a_rollover_needs_the_same_serial():
    rows = raw([999_990.0, 999_998.0, 6.0, 14.0, 22.0], serial=["A", "A", "B", "B", "B"])
    assert kinds(rows) == ["replacement"]
    assert hours(rows, count=1).value[0] == pytest.approx(24.0)
    assert hours(rows, count=1).coverage[0] == 0.75


def test_a_reset_leaves_its_own_interval_unknown_and_nothing_else():
    rows = raw([5000.0, 5002.0, 0.0, 2.0, 4.0])
    assert kinds(rows) == ["reset"]
    assert hours(rows, count=1).value[0] == pytest.approx(6.0)
    assert hours(rows, count=1).coverage[0] == 0.75


@pytest.mark.parametrize("serials", [["A", "A", "B", "B", "B"], [""] * 5], ids=["serial changes", "no serial"])
def test_an_entered_replacement_splits_its_interval_and_loses_nothing(serials):
    swap = Replacement(datetime(2026, 3, 1, 0, 20, tzinfo=UTC), end=5003.0, start=10.0)
    meter = replace(METER, replacements=(swap,))
    rows = raw([5000.0, 5002.0, 11.0, 13.0, 15.0], serial=serials)
    assert kinds(rows, meter) == []
    assert hours(rows, meter, count=1).value[0] == pytest.approx(2 + 1 + 1 + 2 + 2)
    assert hours(rows, meter, count=1).coverage[0] == 1.0


def test_a_dip_is_no_reset():
    rows = raw([1000.0, 1002.0, 1001.9, 1006.0, 1008.0])
    assert kinds(rows) == []
    assert hours(rows, count=1).value[0] == pytest.approx(8.0)
    assert hours(rows, count=1).coverage[0] == 1.0


def test_a_dip_to_zero_for_two_readings_is_no_reset():
    rows = raw([1000.0, 0.0, 0.0, 1006.0, 1008.0])
    assert hours(rows, count=1).value[0] == pytest.approx(8.0)


def test_a_spike_is_not_used():
    rows = raw([1000.0, 1002.0, 91_004.0, 1006.0, 1008.0])
    assert kinds(rows) == []
    assert hours(rows, count=1).value[0] == pytest.approx(8.0)


def test_a_rise_no_branch_can_draw_is_unknown():
    meter = replace(METER, max_rate=100.0)
    rows = raw([1000.0, 1002.0, 41_000.0, 41_002.0, 41_004.0])
    assert kinds(rows, meter) == ["implausible"]
    assert hours(rows, meter, count=1).value[0] == pytest.approx(6.0)


def test_a_ratio_holds_from_its_date_on():
    change = Change(datetime(2026, 3, 1, 0, 30, tzinfo=UTC), {"ratio": 40.0})
    meter = replace(METER, ratio=1.0, changes=(change,))
    assert hours(raw([0.0, 1.0, 2.0, 3.0, 4.0]), meter, count=1).value[0] == pytest.approx(1 + 1 + 40 + 40)


def test_an_interval_is_booked_where_it_was_used():
    use = hours(
        raw([3.0, 4.0], [START, START + 2 * HOUR], seconds=3600.0), replace(METER, interval=timedelta(hours=1))
    )
    assert use.value[[0, 2]].tolist() == [3.0, 4.0]
    assert np.isnan(use.value[1])


def test_a_meter_read_once_a_day_gives_measured_days():
    meter = replace(METER, interval=timedelta(days=1), arrival=Arrival.DAILY_FROZEN)
    rows = raw([0.0, 24.0, 72.0], START + 24 * HOUR * np.arange(3))
    pieces = consumption.read(rows, meter, REGISTER).pieces
    use = series.resample(pieces, START + 24 * HOUR * np.arange(4))
    assert use.value[:2].tolist() == [24.0, 48.0]
    assert use.coverage.tolist() == [1.0, 1.0, 0.0]


def test_a_catch_up_after_weeks_of_silence_is_not_booked_into_one_half_hour():
    meter = replace(METER, interval=timedelta(minutes=30))
    rows = raw([10.0, 10.5, 346.5], [START, START + HOUR // 2, START + HOUR // 2 + 14 * 24 * HOUR])
    use = hours(rows, meter, count=14 * 24)
    assert np.nanmax(use.value) == pytest.approx(1.0)
    assert np.nansum(use.value) == pytest.approx(336.5 - 0.5)
    assert use.estimated[1:].min() == 1.0


steps = st.lists(st.tuples(st.integers(1, 200), st.floats(0, 500)), min_size=1, max_size=40)


@given(steps, st.data())
def test_the_sum_of_a_monotone_register_is_last_minus_first_whatever_the_slicing(rows, data):
    times = START + np.cumsum([QUARTER * minutes for minutes, _ in rows])
    values = np.cumsum([rise for _, rise in rows])
    pieces = consumption.read(raw(values, times), replace(METER), Register(QUANTITIES["electricity"], "kWh")).pieces
    cuts = data.draw(st.lists(st.integers(int(times[0]) + 1, int(times[-1]) + 1), unique=True, max_size=20))
    edges = np.array(sorted({int(times[0]), *cuts, int(times[-1]) + 2}), np.int64)
    assert np.nansum(series.resample(pieces, edges).value) == pytest.approx(values[-1] - values[0], abs=1e-6)


@given(
    st.lists(st.floats(0, 1e4), min_size=3, max_size=60),
    st.lists(st.sampled_from(["", "A", "B"]), min_size=60, max_size=60),
    st.data(),
)
def test_recomputing_a_window_after_one_late_reading_equals_computing_all(values, serials, data):
    """However wild the register: nothing outside the settled window changes, and inside both ways agree."""
    late = data.draw(st.integers(0, len(values) - 1))
    times = START + QUARTER * np.arange(len(values))
    everything = raw(values, times, serial=serials[: len(values)])
    kept = np.arange(len(values)) != late
    before = Columns(times[kept], {name: column[kept] for name, column in everything.fields.items()})
    edges = START + QUARTER * np.arange(-1, len(values) + 1)
    old = series.resample(consumption.read(before, METER, REGISTER).pieces, edges)
    new = series.resample(consumption.read(everything, METER, REGISTER).pieces, edges)
    first, last = consumption.settled(everything, (int(times[late]), int(times[late])))
    outside = (edges[1:] <= first) | (edges[:-1] >= last)
    np.testing.assert_array_equal(old.value[outside], new.value[outside])
    np.testing.assert_array_equal(old.coverage[outside], new.coverage[outside])


@given(
    st.lists(st.tuples(st.integers(0, 95), st.floats(0, 100)), min_size=1, max_size=30, unique_by=lambda row: row[0])
)
def test_resampling_keeps_energy_and_any_coarser_grid_agrees(rows):
    rows = sorted(rows)
    start = np.array([START + QUARTER * slot for slot, _ in rows], np.int64)
    amount = np.array([value for _, value in rows])
    pieces = series.as_read(start, start + QUARTER, amount, np.zeros(len(rows), bool))
    fine = series.resample(pieces, START + QUARTER * np.arange(97))
    coarse = series.resample(pieces, START + HOUR * np.arange(25))
    assert np.nansum(fine.value) == pytest.approx(amount.sum())
    per_hour = np.nansum(fine.value.reshape(24, 4), axis=1)
    np.testing.assert_allclose(np.nan_to_num(coarse.value), per_hour, atol=1e-9)


def test_a_local_day_at_the_end_of_summer_time_has_25_hours():
    from campus import calendar

    day = next(
        iter(
            calendar.days(
                datetime(2023, 10, 28, 23, tzinfo=UTC), datetime(2023, 10, 29, tzinfo=UTC), ZoneInfo("Europe/London")
            )
        )
    )
    assert day[1] - day[0] == timedelta(hours=25)


def test_a_sum_with_a_silent_meter_says_so_in_its_coverage():
    known = series.Use(np.array([2.0, np.nan]), np.array([1.0, 0.0]), np.array([0.5, 0.0]), np.array([0.25, 0.0]))
    silent = series.nothing(2)
    total = series.add([known, silent])
    assert total.value[0] == 2.0 and np.isnan(total.value[1])
    assert total.coverage.tolist() == [0.5, 0.0]
    assert (total.estimated[0], total.corrected[0]) == (0.5, 0.25)
