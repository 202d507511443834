"""What is known at an instant of who spoke when, and what that makes of a meter: on time, overdue, silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.silence_planned import off_until
from campus.registry import Arrival, Meter, Registry

# How long a gateway takes to ask all its meters, and a message to arrive, at most. Assumed.
ROUND = timedelta(minutes=5)
# A meter whose gateway speaks is waited for a turn longer, but not longer than this: it may only be the last to come
# back after an outage too short to be told of.
PATIENCE = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known at an instant: the last word of every meter that is expected to speak, and of no other.

    Before `since` nobody may have listened: what was not heard till then is not held against a meter. `usual` says
    whether its silence up to now is what it does on other days at this hour too; `counts` whether it sends a counter,
    so that no use is lost while nobody hears it.
    """

    registry: Registry
    heard: Mapping[str, datetime]
    since: datetime
    now: datetime
    usual: Callable[[Meter], bool]
    counts: Callable[[Meter], bool]

    def last(self, meter: Meter) -> datetime:
        """Return when a meter spoke last."""
        return self.heard[meter.key]

    def waited(self, meter: Meter) -> timedelta:
        """Return how long a meter has been listened for in vain: not while its place is off by a plan; who is read
        by hand is heard without us."""
        last = self.last(meter)
        if meter.arrival is Arrival.MANUAL:
            return self.now - last
        return self.now - max(last, self.since, off_until(self.registry, meter, self.now) or last)

    def silent(self, meter: Meter) -> bool:
        """Whether a meter has said nothing for longer than its class may, nor does so at this hour on other days."""
        return self.waited(meter) > meter.silence_limit and not self.usual(meter)

    def alone(self, meter: Meter) -> bool:
        """Whether a meter has been silent for so long that it is not its gateway."""
        more = min(turn(meter), PATIENCE) + ROUND
        return self.waited(meter) > meter.silence_limit + more and not self.usual(meter)

    def overdue(self, meter: Meter) -> bool:
        """Whether a meter has missed its turn."""
        return self.waited(meter) > turn(meter) + ROUND


def turn(meter: Meter) -> timedelta:
    """Return how long it is from one word of a meter to the next."""
    return meter.interval if meter.arrival in (Arrival.LIVE, Arrival.HOURLY) else max(_DAY, meter.interval)
