"""Which meters a place's use is the sum of."""

from dataclasses import replace
from datetime import UTC, datetime

from campus.registry import Building, Registry
from tests.analytics.made import SCHOOL, context

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_heat_a_boiler_room_sends_out_is_the_schools_and_no_use_of_its_own() -> None:
    plain = context("heat").meter
    station = replace(plain, key="out", building="boiler")
    block = replace(plain, key="block", building="b", parent="out")
    kinds = {"boiler": "boiler_room", "b": "teaching"}
    buildings = {key: Building(key, key, key, kind) for key, kind in kinds.items()}
    registry = Registry(SCHOOL, buildings, {}, {"out": station, "block": block})
    assert [m.key for m in registry.leaves("school", "heat", NOW)] == ["out"]
    assert [m.key for m in registry.leaves("building/b", "heat", NOW)] == ["block"]
    assert registry.leaves("building/boiler", "heat", NOW) == []
