"""Faults of the meter itself at simulated schools: each is found, with its factor, and nothing is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest

from analytics.nearest import nearest
from campus.results import Finding
from campus.schema import from_ms, meter_subject
from sim.fault import OF_METERS, Kind
from sim.faults import HistoryTooShort, of_meter
from sim.registers import Track, counted_until, lay, used_until, with_fault
from sim.score import score
from sim.truth import RULES, findings
from tests.sim import judged
from tests.sim.schools import laid

# A date on which it has been cold for long: what heats in November has no usual yet.
COLD = datetime(2026, 1, 18, 2, 31, tzinfo=UTC)
CASES = [
    (5, Kind.RATIO, "e-teaching"),
    (5, Kind.RATIO, "w-dormitory"),
    (10, Kind.RATIO, "e-main"),
    (1, Kind.RATIO, "w-main"),
    (5, Kind.UNIT, "e-laboratory"),
    (1, Kind.UNIT, "g-canteen"),
    (5, Kind.STUCK, "e-dormitory"),
    (10, Kind.STUCK, "w-canteen"),
    (15, Kind.STUCK, "w-dormitory"),
]


@cache
def cold(seed: int) -> Track:
    return lay(seed, COLD)


def window(track: Track) -> tuple[int, int]:
    return track.begin_ms, track.end_ms


def found(track: Track) -> list[Finding]:
    """Return what is said: each cause once."""
    return nearest(judged.findings(track), judged.registry_of(track))


@pytest.mark.parametrize(("seed", "kind", "meter"), CASES)
def test_it_is_found_with_its_factor_and_explains_what_it_seems_to_waste(seed: int, kind: Kind, meter: str) -> None:
    track = laid(seed)
    fault = of_meter(track.site, window(track), kind, meter)
    faulty = with_fault(track, fault)
    said = found(faulty)
    one = next(f for f in said if f.rule == RULES[kind] and f.subject == meter_subject(meter))
    assert one.facts.get("factor", 0.0) == pytest.approx(fault.size)
    assert (one.end is None) is (kind is not Kind.STUCK) and one.per_day is None and one.yuan_per_day is None
    judged_now = score(faulty, said)
    assert fault not in judged_now.missed and judged_now.false == ()


@pytest.mark.parametrize(("kind", "meter"), [(Kind.UNIT, "h-teaching"), (Kind.STUCK, "h-dormitory")])
def test_heat_is_judged_once_it_is_cold(kind: Kind, meter: str) -> None:
    faulty = with_fault(cold(5), of_meter(cold(5).site, window(cold(5)), kind, meter))
    assert [f.rule for f in found(faulty) if f.subject == meter_subject(meter)] == [RULES[kind]]


@pytest.mark.parametrize("seed", [5, 10, 15, 20])
def test_healthy_schools_are_silent_in_the_cold_too(seed: int) -> None:
    assert judged.findings(cold(seed)) == []


@pytest.mark.parametrize("kind", OF_METERS)
def test_a_fault_of_a_meter_changes_what_it_counts_and_nothing_that_is_used(kind: Kind) -> None:
    track = laid(5)
    fault = of_meter(track.site, window(track), kind, "e-teaching")
    faulty, key = with_fault(track, fault), ("e-teaching", "electricity")
    times = np.array([fault.start_ms, fault.start_ms + 86_400_000], np.int64)
    used = np.diff(used_until(track, key, times))[0]
    assert used == np.diff(used_until(faulty, key, times))[0] > 0
    counted = np.diff(counted_until(faulty, key, times))[0]
    assert counted == pytest.approx(0.0 if kind is Kind.STUCK else fault.size * used)


def test_the_true_finding_of_a_fault_of_a_meter_has_no_amount() -> None:
    track = laid(5)
    fault = of_meter(track.site, window(track), Kind.RATIO, "e-teaching")
    (one,) = findings(with_fault(track, fault), from_ms(track.end_ms))
    assert (one.rule, one.size, one.to_date, one.facts) == ("ratio_step", None, None, {"factor": 10.0})


def test_a_history_without_a_week_after_it_is_refused() -> None:
    track = laid(5)
    with pytest.raises(HistoryTooShort):
        of_meter(track.site, (track.begin_ms, track.begin_ms + 23 * 86_400_000), Kind.RATIO, "e-teaching")
