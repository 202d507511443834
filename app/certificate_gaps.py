"""What is missing, since when: silences of a gateway's meters that begin and end together are one gap.

How many of the meters of the gateway were silent says whether it was the gateway's fault or theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from analytics.silence_planned import plan_of
from app.windows import Window
from campus.gateways import gateways
from campus.ports import Store
from campus.registry import Arrival, Meter, Registry
from campus.schema import REGISTER, SeriesId, from_ms

# Readings further apart than this are no longer called measured (design, decision 5): the shortest gap.
SHORTEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Silence:
    """A meter said nothing from `start` until `end`, None while it lasts; the window lacks `missing` readings."""

    meter: Meter
    start: datetime
    end: datetime | None
    missing: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Silences that belong together, of a gateway with `below` meters; `plan` is the key of an outage or lights-out
    that explains them all, "" for none."""

    school: str
    gateway: str
    below: int
    silences: tuple[Silence, ...]
    plan: str = ""

    @property
    def start(self) -> datetime:
        """When the first of them said its last."""
        return min(silence.start for silence in self.silences)

    @property
    def end(self) -> datetime | None:
        """When the last of them spoke again; None while any is silent."""
        ends = [silence.end for silence in self.silences]
        return None if None in ends else max(end for end in ends if end is not None)

    @property
    def missing(self) -> int:
        """How many readings are missing."""
        return sum(silence.missing for silence in self.silences)


def gaps(registry: Registry, store: Store, window: Window, now: datetime) -> list[Gap]:
    """Return a school's gaps that touch [start, end), oldest first; what was filled in since is none."""
    meters = [m for m in registry.meters.values() if m.arrival is not Arrival.MANUAL]
    found = []
    for gateway, below in gateways(meters).items():
        alone = [one for meter in below for one in silences(meter, _times(meter, store, window), window, now)]
        found += [_gap(registry.school.key, gateway, below, group) for group in together(alone)]
    return [replace(gap, plan=_plan(registry, gap, now)) for gap in sorted(found, key=lambda gap: gap.start)]


def _plan(registry: Registry, gap: Gap, now: datetime) -> str:
    """Return the plan that explains all silences of a gap."""
    plans = {plan_of(registry, one.meter, (one.start, one.end or now)) for one in gap.silences}
    return plans.pop() if len(plans) == 1 else ""


def _times(meter: Meter, store: Store, window: Window) -> list[datetime]:
    """Return when a meter said anything, within the window and last and next to either side of it."""
    times: set[int] = set()
    for register in meter.registers:
        series = SeriesId(REGISTER, meter.key, register.quantity.key)
        times.update(store.series([series], *window)[series].time_ms.tolist())
        before, _ = store.neighbours(series, window[0])
        _, after = store.neighbours(series, window[1] - timedelta(milliseconds=1))
        times.update((*before, *after))
    return [from_ms(time) for time in sorted(times)]


def silences(meter: Meter, times: Sequence[datetime], window: Window, now: datetime) -> Iterator[Silence]:
    """Yield a meter's silences that touch the window, from when it spoke (ascending).

    Of one that never spoke the silence begins with its validity, or with the window.
    """
    begins = max(window[0], meter.since) if meter.since else window[0]
    ends = min(now, meter.until) if meter.until else now
    limit = max(2 * meter.interval, SHORTEST)
    if not times or times[0] > begins + limit:
        times = [begins, *times]
    for before, after in pairwise(times):
        if after - before > limit and before < window[1] and after > window[0]:
            yield Silence(meter, before, after, _missing(meter, (before, after), window))
    quiet = ends - times[-1]
    if quiet > max(limit, meter.silence_limit) and times[-1] < window[1] and ends > window[0]:
        end = ends if meter.until and meter.until <= now else None
        yield Silence(meter, times[-1], end, _missing(meter, (times[-1], ends), window))


def _missing(meter: Meter, silent: Window, window: Window) -> int:
    """Return how many readings the window lacks; the last word before a silence within it is not one of them."""
    within = min(silent[1], window[1]) - max(silent[0], window[0])
    return max(1, round(within / meter.interval) - (silent[0] >= window[0]))


def together(found: Iterable[Silence]) -> list[list[Silence]]:
    """Return silences in groups that began and ended within one interval of each other, each meter once a group."""
    groups: list[list[Silence]] = []
    for one in sorted(found, key=lambda silence: (silence.start, silence.meter.key)):
        home = next((group for group in groups if all(_alike(one, other) for other in group)), None)
        if home is None:
            groups.append([one])
        else:
            home.append(one)
    return groups


def _alike(one: Silence, other: Silence) -> bool:
    within = max(one.meter.interval, other.meter.interval)
    if one.meter.key == other.meter.key or abs(one.start - other.start) > within:
        return False
    if one.end is None or other.end is None:
        return one.end is other.end
    return abs(one.end - other.end) <= within


def _gap(school: str, gateway: str, below: Sequence[Meter], group: Sequence[Silence]) -> Gap:
    start = min(silence.start for silence in group)
    in_force = sum(meter.in_force(start) for meter in below)
    return Gap(school, gateway, max(in_force, len(group)), tuple(group))
