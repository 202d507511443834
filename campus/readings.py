"""Reading: what a meter said, at one time, about one quantity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """How a value is to be understood."""

    REGISTER = "register"  # a counter that only grows
    INTERVAL = "interval"  # used from `time` until `time + duration`
    GAUGE = "gauge"  # a level: power, flow, temperature


class Quality(StrEnum):
    """How a value came to be known."""

    GOOD = "good"
    ARRIVAL = "arrival"  # the device sent no time: the time of arrival stands in
    MANUAL = "manual"
    DEVICE_ESTIMATE = "device_estimate"


@dataclass(frozen=True, slots=True)
class Reading:
    """A meter said `value` [unit of the quantity] at `time` (aware UTC).

    Identity is (meter, quantity, time): a second reading with the same identity replaces the first.
    An interval is labelled by its start and carries its `duration`; every other kind has duration zero.
    """

    meter: str
    quantity: str
    kind: Kind
    time: datetime
    value: float
    duration: timedelta = timedelta(0)
    serial: str = ""
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class Reject:
    """Something a message holds that cannot become a Reading, and the sentence that says why."""

    reason: str
    detail: str
    item: int = 0
