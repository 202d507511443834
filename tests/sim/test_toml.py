"""The registry the simulator writes is one a school could have written."""

from __future__ import annotations

import tomllib

import pytest

from app.registry_toml import load_registry
from campus.registry import Registry
from campus.schema import SCHOOL_SUBJECT, from_ms, to_ms
from ingest.payload import formats
from sim.toml import school_toml
from tests.sim.schools import NOW, SEEDS, laid


def registry(seed: int) -> Registry:
    loaded, issues = load_registry(school_toml(laid(seed)), "demo.toml", formats())
    assert issues == [] and loaded is not None
    return loaded


@pytest.mark.parametrize("seed", SEEDS)
def test_every_seed_writes_a_registry_without_a_problem(seed: int) -> None:
    school = registry(seed)
    assert set(school.meters) == set(laid(seed).site.meters)
    assert school.school == laid(seed).site.school


def test_the_school_sums_are_its_main_meters() -> None:
    school = registry(1)
    leaves = {
        q: [m.key for m in school.leaves(SCHOOL_SUBJECT, q, NOW)] for q in ("electricity", "water", "gas", "heat")
    }
    assert leaves == {
        "electricity": ["e-main"],
        "water": ["w-main"],
        "gas": ["g-canteen", "g-boiler"],
        "heat": ["h-boiler"],
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_a_replacement_stands_in_the_registry_only_where_somebody_wrote_it_down(seed: int) -> None:
    written = {
        key: [to_ms(r.time) for r in m.replacements] for key, m in registry(seed).meters.items() if m.replacements
    }
    known = {f.meter: [f.start_ms] for f in laid(seed).faults if f.registered}
    assert written == known


def test_prices_are_assumed_and_heat_has_none() -> None:
    school = registry(1)
    for meter in school.meters.values():
        price = school.price(meter, from_ms(laid(1).end_ms))
        if meter.registers[0].quantity.key in ("heat", "generation"):
            assert price is None
        else:
            assert price is not None and price.assumed


def test_nothing_of_the_truth_is_written_into_the_registry() -> None:
    rows = tomllib.loads(school_toml(laid(1)))
    told = {
        "school",
        "weather",
        "term",
        "heating",
        "contact",
        "people",
        "water_plan",
        "building",
        "account",
        "meter",
        "virtual",
    }
    assert set(rows) == told
    assert not any("resolution" in row for row in rows["meter"])
