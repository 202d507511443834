"""Correction: somebody's signed word on what a meter said or used; withdrawn perhaps, never taken out.

A file of its own, since those who reckon, explain, list and write corrections need it without the registry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a correction says."""

    USE = "use"  # the use in [start, end) was `value` [unit of the quantity]
    SCALE = "scale"  # it was `value` times what the meter told: a wrong ratio found later
    VOID = "void"  # what the meter told of it is not to be believed: unknown
    READING = "reading"  # the reading at `start` was `value` [unit of the register], or none at all


@dataclass(frozen=True, slots=True)
class Correction:
    """What holds instead over [start, end), who said so on which day, and why; a reading has `end` = `start`.

    `id` is the school's own number of it. `value` is None for what needs none. One that was withdrawn says by whom.
    """

    id: str
    kind: Kind
    quantity: str
    start: datetime
    end: datetime
    by: str
    on: date
    reason: str
    value: float | None = None
    withdrawn_by: str = ""
    withdrawn_on: date | None = None
    withdrawn_reason: str = ""

    @property
    def withdrawn(self) -> bool:
        """Whether it no longer holds."""
        return bool(self.withdrawn_by)


def standing(corrections: Iterable[Correction], quantity: str) -> tuple[Correction, ...]:
    """Return the corrections of a quantity that hold, in the order of time."""
    mine = (one for one in corrections if one.quantity == quantity and not one.withdrawn)
    return tuple(sorted(mine, key=lambda one: (one.start, one.end)))
