"""What goes wrong at the simulated school: drawn by its seed, and known exactly."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np

from sim import effects
from sim.building import Extra, use
from sim.fault import TO_FIND, TO_SURVIVE, Fault, Kind
from sim.moments import STEP_MS, Moments, between_hours, moments
from sim.noise import Floats, between, shuffled
from sim.site import Site
from sim.weather import DAY_MS

# Every fifth seed is a healthy school: its devices and lines fail like all others', its taps and switches do not.
HEALTHY_EVERY = 5
# Enough data: days before an onset from which the usual is learnt, and nights after it to be seen on; of the nights
# before so many, and of those after most, alike in the share of the boarders that is there.
DAYS_BEFORE, NIGHTS_AFTER = 16, 5
AFTER_STEP = 9  # days after a wrong factor that hold a school week wherever they begin
ALIKE_BEFORE, ALIKE_AFTER, ALIKE_SHARE = 12, 3, 0.1
QUARTERS_A_DAY, QUARTER_OF_NIGHT = 96, 12  # a night is told by who is there at 03:00
NIGHT_HOURS = (22.0, 6.0)  # when the extra load runs
QUIET_HOURS = (0.0, 4.0)  # when every building's use is lowest
# Size: from half of the meter's own quiet rate, but at least the first number, up to the second.
LEAK_M3_H, LOAD_KW = (0.15, 1.5), (6.0, 40.0)
OVER_QUIET = 0.5
LEAKING = ("w-dormitory", "w-teaching", "w-canteen")
LOADED = ("e-teaching", "e-dormitory", "e-canteen", "e-lab-plugs")
GAP_HOURS = (3.0, 26.0)
SPELL_DAYS = 3  # how long a line keeps doubling or disordering messages
MARGIN_DAYS = 2  # a fault to be survived keeps this far from the ends of the history
BETWEEN_READINGS_MS = 7 * 60_000


_MIXES = (
    (Kind.CONTINUOUS_FLOW,),
    (Kind.NIGHT_LOAD,),
    (Kind.CONTINUOUS_FLOW, Kind.NIGHT_LOAD),
    (Kind.CONTINUOUS_FLOW, Kind.CONTINUOUS_FLOW),
)


class HistoryTooShort(ValueError):
    """A history in which no fault would have enough data."""

    def __init__(self, days: int) -> None:
        super().__init__(
            f"{days} days of history hold no day with {DAYS_BEFORE} days before it to learn from, {ALIKE_BEFORE} "
            f"nights of them like its own, and {NIGHTS_AFTER} nights after it"
        )
        self.days = days


def healthy(seed: int) -> bool:
    """Whether a seed's school has nothing to be found: seeds 5, 10, 15 and so on."""
    return seed % HEALTHY_EVERY == 0


def draw_faults(site: Site, window_ms: tuple[int, int]) -> tuple[Fault, ...]:
    """Return the faults of a history [start, end) that begins at a local midnight. Raises `HistoryTooShort`."""
    days = (window_ms[1] - window_ms[0]) // DAY_MS
    found = () if healthy(site.seed) else _to_find(site, window_ms, days)
    return found + _to_survive(site, window_ms[0], days, {fault.meter for fault in found})


def _to_find(site: Site, window_ms: tuple[int, int], days: int) -> tuple[Fault, ...]:
    seed = site.seed
    quiet = _quiet_rates(site, window_ms)
    onsets = _days_with_enough(site, window_ms, days)
    free = {
        Kind.CONTINUOUS_FLOW: shuffled(seed, "leaking", LEAKING),
        Kind.NIGHT_LOAD: shuffled(seed, "loaded", LOADED),
    }
    faults = []
    for number, kind in enumerate(shuffled(seed, "mix", _MIXES)[0]):
        meter = free[kind].pop()
        day = onsets[int(between(seed, f"find/{number}/day", 0, len(onsets)))]
        leak = kind is Kind.CONTINUOUS_FLOW
        quarter = int(between(seed, f"find/{number}/quarter", 0, QUARTERS_A_DAY)) if leak else int(NIGHT_HOURS[0] * 4)
        least, most = LEAK_M3_H if leak else LOAD_KW
        least = max(least, OVER_QUIET * quiet[meter])
        size = least * (most / least) ** between(seed, f"find/{number}/size", 0, 1)
        faults.append(Fault(kind, meter, window_ms[0] + day * DAY_MS + quarter * STEP_MS, size=round(size, 2)))
    return tuple(faults)


def _days_with_enough(site: Site, window_ms: tuple[int, int], days: int) -> list[int]:
    """Return the days of the history on which an onset has enough data. Raises `HistoryTooShort` without any."""
    present = moments(site, *window_ms).boarders[QUARTER_OF_NIGHT::QUARTERS_A_DAY]
    good = []
    for day in range(DAYS_BEFORE, days - NIGHTS_AFTER):
        usual = np.median(present[day + 1 : day + 1 + NIGHTS_AFTER])
        alike = np.abs(present - usual) < ALIKE_SHARE
        before, after = alike[: day + 1], alike[day + 1 : day + 1 + NIGHTS_AFTER]
        if before.sum() >= ALIKE_BEFORE and after.sum() >= ALIKE_AFTER:
            good.append(day)
    if not good:
        raise HistoryTooShort(days)
    return good


def _quiet_rates(site: Site, window_ms: tuple[int, int]) -> dict[str, float]:
    """Return each meter's mean rate in the quiet hours of the school without faults [kW, m³/h]."""
    quiet = between_hours(moments(site, *window_ms), *QUIET_HOURS)
    return {meter: float(amount[quiet].mean()) * 4 for (meter, _), amount in use(site, window_ms).items()}


def _to_survive(site: Site, begin_ms: int, days: int, taken: Collection[str]) -> tuple[Fault, ...]:
    seed = site.seed
    free = [key for key in shuffled(seed, "failing", tuple(site.meters)) if key not in taken]
    faults = []
    for kind in shuffled(seed, "survive", TO_SURVIVE)[: int(between(seed, "survive/count", 2, 5))]:
        meter = next(key for key in free if _may_fail(site, key, kind))
        free.remove(meter)
        day = int(between(seed, f"{kind}/day", MARGIN_DAYS, days - MARGIN_DAYS - SPELL_DAYS))
        quarter = int(between(seed, f"{kind}/quarter", 0, QUARTERS_A_DAY))
        faults.append(_SHAPES[kind](seed, meter, begin_ms + day * DAY_MS, quarter * STEP_MS))
    return tuple(faults)


def _may_fail(site: Site, key: str, kind: Kind) -> bool:
    """A register that starts anew belongs to a meter with one, read often enough that little is lost with it."""
    meter = site.meters[key]
    swaps = kind in (Kind.RESET, Kind.REPLACEMENT)
    return meter.format == "native" and not (swaps and (len(meter.quantities) > 1 or not meter.live))


def _gap(seed: int, meter: str, day_ms: int, of_day_ms: int) -> Fault:
    hours = between(seed, "gap/hours", *GAP_HOURS)
    return Fault(Kind.GAP, meter, day_ms + of_day_ms, day_ms + of_day_ms + int(hours * 3_600_000))


def _spell(kind: Kind) -> Callable[[int, str, int, int], Fault]:
    return lambda _seed, meter, day_ms, _of_day: Fault(kind, meter, day_ms, day_ms + SPELL_DAYS * DAY_MS)


def _swap(kind: Kind) -> Callable[[int, str, int, int], Fault]:
    def fault(seed: int, meter: str, day_ms: int, of_day_ms: int) -> Fault:
        # At a healthy school everything is written down.
        drawn = kind is Kind.REPLACEMENT and between(seed, "replacement/registered", 0, 1) < 0.5
        registered = drawn or healthy(seed)
        return Fault(kind, meter, day_ms + of_day_ms + BETWEEN_READINGS_MS, registered=registered)

    return fault


_SHAPES: Mapping[Kind, Callable[[int, str, int, int], Fault]] = {
    Kind.GAP: _gap,
    Kind.RESET: _swap(Kind.RESET),
    Kind.REPLACEMENT: _swap(Kind.REPLACEMENT),
    Kind.DUPLICATES: _spell(Kind.DUPLICATES),
    Kind.DISORDER: _spell(Kind.DISORDER),
    Kind.LATE_DAY: lambda _seed, meter, day_ms, _of_day: Fault(Kind.LATE_DAY, meter, day_ms, day_ms + DAY_MS),
}


# A wrong factor by kind and quantity: a pulse or transformer ratio ten times off, and a unit taken for another.
WRONG_RATIO = 10.0
WRONG_UNIT = {"electricity": 3.6, "gas": 35.315, "heat": 3.6, "water": 1000.0}
# How long a register stands still: two working days and what lies between, unless it is still stuck at the end.
STUCK_DAYS = 3


def of_meter(site: Site, window_ms: tuple[int, int], kind: Kind, meter: str) -> Fault:
    """Return a fault that falsifies what a meter counts, at a time of the history drawn by the seed.

    It begins where there is enough data before it and a school week after it. Raises `HistoryTooShort`.
    """
    seed, days = site.seed, (window_ms[1] - window_ms[0]) // DAY_MS
    onsets = [day for day in _days_with_enough(site, window_ms, days) if day < days - AFTER_STEP]
    if not onsets:
        raise HistoryTooShort(days)
    day = onsets[int(between(seed, f"{kind}/day", 0, len(onsets)))]
    start = window_ms[0] + day * DAY_MS + int(between(seed, f"{kind}/quarter", 0, QUARTERS_A_DAY)) * STEP_MS
    if kind is Kind.STUCK:
        return Fault(kind, meter, start, start + STUCK_DAYS * DAY_MS)
    size = WRONG_UNIT[site.meters[meter].quantities[0]] if kind is Kind.UNIT else WRONG_RATIO
    return Fault(kind, meter, start, size=size)


def extra(site: Site, faults: tuple[Fault, ...]) -> Extra:
    """Return what the faults add at their meters [kW, m³/h, GJ/h]."""

    def added(now: Moments) -> dict[str, Floats]:
        night = between_hours(now, *NIGHT_HOURS)
        more = effects.added(site, faults, now)
        for fault in faults:
            if fault.kind in TO_FIND:
                on = now.start_ms >= fault.start_ms
                size = np.where(on & night if fault.kind is Kind.NIGHT_LOAD else on, fault.size, 0.0)
                more[fault.meter] = more.get(fault.meter, 0.0) + size
        return more

    return added
