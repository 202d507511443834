"""The published saving of nmecr's example and its school with operating modes; skipped where the data is absent."""

from pathlib import Path

import pytest

from benchmarks.savings import nmecr, school_with_modes

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "nmecr"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data of a published saving is not here")


@needs_data
def test_the_published_saving_is_found() -> None:
    found = nmecr(DATA)
    assert found.saved.value == pytest.approx(408_141.6, rel=1e-4)
    assert found.expected == pytest.approx(5_509_903, rel=1e-5) and found.used == pytest.approx(5_101_761.6)
    assert found.told_from_zero


@needs_data
def test_operating_modes_tell_what_the_school_uses() -> None:
    plain, modes = school_with_modes(DATA)
    assert modes.fit.cv_rmse <= 0.178 < 0.30 < plain.fit.cv_rmse
    assert modes.fit.left_out < plain.fit.left_out
