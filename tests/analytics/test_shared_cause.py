"""What most buildings of a network show at once is told at the meter above them, and nowhere else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from made import SCHOOL, context

from analytics.nearest import nearest
from campus.registry import Registry
from campus.results import Finding

NOW = datetime(2026, 1, 10, tzinfo=UTC)
PLAIN = context("heat").meter
METERS = {"out": replace(PLAIN, key="out")} | {
    key: replace(PLAIN, key=key, building=key, parent="out") for key in ("a", "b", "c", "d")
}
SCHOOL_HEATED = Registry(SCHOOL, {}, {}, METERS)


def finding(key: str, rule: str = "heat_weather", days: float = 0, size: float = 0.1) -> Finding:
    start = NOW + timedelta(days=days)
    return Finding(
        rule, f"meter/{key}", "heat", start, None, NOW + timedelta(days=20), size, "GJ/h", 1, 1, 1, "GJ", None
    )


@pytest.mark.parametrize("rule", ["heat_weather", "heat_free_days", "heat_off_season"])
def test_what_half_of_the_buildings_show_comes_from_the_station(rule: str) -> None:
    station, buildings = finding("out", rule, 1, 0.4), [finding(key, rule, n) for n, key in enumerate("ab")]
    assert nearest([*buildings, station], SCHOOL_HEATED) == [station]


def test_what_one_building_shows_is_told_there() -> None:
    one, station = finding("a"), finding("out")
    assert nearest([one, station], SCHOOL_HEATED) == [one]


def test_what_began_at_other_times_is_not_one_cause() -> None:
    buildings = [finding("a"), finding("b", days=12)]
    assert nearest([*buildings, finding("out", days=6)], SCHOOL_HEATED) == buildings


def test_a_station_that_sends_out_more_than_any_building_takes_is_told_by_other_rules() -> None:
    assert nearest([finding("out")], SCHOOL_HEATED) == []
    left_on = finding("out", "heat_off_season")
    assert nearest([left_on], SCHOOL_HEATED) == [left_on]


def test_without_a_finding_above_each_building_is_told() -> None:
    buildings = [finding(key) for key in "abcd"]
    assert nearest(buildings, SCHOOL_HEATED) == buildings


def test_the_free_days_of_a_place_that_takes_more_on_all_days_are_not_told_again() -> None:
    all_days, free = finding("a"), finding("a", "heat_free_days", 2)
    assert nearest([all_days, free], SCHOOL_HEATED) == [all_days]


def test_a_leak_of_the_network_is_told_to_who_looks_after_it() -> None:
    leak, night = finding("a", "makeup_water", 0, 0.2), finding("a", "night_flow", 1, 0.2)
    assert nearest([night, leak], SCHOOL_HEATED) == [leak]
