"""A virtual meter: a sum of other meters with factors, such as main − Σ sub, or PV self-use = generation − export.

A file of its own, since whoever shows or computes one needs what it is made of at an instant, topology included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from campus.units import Quantity

if TYPE_CHECKING:
    from campus.registry import Registry

_ALL_TIME = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Addend:
    """`factor` times what a meter or virtual meter counts of `quantity`.

    With `children` it is times the sum of the meters directly below `key` that count the quantity, as they are then.
    """

    factor: float
    key: str
    quantity: str
    children: bool = False


@dataclass(frozen=True, slots=True)
class Virtual:
    """A meter that is computed; `formula` is its sum as somebody wrote it. It counts in no other sum."""

    key: str
    name: str
    name_en: str
    quantity: Quantity
    formula: str
    addends: tuple[Addend, ...]
    building: str = ""


def inputs(registry: Registry, virtual: Virtual, time: datetime) -> tuple[Addend, ...]:
    """Return what a virtual meter is the sum of at `time`: every meter by itself, once, in the formula's order."""
    parts: list[Addend] = []
    for addend in virtual.addends:
        keys = _below(registry, addend, time) if addend.children else [addend.key]
        parts += [Addend(addend.factor, key, addend.quantity) for key in keys]
    return _once(parts)


def meters(registry: Registry, virtual: Virtual, time: datetime) -> tuple[Addend, ...]:
    """Return the real meters behind a virtual one at `time`: those of virtual meters in it instead of these."""
    parts: list[Addend] = []
    for addend in inputs(registry, virtual, time):
        inner = registry.virtuals.get(addend.key)
        behind = (addend,) if inner is None else meters(registry, inner, time)
        scale = 1.0 if inner is None else addend.factor
        parts += [Addend(part.factor * scale, part.key, part.quantity) for part in behind]
    return _once(parts)


def _once(parts: Iterable[Addend]) -> tuple[Addend, ...]:
    factors: dict[tuple[str, str], float] = {}
    for part in parts:
        factors[part.key, part.quantity] = factors.get((part.key, part.quantity), 0.0) + part.factor
    return tuple(Addend(factor, *of) for of, factor in factors.items() if factor)


def _below(registry: Registry, addend: Addend, time: datetime) -> list[str]:
    now = registry.at(time)
    return [key for key, meter in now.items() if meter.parent == addend.key and meter.register(addend.quantity)]


def periods(
    registry: Registry, virtual: Virtual, window: tuple[datetime, datetime] = _ALL_TIME
) -> list[tuple[datetime, tuple[Addend, ...]]]:
    """Return from when in [start, end) a virtual meter is the sum of what, ascending, no two in a row alike."""
    found: list[tuple[datetime, tuple[Addend, ...]]] = []
    for time in (window[0], *registry.turning_points(*window)):
        now = inputs(registry, virtual, time)
        if not found or found[-1][1] != now:
            found.append((time, now))
    return found


def every_input(registry: Registry, virtual: Virtual) -> list[tuple[str, str]]:
    """Return the key and quantity of whatever a virtual meter is the sum of at any time."""
    found: dict[tuple[str, str], None] = {}
    for addend in virtual.addends:
        keys = _ever_below(registry, addend) if addend.children else [addend.key]
        found |= dict.fromkeys((key, addend.quantity) for key in keys)
    return list(found)


def _ever_below(registry: Registry, addend: Addend) -> list[str]:
    return [
        key
        for key, meter in registry.meters.items()
        if meter.register(addend.quantity) is not None
        and addend.key in (meter.parent, *(change.values.get("parent") for change in meter.changes))
    ]


def in_order(virtuals: Mapping[str, Virtual]) -> list[Virtual]:
    """Return virtual meters so that each comes after those it is made of. Raises `graphlib.CycleError`."""
    above = {key: [addend.key for addend in v.addends if addend.key in virtuals] for key, v in virtuals.items()}
    return [virtuals[key] for key in TopologicalSorter(above).static_order()]
