"""A subject's place among like ones: who the peers are, how finely each is metered, who cannot be ranked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from analytics.metering_level import Level
from campus.said import Said

# Fewer than this have no order worth a place: one is alone, of two one is always last.
LEAST_PEERS = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A subject with its year's value; None where it has none. `level` is how finely it is metered."""

    key: str
    name: Said
    value: float | None
    coverage: float
    level: Level | None


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry with its place, 1 for the least, among `of` that have a value; None for one without a value, or where
    there are too few."""

    entry: Entry
    place: int | None
    of: int


@dataclass(frozen=True, slots=True)
class Peers:
    """Like subjects in the order of their values, those without one last; `median` of the values, None of too few."""

    kind: Said
    placed: tuple[Placed, ...]
    median: float | None


def ranked(kind: Said, entries: Iterable[Entry]) -> Peers:
    """Return like subjects in order; equal values share a place. Only figures of a whole year are to be ranked: bills
    and hourly meters agree on nothing shorter."""
    listed = list(entries)
    values = sorted(entry.value for entry in listed if entry.value is not None)
    enough = len(values) >= LEAST_PEERS
    placed = [Placed(entry, None, len(values)) for entry in listed]
    placed.sort(key=lambda one: (one.entry.value is None, one.entry.value or 0.0, one.entry.key))
    if enough:
        places = {value: values.index(value) + 1 for value in values}
        placed = [one if one.entry.value is None else replace(one, place=places[one.entry.value]) for one in placed]
    return Peers(kind, tuple(placed), _median(values) if enough else None)


def _median(values: list[float]) -> float:
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
