"""What a rule sees around a meter: on its own grid, its kin apart from its like, and where its register broke."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from analytics.around import CHILDREN, LIKE, LIKES, PARENT, around, on_grid, related, unexplained
from analytics.hours import Hours
from analytics.kin import kin
from campus.registry import Building, Meter, Registry
from tests.analytics.made import HOUR, SCHOOL, START, context, grid, hours

PLAIN = context("water").meter


def _meter(key: str, parent: str = "", building: str = "b1") -> Meter:
    return replace(PLAIN, key=key, parent=parent, building=building)


def _registry(*meters: Meter) -> Registry:
    buildings = {key: Building(key, key, key, kind) for key, kind in (("b1", "a"), ("b2", "a"), ("b3", "z"))}
    return Registry(SCHOOL, buildings, {}, {meter.key: meter for meter in meters})


def test_parent_children_and_like_meters_are_told_apart() -> None:
    own = _meter("own", parent="main")
    school = _registry(
        own,
        _meter("main"),
        _meter("below", parent="own"),
        _meter("deeper", parent="below"),
        _meter("near", parent="main"),
        _meter("a-far", building="b2"),
        _meter("other-class", building="b3"),
        replace(_meter("daily"), interval=timedelta(days=1)),
    )
    assert related(kin(school, START), own, "water") == {
        PARENT: ["main"],
        CHILDREN: ["below"],
        LIKE: ["near", "a-far"],
    }


def test_no_more_like_meters_than_enough() -> None:
    own = _meter("own")
    school = _registry(own, *(_meter(f"m{n:02}") for n in range(3 * LIKES)))
    assert len(related(kin(school, START), own, "water")[LIKE]) == LIKES


def test_only_what_is_needed_is_read_and_a_silent_meter_is_not_there() -> None:
    own = hours(grid(2), np.ones(48))
    nothing = Hours(np.empty(0, np.int64), *np.empty((3, 0)))
    read: list[str] = []

    def ask(_relation: str, key: str) -> Hours:
        read.append(key)
        return nothing if key == "silent" else own

    keys = {PARENT: ["main"], CHILDREN: ["c"], LIKE: ["near", "silent"]}
    seen = around(keys, frozenset({LIKE}), own, ask)
    assert (list(seen.parent), list(seen.children), list(seen.like)) == ([], [], ["near"])
    assert read == ["near", "silent"]


def test_hours_on_another_grid_are_unknown_where_they_are_none() -> None:
    late = hours(grid(2, START + 24 * HOUR), np.arange(48.0))
    laid = on_grid(late, grid(2))
    assert np.isnan(laid.value[:24]).all() and not laid.coverage[:24].any()
    assert laid.value[24:].tolist() == list(range(24)) and laid.coverage[24:].all()


def test_what_a_silence_took_is_explained_and_a_hole_in_the_data_is_not() -> None:
    whole = hours(grid(1), np.ones(24))
    coverage, estimated = whole.coverage.copy(), whole.estimated.copy()
    coverage[3:5], estimated[3:5] = 0.0, 1.0
    coverage[10:12] = 0.5
    found = unexplained(replace(whole, coverage=coverage, estimated=estimated))
    assert found == [(int(whole.start_ms[10]), int(whole.start_ms[12]))]
