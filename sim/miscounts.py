"""What a register counts that grows false, trades places with another, or comes late: on request alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.fault import Fault, Kind
from sim.noise import Floats, Ints

MONTH_MS = 30 * 86_400_000
HOUR_MS = 3_600_000
# used(meter, times) gives the true use [kept unit] from the beginning to each time.
Used = Callable[[str, Ints], Floats]


def concerns(fault: Fault, meter: str) -> bool:
    """Whether a fault changes what a meter counts."""
    return meter in (fault.meter, fault.other)


def change(fault: Fault, meter: str, time_ms: Ints, used: Used) -> Floats:
    """Return what is to be added to the count of a meter at each time (n,)."""
    until_ms = int(time_ms.max(initial=fault.start_ms)) if fault.end_ms is None else fault.end_ms
    inside = np.clip(time_ms, fault.start_ms, until_ms)
    return np.asarray(_CHANGES[fault.kind](fault, meter, inside, used))


def _since(used: Used, meter: str, start_ms: int, time_ms: Ints) -> Floats:
    return np.asarray(used(meter, time_ms) - used(meter, np.array([start_ms], np.int64)))


def _swapped(fault: Fault, meter: str, time_ms: Ints, used: Used) -> Floats:
    """From the onset on each counts what the other should."""
    own, other = (meter, fault.other) if meter == fault.meter else (meter, fault.meter)
    return _since(used, other, fault.start_ms, time_ms) - _since(used, own, fault.start_ms, time_ms)


def _late(fault: Fault, meter: str, time_ms: Ints, used: Used) -> Floats:
    """From the onset on the clock runs `size` hours ahead, so that a time shows what was counted earlier."""
    earlier = np.maximum(time_ms - int(fault.size * HOUR_MS), fault.start_ms)
    return used(meter, earlier) - used(meter, time_ms)


def _drifting(fault: Fault, meter: str, time_ms: Ints, used: Used) -> Floats:
    """From the onset on the factor moves by `size` a month."""
    last = int(time_ms.max(initial=fault.start_ms))
    edges = np.arange(fault.start_ms, last + HOUR_MS, HOUR_MS, dtype=np.int64)
    amount = np.diff(used(meter, edges), prepend=used(meter, edges[:1]))
    false = np.cumsum(amount * fault.size * (edges - HOUR_MS / 2 - fault.start_ms) / MONTH_MS)
    return np.interp(time_ms, edges, false)


_CHANGES: dict[Kind, Callable[[Fault, str, Ints, Used], Floats]] = {
    Kind.SWAPPED: _swapped,
    Kind.CLOCK: _late,
    Kind.DRIFT: _drifting,
}
