"""What the devices count: registers with a start, a resolution and a width, that start anew or are replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np

from campus.calendar import local_date, midnight
from campus.schema import to_ms
from sim import miscounts
from sim.building import Key, use
from sim.fault import MISCOUNTS, OF_METERS, Fault, Kind
from sim.faults import draw_faults, extra
from sim.moments import STEP_MS
from sim.noise import Floats, Ints, between, shuffled
from sim.site import SimMeter, Site, draw, serial, zone

HISTORY = timedelta(weeks=6)
AHEAD = timedelta(days=7)  # how far beyond the history the truth is laid out at once
# Where registers begin, as a share of what they can show: clear of both ends.
START_SHARE = (0.05, 0.6)
WIDE = 6  # digits assumed for the start of a register that never starts anew
# One of these is near its end and starts anew within the history.
ROLLING = ("e-teaching", "e-dormitory", "e-canteen", "e-laboratory", "w-main", "w-dormitory", "w-canteen")


@dataclass(frozen=True, slots=True)
class Device:
    """A device from `since_ms` on: its number, and what it showed then, by quantity [register unit]."""

    since_ms: int
    serial: str
    shown: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Track:
    """A school laid out in time: history [begin, end), known until `until`, all of the true use in between.

    `total` holds for every register the use [kept unit] since `begin_ms` at each quarter hour, (n + 1,).
    """

    site: Site
    faults: tuple[Fault, ...]
    begin_ms: int
    end_ms: int
    until_ms: int
    total: Mapping[Key, Floats]
    devices: Mapping[str, tuple[Device, ...]]


def lay(
    seed: int, now: datetime, history: timedelta = HISTORY, edit: Callable[[dict[str, Any]], dict[str, Any]] = dict
) -> Track:
    """Return the school of a seed with a history that ends at `now`, and what it will use for a while after.

    The history begins at the local midnight of the day `history` ago. `edit` changes the school's rows before it is
    drawn. Raises `HistoryTooShort`.
    """
    first_day, last_day = local_date(now - history, zone()), local_date(now, zone())
    window_ms = to_ms(midnight(first_day, zone())), to_ms(now) // STEP_MS * STEP_MS
    site = draw(seed, first_day, last_day, edit)
    return _laid(site, draw_faults(site, window_ms), window_ms, to_ms(now + AHEAD))


def with_fault(track: Track, fault: Fault) -> Track:
    """Return the same school with one fault of a meter more."""
    return _laid(track.site, (*track.faults, fault), (track.begin_ms, track.end_ms), track.until_ms)


def extended(track: Track, now: datetime) -> Track:
    """Return the same school, laid out from the same beginning to a while after `now`."""
    return _laid(track.site, track.faults, (track.begin_ms, track.end_ms), to_ms(now + AHEAD))


def _laid(site: Site, faults: tuple[Fault, ...], history_ms: tuple[int, int], until_ms: int) -> Track:
    begin_ms, end_ms = history_ms
    until_ms = until_ms // STEP_MS * STEP_MS
    used = use(site, (begin_ms, until_ms), extra(site, faults))
    total = {key: np.concatenate([[0.0], np.cumsum(amount)]) for key, amount in used.items()}
    in_history = (end_ms - begin_ms) // STEP_MS
    rolling = _rolling(site.seed, faults)
    devices = {}
    for meter in site.meters.values():
        expected = float(total[meter.key, meter.quantities[0]][in_history]) if meter.key == rolling else None
        first = Device(begin_ms, meter.serial, _starts(site.seed, meter, expected))
        devices[meter.key] = (first, *_later(site.seed, meter, faults))
    return Track(site, faults, begin_ms, end_ms, until_ms, total, devices)


def _rolling(seed: int, faults: tuple[Fault, ...]) -> str:
    """Return the meter that starts anew by its width; never one with a fault, whose truth would become a riddle."""
    faulty = {fault.meter for fault in faults}
    return next(key for key in shuffled(seed, "rolling", ROLLING) if key not in faulty)


def _starts(seed: int, meter: SimMeter, expected: float | None) -> dict[str, float]:
    """Return what a meter's first device shows at the beginning; `expected` use has it start anew on the way."""
    whole = 10.0 ** (WIDE if meter.width is None else meter.width)
    if expected is not None:
        share = between(seed, "rolling/share", 0.3, 0.8)
        return {meter.quantities[0]: whole - share * expected / _kept(meter)}
    return {
        quantity: round(whole * between(seed, f"start/{meter.key}/{quantity}", *START_SHARE), 2)
        for quantity in meter.quantities
    }


def _later(seed: int, meter: SimMeter, faults: tuple[Fault, ...]) -> list[Device]:
    """Return the devices after the first: the same one from nought, or another with its count from the test bench."""
    later = []
    for fault in faults:
        if fault.meter == meter.key and fault.kind is Kind.RESET:
            later.append(Device(fault.start_ms, meter.serial, dict.fromkeys(meter.quantities, 0.0)))
        if fault.meter == meter.key and fault.kind is Kind.REPLACEMENT:
            shown = round(between(seed, f"bench/{meter.key}", 1.0, 20.0), 2)
            later.append(Device(fault.start_ms, serial(seed, meter.key, 1), dict.fromkeys(meter.quantities, shown)))
    return later


def used_until(track: Track, key: Key, time_ms: Ints) -> Floats:
    """Return the true use [kept unit] of a register from the beginning to each time."""
    edges = track.begin_ms + STEP_MS * np.arange(len(track.total[key]))
    return np.interp(time_ms, edges, track.total[key])


def counted_until(track: Track, key: Key, time_ms: Ints) -> Floats:
    """Return what a register counts [kept unit] from the beginning to each time: the true use, but for its faults."""
    counted = used_until(track, key, time_ms)
    for fault in track.faults:
        if fault.kind in MISCOUNTS and miscounts.concerns(fault, key[0]):
            used = partial(_used_of, track, key[1])
            counted = counted + miscounts.change(fault, key[0], time_ms, used)
        elif fault.meter == key[0] and fault.kind in OF_METERS:
            factor = 0.0 if fault.kind is Kind.STUCK else fault.size
            until_ms = track.until_ms if fault.end_ms is None else fault.end_ms
            inside = np.clip(time_ms, fault.start_ms, until_ms)
            first = np.full(len(time_ms), fault.start_ms, np.int64)
            counted = counted + (factor - 1) * (used_until(track, key, inside) - used_until(track, key, first))
    return np.asarray(counted)


def _used_of(track: Track, quantity: str, meter: str, time_ms: Ints) -> Floats:
    return used_until(track, (meter, quantity), time_ms)


def registers(track: Track, key: Key, time_ms: Ints) -> tuple[Floats, list[str]]:
    """Return what the register shows [its unit] at each time (n,), and the number of the device that shows it."""
    meter = track.site.meters[key[0]]
    devices = track.devices[key[0]]
    index = np.searchsorted([device.since_ms for device in devices], time_ms, side="right") - 1
    since = np.array([device.since_ms for device in devices])[index]
    shown = np.array([device.shown[key[1]] for device in devices])[index]
    counted = shown + (counted_until(track, key, time_ms) - counted_until(track, key, since)) / _kept(meter)
    return _displayed(meter, counted), [devices[i].serial for i in index]


def _kept(meter: SimMeter) -> float:
    """Return the use [kept unit] that one unit of the register stands for."""
    return meter.ratio * meter.unit_in_kept


def _displayed(meter: SimMeter, counted: Floats) -> Floats:
    """Return whole steps of the resolution, starting anew at the register's width."""
    steps = np.floor(counted / meter.resolution + 1e-6)
    if meter.width is not None:
        steps = steps % round(10**meter.width / meter.resolution)
    return np.round(steps * meter.resolution, 6)
