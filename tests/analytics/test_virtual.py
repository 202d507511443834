"""What is computed from meters is known where all of them are, and no better known than the least of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.series import Use, gather
from analytics.virtual import PERMITTED_ERROR, combine, permitted_error, whole, whole_days
from campus.units import QUANTITIES

HOUR = 3_600_000
SHARES = st.sampled_from([0.0, 0.25, 1.0])


def use(value, coverage=None, estimated=None, corrected=None):
    values = np.array(value, np.float64)
    none = np.zeros(len(values))
    known = np.where(np.isnan(values), 0.0, 1.0)
    return Use(
        values,
        known if coverage is None else np.array(coverage, np.float64),
        none if estimated is None else np.array(estimated, np.float64),
        none.copy() if corrected is None else np.array(corrected, np.float64),
    )


@st.composite
def uses(draw, length=4):
    rows = draw(st.lists(st.tuples(st.none() | st.integers(0, 50), SHARES, SHARES), min_size=length, max_size=length))
    return use(
        [np.nan if value is None else value / 4 for value, _, _ in rows],
        [0.0 if value is None else coverage for value, coverage, _ in rows],
        [0.0 if value is None else estimated for value, _, estimated in rows],
    )


PARTS = st.lists(st.tuples(st.sampled_from([1.0, -1.0, 0.5, -2.0]), uses()), min_size=1, max_size=4)


@given(PARTS)
def test_a_sum_is_unknown_as_soon_as_one_part_is_and_no_better_covered_than_the_least(parts):
    result = combine(parts)
    for window in range(4):
        values = [factor * part.value[window] for factor, part in parts]
        if np.isnan(values).any():
            assert np.isnan(result.value[window]) and result.coverage[window] == 0
        else:
            assert result.value[window] == pytest.approx(sum(values))
            assert result.coverage[window] == min(part.coverage[window] for _, part in parts)
            assert 0 <= result.estimated[window] <= 1


@given(PARTS)
def test_a_difference_is_at_least_as_estimated_as_the_same_amounts_added(parts):
    added = combine([(abs(factor), part) for factor, part in parts])
    result = combine(parts)
    known = ~np.isnan(result.value)
    assert (result.estimated[known] >= added.estimated[known] - 1e-12).all()


@given(PARTS)
def test_what_is_worked_out_by_slices_is_the_same_to_the_last_bit(parts):
    result = combine(parts)
    for window in range(4):
        at = slice(window, window + 1)
        alone = combine([(f, Use(*(column[at] for column in part.columns()))) for f, part in parts])
        for one, all_ in zip(alone.columns(), result.columns(), strict=True):
            assert one.tobytes() == all_[at].tobytes()


def test_silence_is_not_zero():
    own = combine([(1.0, use([np.nan, 0.0])), (-1.0, use([0.0, 0.0]))])
    assert np.isnan(own.value[0]) and own.value[1] == 0


def test_a_difference_below_zero_stays_below_zero():
    assert combine([(1.0, use([10.0])), (-1.0, use([12.0]))]).value.tolist() == [-2.0]


def test_what_only_the_last_bits_differ_in_is_zero():
    parts = [(1.0, use([0.3])), (-1.0, use([0.1])), (-1.0, use([0.2]))]
    assert combine(parts).value.tolist() == [0.0]


def test_an_estimate_falls_wholly_on_a_small_difference():
    parts = [(1.0, use([100.0])), (-1.0, use([90.0], estimated=[0.05]))]
    assert combine(parts).estimated.tolist() == [0.45]
    doubtful = [(1.0, use([100.0])), (-1.0, use([99.0], estimated=[0.5]))]
    assert combine(doubtful).estimated.tolist() == [1.0]


def test_a_correction_is_carried_as_an_estimate_is():
    parts = [(1.0, use([8.0], corrected=[0.5])), (-1.0, use([0.0]))]
    assert combine(parts).corrected.tolist() == [0.5] and combine(parts).estimated.tolist() == [0.0]


def test_where_nothing_was_used_the_share_of_time_stands_in():
    assert combine([(1.0, use([0.0], estimated=[1.0])), (-1.0, use([0.0]))]).estimated.tolist() == [0.5]


def test_an_hour_known_in_part_is_no_part_of_a_difference():
    partly = use([1.0, 1.0, 1.0], coverage=[0.5, 0.5, 1.0], estimated=[0.0, 0.3, 0.0])
    assert np.isnan(whole(partly).value).tolist() == [True, False, False]


def test_a_day_is_whole_where_each_of_its_hours_is():
    hours = np.arange(0, 49) * HOUR
    days = np.array([0, 24, 48]) * HOUR
    values = np.ones(48)
    values[30] = np.nan
    found = whole_days(use(values), hours, days)
    assert found.value[0] == 24 and np.isnan(found.value[1])


def test_the_estimated_share_of_days_with_hours_below_zero_is_of_their_amounts():
    hours, day = np.arange(0, 3) * HOUR, np.array([0, 2]) * HOUR
    found = gather(use([-3.0, 1.0], estimated=[0.0, 1.0]), hours, day)
    assert (found.value.tolist(), found.estimated.tolist()) == ([-2.0], [0.25])


def test_every_medium_that_is_counted_has_a_permitted_error():
    assert set(PERMITTED_ERROR) == {quantity.medium for quantity in QUANTITIES.values() if not quantity.gauge}
    assert permitted_error([(100.0, "electricity"), (-40.0, "electricity")]) == pytest.approx(1.4)


def test_a_sum_of_nothing_is_no_number():
    with pytest.raises(ValueError, match="nothing"):
        combine([])
