"""Faults on request: each does what it says, from its onset on, and nothing before or elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from sim import plant
from sim.effects import EFFECTS
from sim.fault import MISCOUNTS, Fault, Kind
from sim.registers import Track, counted_until, lay, used_until, with_fault
from sim.scenes import SCENES, Scene, play
from sim.truth import RULES
from sim.weather import DAY_MS

SHORT = timedelta(weeks=12)
BY_KIND = {scene.kind: scene for scene in SCENES}
# The demand of a contract needs an account that is billed by it, which no simulated school has.
WITHOUT_SCENE = {Kind.DEMAND}


@cache
def calm(kind: Kind) -> Track:
    """Return the first healthy school of a scene, with nothing wrong."""
    scene = BY_KIND[kind]
    return replace(lay(5, scene.now, SHORT, scene.edit), faults=())


def faulty(scene: Scene, meter: str, size: float) -> tuple[Track, Fault]:
    """Return the school with the scene's fault over its last four weeks."""
    track = calm(scene.kind)
    start_ms = track.end_ms - 28 * DAY_MS
    end_ms = None if scene.hours is None else start_ms + int(scene.hours * 3_600_000)
    fault = Fault(scene.kind, meter, start_ms, end_ms, size=size, other=scene.other)
    return with_fault(track, fault), fault


def changed(track: Track, other: Track, since_ms: int, until_ms: int) -> dict[str, float]:
    """Return by how much the true use of each meter differs in a window."""
    window = np.array([since_ms, until_ms], np.int64)
    moved = {key: np.diff(used_until(other, key, window) - used_until(track, key, window))[0] for key in track.total}
    return {meter: float(amount) for (meter, _), amount in moved.items() if abs(amount) > 1e-6}


@pytest.mark.parametrize("kind", sorted(EFFECTS.keys() - WITHOUT_SCENE))
def test_a_fault_changes_its_meter_from_its_onset_on_and_nothing_before(kind: Kind) -> None:
    scene = BY_KIND[kind]
    meter, size = scene.meters[0], scene.size[1]
    other, fault = faulty(scene, meter, size)
    track = calm(kind)
    assert changed(track, other, track.begin_ms, fault.start_ms) == {}
    moved = changed(track, other, fault.start_ms, track.end_ms)
    assert meter in moved
    assert (moved[meter] < 0) is (kind in (Kind.DIP, Kind.PV_LOW))


@pytest.mark.parametrize("kind", sorted(EFFECTS.keys() - WITHOUT_SCENE - {Kind.DIP, Kind.HEAT_OFF_SEASON}))
def test_a_bigger_fault_changes_more(kind: Kind) -> None:
    scene = BY_KIND[kind]
    small, large = (abs(_moved(scene, scene.size[1] * share)) for share in (0.5, 1.0))
    assert 0 < small < large


def _moved(scene: Scene, size: float) -> float:
    other, fault = faulty(scene, scene.meters[0], size)
    return changed(calm(scene.kind), other, fault.start_ms, other.end_ms)[scene.meters[0]]


def test_heat_lost_on_the_way_is_burnt_too() -> None:
    other, fault = faulty(BY_KIND[Kind.NETWORK_LOSS], "h-boiler", 0.1)
    moved = changed(calm(Kind.NETWORK_LOSS), other, fault.start_ms, other.end_ms)
    assert set(moved) == {"h-boiler", "g-boiler"}


def test_meters_that_traded_places_count_each_other() -> None:
    other, fault = faulty(BY_KIND[Kind.SWAPPED], "e-teaching", 1.0)
    window = np.array([fault.start_ms, other.end_ms], np.int64)
    keys = ("e-teaching", "electricity"), ("e-canteen", "electricity")
    counted = [np.diff(counted_until(other, key, window))[0] for key in keys]
    used = [np.diff(used_until(other, key, window))[0] for key in keys]
    assert counted == pytest.approx(used[::-1])


def test_a_clock_that_runs_ahead_shows_what_was_counted_earlier() -> None:
    other, fault = faulty(BY_KIND[Kind.CLOCK], "e-teaching", 8.0)
    later = np.array([fault.start_ms + 10 * DAY_MS], np.int64)
    key = "e-teaching", "electricity"
    assert counted_until(other, key, later) == pytest.approx(used_until(other, key, later - 8 * 3_600_000))


def test_a_drift_grows_with_time() -> None:
    other, fault = faulty(BY_KIND[Kind.DRIFT], "e-teaching", -0.1)
    key, weeks = ("e-teaching", "electricity"), fault.start_ms + 7 * DAY_MS * np.arange(5)
    lacks = np.diff(used_until(other, key, weeks) - counted_until(other, key, weeks))
    share = lacks / np.diff(used_until(other, key, weeks))
    assert (np.diff(share) > 0).all() and 0 < share[0] < share[-1] < 0.1


def test_a_plant_is_there_only_where_it_is_asked_for() -> None:
    assert not plant.has_one(calm(Kind.PV_LOW).site)
    with_plant = calm(Kind.CHILLER)
    assert plant.has_one(with_plant.site)
    assert with_plant.total[plant.COLD, "cold"][-1] > 0


def test_every_kind_that_can_be_found_has_a_scene_and_a_rule() -> None:
    drawn = {Kind.RESET, Kind.REPLACEMENT}
    assert {scene.kind for scene in SCENES} == set(RULES) - drawn - WITHOUT_SCENE
    assert {*MISCOUNTS, *EFFECTS} - WITHOUT_SCENE <= {scene.kind for scene in SCENES}


def test_a_scene_is_the_same_each_time_and_another_at_another_school() -> None:
    (scene,) = (one for one in SCENES if one.kind is Kind.BASE_LOAD)
    first, again, other = play(scene, 0)[1], play(scene, 0)[1], play(scene, 1)[1]
    assert first == again != other
