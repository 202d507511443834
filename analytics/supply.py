"""What flows into the wires below a meter and what a meter draws: with what a roof gives and what is sent out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from analytics.hours import Hours
from analytics.kin import Kin
from analytics.series import Ints
from campus.registry import Meter

IMPORT, EXPORT, GENERATION = "electricity", "electricity_export", "generation"

# read(key, quantity, start_ms) gives the hours of a register on a grid.
Read = Callable[[str, str, Ints], Hours]


class Term(NamedTuple):
    """A register that counts into a sum, by its sign."""

    key: str
    quantity: str
    sign: int


def drawn(known: Kin, key: str, quantity: str) -> tuple[Term, ...]:
    """Return what a meter draws from above: what it counts, less what it sends back."""
    own = (Term(key, quantity, 1),)
    return (*own, Term(key, EXPORT, -1)) if quantity == IMPORT and _has(known, key, EXPORT) else own


def inflow(known: Kin, key: str, quantity: str) -> tuple[Term, ...]:
    """Return what flows into the network below a meter: what it draws and what is generated behind it.

    Behind it are the generators that name it as their parent; those that name none are behind the one meter that
    sends back, where there is one alone.
    """
    own = drawn(known, key, quantity)
    if quantity != IMPORT:
        return own
    generators = [m.key for m in known.meters.values() if m.register(GENERATION) is not None]
    behind = [g for g in generators if known.meters[g].parent == key]
    sending = [m.key for m in known.meters.values() if m.register(EXPORT) is not None]
    if sending == [key]:
        behind += [g for g in generators if not known.meters[g].parent]
    return (*own, *(Term(g, GENERATION, 1) for g in sorted(behind)))


def summed(terms: tuple[Term, ...], start_ms: Ints, read: Read) -> Hours:
    """Return the sum of registers on a grid; unknown where one of them is, as measured as the least of them."""
    parts = [(term.sign, read(term.key, term.quantity, start_ms)) for term in terms]
    if len(parts) == 1:
        return parts[0][1]
    return Hours(
        start_ms,
        np.sum([sign * hours.value for sign, hours in parts], axis=0),
        np.min([hours.coverage for _, hours in parts], axis=0),
        np.max([hours.estimated for _, hours in parts], axis=0),
    )


def _has(known: Kin, key: str, quantity: str) -> bool:
    meter: Meter | None = known.meters.get(key)
    return meter is not None and meter.register(quantity) is not None
