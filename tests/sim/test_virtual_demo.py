"""The demonstration's school computes what a school with a roof and sub-meters would."""

from __future__ import annotations

from campus.virtual import inputs
from tests.sim.schools import NOW
from tests.sim.test_toml import registry


def test_the_school_knows_what_it_uses_of_its_roof_and_what_no_sub_meter_counts() -> None:
    school = registry(1)
    assert list(school.virtuals) == ["pv-self-use", "e-other"]
    own = {(of.factor, of.key, of.quantity) for of in inputs(school, school.virtuals["pv-self-use"], NOW)}
    assert own == {(1.0, "pv-teaching", "generation"), (-1.0, "e-main", "electricity_export")}
    other = {of.key: of.factor for of in inputs(school, school.virtuals["e-other"], NOW)}
    assert other.pop("e-main") == other.pop("pv-self-use") == 1.0
    assert set(other.values()) == {-1.0}
    assert set(other) == {key for key, meter in school.meters.items() if meter.parent == "e-main"}
