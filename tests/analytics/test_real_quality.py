"""What stands in the files of real meters is found, with its factor; skipped where the shared data is absent."""

from __future__ import annotations

from datetime import date

import pytest

from benchmarks.quality import BREAK, CATCH_UP, MIX, SHARED, SHARED_LABELS, Found, counted, found_at
from benchmarks.support.quality_data import attica, cambridge, greenwich

needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data of real meters is not here")


def of(series, *names: str) -> list[Found]:
    return [found for one in series if one.name in names for found in found_at(one)]


@needs_data
def test_the_unit_break_of_a_gas_meter_is_found_and_nothing_at_its_electricity(tmp_path) -> None:
    (tmp_path / "b118").symlink_to((SHARED / "cambridge" / "b118").resolve())
    found = of(cambridge(tmp_path), "cambridge/b118/gas", "cambridge/b118/electricity")
    assert [(one.kind, one.meter) for one in found] == [(BREAK, "cambridge/b118/gas")]
    assert 20 < 1 / found[0].factor < 45 and found[0].day.isoformat()[:7] == "2018-01"


@needs_data
def test_the_mix_of_the_library_is_found_and_nothing_at_its_neighbours() -> None:
    names = ("Library", "Seacole")
    (found,) = of(greenwich(SHARED / "greenwich"), *(f"greenwich/{name}" for name in names))
    assert (found.kind, found.meter, found.factor) == (MIX, "greenwich/Library", 1e6)
    assert "13 Oct 2023" in found.said


@needs_data
def test_what_was_booked_late_is_found_at_every_school_and_nothing_else() -> None:
    series = list(attica(SHARED / "attica"))
    labels = [label for label in SHARED_LABELS if label[0].startswith("attica/")]
    counts = counted([found for one in series for found in found_at(one)], labels)
    assert counts["catch_up_found"] == counts["catch_up_true"] == len(labels) and len(series) > 20
    assert counts["false_quality_findings"] == 0


def test_labels_count_what_is_found_and_what_is_of_nothing() -> None:
    day = date(2020, 3, 6)
    found = [Found("a", CATCH_UP, day, 9.0), Found("a", BREAK, day, 9.0), Found("b", CATCH_UP, day, 9.0)]
    counts = counted(found, [("a", CATCH_UP, "2020-03-01"), ("c", MIX, "2020-03-01")])
    assert (counts["catch_up_found"], counts["unit_mix_found"], counts["unit_mix_true"]) == (1, 0, 1)
    assert counts["false_quality_findings"] == 2
