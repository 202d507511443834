"""How far a device's clock is off: what its messages were under way, as far as they came at their own pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from campus.registry import Arrival, Meter
from campus.said import Said

# A register of a quarter of an hour is misplaced by a third of it: from here on the hours' shape is wrong.
LIMIT_S = 300.0
# So many times a meter must have spoken before its clock is judged, and the last so many are judged.
LEAST, KEPT = 3, 25
# Those that speak as they read. What is handed over once a day was under way for a day.
JUDGED = (Arrival.LIVE, Arrival.HOURLY)


@dataclass(slots=True)
class Ways:
    """How long a meter's words were under way [ms], one for each time it spoke, up to `kept` (None: all).

    Messages that come at once are one word, and the freshest reading in them is what counts: what a gateway had kept
    is no clock's error.
    """

    kept: int | None = KEPT
    ways_ms: list[int] = field(default_factory=list)
    last_ms: int | None = None

    def add(self, meter: Meter, arrived_ms: int, said_ms: int) -> None:
        """Note a reading of `said_ms` that arrived."""
        pace_ms = meter.interval // timedelta(milliseconds=2)
        way_ms = arrived_ms - said_ms
        if self.ways_ms and self.last_ms is not None and arrived_ms - self.last_ms < pace_ms:
            self.ways_ms[-1] = min(self.ways_ms[-1], way_ms)
        else:
            self.ways_ms.append(way_ms)
            del self.ways_ms[: -self.kept if self.kept else 0]
        self.last_ms = max(arrived_ms, self.last_ms or arrived_ms)

    def skew_s(self) -> float | None:
        """Return the clock's error [s], None after too few words: above 0 it is late, or the way is long."""
        return skew_s(self.ways_ms)


def skew_s(ways_ms: Sequence[int]) -> float | None:
    """Return the middle of what words were under way [s]: some that were kept back do not move it."""
    return round(median(ways_ms) / 1000, 1) if len(ways_ms) >= LEAST else None


def said(skew: float) -> Said:
    """Return a clock's error in words, nothing where it does no harm."""
    if abs(skew) < LIMIT_S:
        return Said("", "")
    minutes = round(abs(skew) / 60)
    if skew < 0:
        return Said(f"表钟快{minutes}分钟", f"its clock is {minutes} min fast")
    return Said(f"表钟慢或路上久{minutes}分钟", f"its clock is {minutes} min slow, or its way as long")
