"""Who stands above, below and beside whom among a school's meters at one instant, laid out once for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from campus.registry import Meter, Registry

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kin:
    """The meters in force at an instant, each as it is then, and how they stand to each other.

    `parents` and `children` are of every meter registered, in force or not: what stands between two may have ended.
    `alike` are those of a quantity in buildings of a class, by key, as far as they are read often enough to have
    hours; `alike_here` those of one building.
    """

    meters: Mapping[str, Meter]
    kinds: Mapping[str, str]
    parents: Mapping[str, str]
    children: Mapping[str, list[str]]
    alike: Mapping[tuple[str, str], list[Meter]]
    alike_here: Mapping[tuple[str, str], list[Meter]]

    def family(self, meter: Meter) -> set[str]:
        """Return the keys of all that stands above and below a meter, itself included."""
        return {meter.key, *self._along(meter.parent), *self._below(meter.key)}

    def like(self, meter: Meter, quantity: str, most: int) -> list[str]:
        """Return up to `most` meters like one, neither above nor below it: first those of its building, by key."""
        kin, found = self.family(meter), list[str]()
        here = self.alike_here.get((quantity, meter.building), [])
        everywhere = self.alike.get((quantity, self.kinds.get(meter.building, "")), [])
        for other in (*here, *(m for m in everywhere if m.building != meter.building)):
            if len(found) == most:
                break
            if other.key not in kin:
                found.append(other.key)
        return found

    def _along(self, key: str) -> Iterator[str]:
        seen: set[str] = set()
        while key and key not in seen:
            yield key
            seen.add(key)
            key = self.parents.get(key, "")

    def _below(self, key: str) -> set[str]:
        found: set[str] = set()
        rim = {key}
        while rim:
            rim = {child for one in rim for child in self.children.get(one, ())} - found
            found |= rim
        return found


def kin(registry: Registry, time: datetime) -> Kin:
    """Return how a school's meters stand to each other at `time`."""
    meters = registry.at(time)
    kinds = {key: building.kind for key, building in registry.buildings.items()}
    parents = {key: meter.at(time).parent for key, meter in registry.meters.items()}
    children: dict[str, list[str]] = defaultdict(list)
    for key, parent in parents.items():
        children[parent].append(key)
    alike: dict[tuple[str, str], list[Meter]] = defaultdict(list)
    alike_here: dict[tuple[str, str], list[Meter]] = defaultdict(list)
    for _, meter in sorted(meters.items()):
        for register in meter.registers if meter.interval < _DAY else ():
            alike[register.quantity.key, kinds.get(meter.building, "")].append(meter)
            alike_here[register.quantity.key, meter.building].append(meter)
    return Kin(meters, kinds, parents, dict(children), dict(alike), dict(alike_here))
