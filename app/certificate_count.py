"""The arithmetic of the certificate: values in the journal against what the store returns, none of it a counter.

received = stored + duplicate + quarantined + waiting + lost + unread, by construction; of these the last three are 0
where the drain has come to its end and nothing is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campus.ports import Reason
from campus.readings import Reading
from campus.registry import Arrival, Meter
from campus.schema import to_ms


@dataclass(slots=True)
class Tally:
    """What the journal holds of one register, or of a topic that is no one register's.

    `said`: every value under its time [epoch ms]; `perhaps`: values that only today's registry reads out of a message
    held whole, so that they count where the store has them; `drained`: the times the drain has passed at least once.
    `undrained` and `unread` are values without a time that are not held: not drained yet, or drained and nowhere.
    """

    said: dict[int, list[float]] = field(default_factory=dict)
    perhaps: dict[int, float] = field(default_factory=dict)
    drained: set[int] = field(default_factory=set)
    quarantined: Counter[Reason] = field(default_factory=Counter)
    undrained: int = 0
    unread: int = 0

    def say(self, reading: Reading, drained: bool) -> None:
        """Count a value."""
        time_ms = to_ms(reading.time)
        self.said.setdefault(time_ms, []).append(reading.value)
        if drained:
            self.drained.add(time_ms)


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of the values of a tally.

    `conflict`: times with two different values, the later of which is stored; `differing`: stored values that no
    message said; `unexplained`: stored times no message named.
    """

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    conflict: int = 0
    quarantined: Mapping[Reason, int] = field(default_factory=dict)
    waiting: int = 0
    lost: int = 0
    unread: int = 0
    differing: int = 0
    unexplained: int = 0

    @property
    def held(self) -> int:
        """How many values wait in quarantine."""
        return sum(self.quarantined.values())

    @property
    def unaccounted(self) -> int:
        """How many values are not where the equation wants them."""
        return self.lost + self.unread + self.differing + self.unexplained


def count(tally: Tally, stored: Mapping[int, float], named: frozenset[int] | None = None) -> Counted:
    """Return what became of a tally, against the store's values by time [epoch ms] (at least those of the tally).

    `named` are the stored times that some message should have named; None: the tally was not meant to hold them all.
    """
    there = tally.said.keys() & stored.keys()
    perhaps = (tally.perhaps.keys() & stored.keys()) - tally.said.keys()
    missing = tally.said.keys() - there
    waiting = len(missing - tally.drained)
    values = sum(map(len, tally.said.values()))
    return Counted(
        received=values + len(perhaps) + tally.quarantined.total() + tally.undrained + tally.unread,
        stored=len(there) + len(perhaps),
        duplicate=values - len(tally.said),
        conflict=sum(len(set(said)) > 1 for said in tally.said.values()),
        quarantined=dict(tally.quarantined),
        waiting=waiting + tally.undrained,
        lost=len(missing) - waiting,
        unread=tally.unread,
        differing=sum(stored[time] not in tally.said[time] for time in there),
        unexplained=len((named or frozenset()) - there - perhaps),
    )


def total(counted: list[Counted]) -> Counted:
    """Return the sum of counts."""
    reasons: Counter[Reason] = Counter()
    for one in counted:
        reasons.update(one.quarantined)
    return Counted(
        received=sum(one.received for one in counted),
        stored=sum(one.stored for one in counted),
        duplicate=sum(one.duplicate for one in counted),
        conflict=sum(one.conflict for one in counted),
        quarantined=dict(reasons),
        waiting=sum(one.waiting for one in counted),
        lost=sum(one.lost for one in counted),
        unread=sum(one.unread for one in counted),
        differing=sum(one.differing for one in counted),
        unexplained=sum(one.unexplained for one in counted),
    )


# The share of an interval a window must hold for a reading to be due in it: a daily one also on a day of 23 hours.
_DUE_FROM = 0.75


def expected(meter: Meter, window: tuple[datetime, datetime], now: datetime) -> int | None:
    """Return how many readings of a register [start, end), as far as it has come, holds at the nominal interval.

    None where nothing can be expected: a meter read by hand, or seldomer than the window is long. A local day of 23
    or 25 hours has as many hours; one in which the meter began or ended only its part.
    """
    start, end = window
    if meter.arrival is Arrival.MANUAL or meter.interval <= timedelta(0):
        return None
    if (end - start) / meter.interval < _DUE_FROM:
        return None
    begins = max(start, meter.since) if meter.since else start
    ends = min(end, now, meter.until) if meter.until else min(end, now)
    return max(0, round((ends - begins) / meter.interval))
