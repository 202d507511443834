"""What a fault is: something wrong at a meter of the simulated school, known exactly."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of fault: to be found, to be survived with the energy right, of the meter itself, and on request.

    Of those to be survived, a register that started anew without anybody writing it down is to be found too.
    """

    CONTINUOUS_FLOW = "continuous_flow"
    NIGHT_LOAD = "night_load"
    GAP = "gap"
    RESET = "reset"
    REPLACEMENT = "replacement"
    DUPLICATES = "duplicates"
    DISORDER = "disorder"
    LATE_DAY = "late_day"
    RATIO = "ratio"
    UNIT = "unit"
    STUCK = "stuck"
    DRIFT = "drift"
    SWAPPED = "swapped"
    CLOCK = "clock"
    DAILY_LEAK = "daily_leak"
    BURST = "burst"
    BASE_LOAD = "base_load"
    FREE_DAY_LOAD = "free_day_load"
    SPIKE = "spike"
    DIP = "dip"
    LOSS = "loss"
    PV_LOW = "pv_low"
    DEMAND = "demand"
    GAS_AT_NIGHT = "gas_at_night"
    MAKEUP = "makeup"
    HEAT_OFF_SEASON = "heat_off_season"
    HEAT_FREE_DAYS = "heat_free_days"
    HEAT_MORE = "heat_more"
    STATION_EFFICIENCY = "station_efficiency"
    NETWORK_LOSS = "network_loss"
    CHILLER = "chiller"
    SIMULTANEOUS = "simultaneous"


TO_FIND = (Kind.CONTINUOUS_FLOW, Kind.NIGHT_LOAD)
# What falsifies the count itself: laid out on request alone, since the energy is wrong from then on.
OF_METERS = (Kind.RATIO, Kind.UNIT, Kind.STUCK)
# Likewise, but in ways that grow, trade places or come late.
MISCOUNTS = (Kind.DRIFT, Kind.SWAPPED, Kind.CLOCK)
TO_SURVIVE = (Kind.GAP, Kind.RESET, Kind.REPLACEMENT, Kind.DUPLICATES, Kind.DISORDER, Kind.LATE_DAY)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault at a meter over [start, end), lasting where `end_ms` is None.

    `size` [m³/h, kW] is the excess of a fault to be found, and of a wrong ratio or unit the factor it counts by; of
    the kinds on request it is what `effects` says. `other` is the meter one traded places with.
    `registered`: a register that started anew, and somebody wrote it down.
    """

    kind: Kind
    meter: str
    start_ms: int
    end_ms: int | None = None
    size: float = 0.0
    registered: bool = False
    other: str = ""

    def covers(self, time_ms: int) -> bool:
        """Whether the fault is on at a time."""
        return self.start_ms <= time_ms and (self.end_ms is None or time_ms < self.end_ms)
