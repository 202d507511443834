"""Sums of fine windows to coarse ones: several meters at once come to what each comes to alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.series import Use, gather, nothing, rows_of, stacked

DAY = 86_400_000
shares = st.sampled_from([0.0, 0.25, 1.0])
windows = st.tuples(st.sampled_from([np.nan, 0.0, -2.5, 1.0, 0.1, 1 / 3]), shares, shares, shares)
meters = st.integers(1, 12).flatmap(
    lambda days: st.lists(st.lists(windows, min_size=days, max_size=days), min_size=1, max_size=4)
)


@given(meters, st.sets(st.integers(-2, 14), min_size=2, max_size=5))
def test_law_several_at_once_are_as_each_alone(meters: list[list[tuple[float, ...]]], cuts: set[int]) -> None:
    uses = [Use(*np.array(meter, float).T) for meter in meters]
    days, coarse = np.arange(len(meters[0]) + 1) * DAY, np.array(sorted(cuts)) * DAY
    for together, meter in zip(rows_of(gather(stacked(uses), days, coarse)), uses, strict=True):
        alone = gather(meter, days, coarse)
        for one, other in zip(together.columns(), alone.columns(), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("coarse", [[0, 1], [5, 6, 7]])
def test_where_no_fine_window_lies_nothing_is_known(coarse: list[int]) -> None:
    found = gather(nothing(1), np.array([3, 4]) * DAY, np.array(coarse) * DAY)
    assert np.isnan(found.value).all()
    assert not found.coverage.any()
