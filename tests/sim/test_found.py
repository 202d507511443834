"""What the rules make of the simulated schools: every fault found, nothing else, and the energy kept."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from functools import cache

import numpy as np
import pytest

from campus.results import Finding
from campus.schema import from_ms
from sim.faults import healthy
from sim.registers import Track, lay
from sim.score import score
from sim.truth import energy
from tests.sim.judged import findings, hours, registry_of
from tests.sim.schools import NOW, SEEDS, laid

# Six weeks that end in each season; one date suffices for a quick look.
DATES = [NOW - timedelta(weeks=13 * n) for n in range(4 if os.environ.get("CAMPUS_TEST_SIZE") == "full" else 1)]
ENERGY_TOLERANCE = 0.005
# In six weeks of twenty schools.
FALSE_AT_MOST = 0
# Readings come every quarter hour or hour, and a meter uses at most so many times its mean in between.
PEAK = 20


@cache
def judged(seed: int, now: datetime) -> tuple[Track, list[Finding]]:
    """Return a school and what the rules find at it."""
    track = laid(seed) if now == NOW else lay(seed, now)
    return track, findings(track)


@pytest.mark.parametrize("now", DATES, ids=[f"{now:%F}" for now in DATES])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_fault_is_found_and_nothing_at_a_healthy_school(seed: int, now: datetime) -> None:
    track, found = judged(seed, now)
    assert score(track, found).missed == ()
    assert bool(found) is not healthy(seed)


@pytest.mark.parametrize("now", DATES, ids=[f"{now:%F}" for now in DATES])
def test_findings_of_nothing_are_rare_where_something_is_wrong_too(now: datetime) -> None:
    false = [finding for seed in SEEDS for finding in score(*judged(seed, now)).false]
    assert len(false) <= FALSE_AT_MOST, false


@pytest.mark.parametrize("seed", SEEDS)
def test_the_energy_of_every_meter_is_right_whatever_its_line_and_device_did(seed: int) -> None:
    track = laid(seed)
    for meter in registry_of(track).meters.values():
        for register in meter.registers:
            quantity = register.quantity.key
            closed = hours(track, meter, quantity)
            until = from_ms(int(closed.start_ms[-1])) + timedelta(hours=1)
            true = energy(track, from_ms(track.begin_ms), until)[meter.key, quantity]
            # What was used around a swap, between the last reading before it and the first after it, stays unknown.
            lost = true * meter.interval / (until - from_ms(track.begin_ms)) * PEAK
            step = track.site.meters[meter.key].resolution * meter.ratio
            assert np.nansum(closed.value) == pytest.approx(true, rel=ENERGY_TOLERANCE, abs=lost + 2 * step)
