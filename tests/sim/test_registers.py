"""Registers count the truth, start anew where they must, and go on seamlessly after the history."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from campus.schema import from_ms
from sim.building import Key
from sim.fault import Kind
from sim.noise import Floats
from sim.registers import Track, extended, registers
from sim.truth import energy
from tests.sim.schools import NOW, SEEDS, laid

STEP_MS = 900_000


def shown(track: Track, key: Key) -> tuple[Floats, list[str]]:
    return registers(track, key, np.arange(track.begin_ms, track.end_ms + 1, STEP_MS))


def counted(track: Track, key: Key) -> tuple[float, int]:
    """Return last minus first over the monotone stretches [kept unit], and how many there are.

    A fall from a register's last tenth is a rollover; at every other fall the step between is left out.
    """
    meter, (values, _) = track.site.meters[key[0]], shown(track, key)
    rises = np.diff(values)
    falls = rises < 0
    if meter.width is not None:
        rolled = falls & (values[:-1] > 0.9 * 10**meter.width)
        rises = np.where(rolled, rises + 10**meter.width, rises)
    known = rises >= 0
    return float(rises[known].sum()) * meter.ratio * meter.unit_in_kept, 1 + int(falls.sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_true_energy_is_last_minus_first_over_the_monotone_stretches(seed: int) -> None:
    track = laid(seed)
    truth = energy(track, from_ms(track.begin_ms), from_ms(track.end_ms))
    swapped = {f.meter for f in track.faults if f.kind in (Kind.RESET, Kind.REPLACEMENT)}
    for key, used in truth.items():
        meter = track.site.meters[key[0]]
        step = meter.resolution * meter.ratio * meter.unit_in_kept
        lost = 0.005 * used if meter.key in swapped else 0.0
        assert counted(track, key)[0] == pytest.approx(used, abs=2 * step + lost), key


@pytest.mark.parametrize("seed", SEEDS)
def test_one_meter_starts_anew_by_its_width_within_the_history(seed: int) -> None:
    track = laid(seed)
    rolled = []
    for meter in track.site.meters.values():
        values, _ = shown(track, (meter.key, meter.quantities[0]))
        where = np.flatnonzero(np.diff(values) < 0)
        if meter.width and len(where) and values[where[0]] > 0.9 * 10**meter.width:
            rolled.append(meter.key)
            assert values[where[0] + 1] < 0.1 * 10**meter.width
    assert len(rolled) == 1
    assert rolled[0] not in {fault.meter for fault in track.faults}


@pytest.mark.parametrize("seed", SEEDS)
def test_registers_show_whole_steps_within_their_width(seed: int) -> None:
    track = laid(seed)
    for meter in track.site.meters.values():
        for quantity in meter.quantities:
            values, _ = shown(track, (meter.key, quantity))
            np.testing.assert_allclose(values, np.round(values / meter.resolution) * meter.resolution, atol=1e-6)
            assert values.min() >= 0 and (meter.width is None or values.max() < 10**meter.width)


def test_a_reset_keeps_the_serial_and_a_replacement_changes_it() -> None:
    for seed in SEEDS:
        track = laid(seed)
        for fault in track.faults:
            if fault.kind in (Kind.RESET, Kind.REPLACEMENT):
                key = (fault.meter, track.site.meters[fault.meter].quantities[0])
                values, serials = registers(track, key, np.array([fault.start_ms - 1, fault.start_ms]))
                assert values[1] < values[0]
                assert (serials[0] == serials[1]) is (fault.kind is Kind.RESET)


def test_the_history_goes_on_in_live_values_without_a_seam() -> None:
    track = laid(3)
    later = extended(track, NOW + timedelta(days=20))
    assert later.until_ms > track.until_ms
    times = np.arange(track.begin_ms, track.until_ms, 7 * STEP_MS)
    for key in track.total:
        assert np.array_equal(registers(track, key, times)[0], registers(later, key, times)[0])


def test_between_two_quarters_a_register_never_falls() -> None:
    track = laid(5)
    times = np.arange(track.end_ms, track.end_ms + 3_600_000, 5_000)
    for key in track.total:
        assert (np.diff(registers(track, key, times)[0]) >= 0).all()
