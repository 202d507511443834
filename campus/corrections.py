"""Correction: somebody's signed word on what a meter said or used; withdrawn perhaps, never taken out.

A file of its own, since those who reckon, explain, list and write corrections need it without the registry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from campus.said import Said


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


def what(correction: Correction, unit: str, shown: str) -> Said:
    """Return what a correction says, in the quantity's `unit` or, of a reading, in the one its register shows."""
    value = "" if correction.value is None else f"{correction.value:,.12g}"
    if correction.kind is Kind.USE:
        return Said(f"用量为 {value} {unit}", f"use was {value} {unit}")
    if correction.kind is Kind.SCALE:
        return Said(f"用量乘以 {value}", f"use times {value}")
    if correction.kind is Kind.VOID:
        return Said("读数不可信，用量未知", "not to be believed: use unknown")
    return (
        Said(f"读数改为 {value} {shown}", f"reading was {value} {shown}") if value else Said("读数作废", "left out")
    )


def span(correction: Correction, zone: ZoneInfo) -> str:
    """Return the local time a correction is about."""
    start, end = correction.start.astimezone(zone), correction.end.astimezone(zone)
    return f"{start:%F %H:%M}" if correction.kind is Kind.READING else f"{start:%F %H:%M} – {end:%F %H:%M}"


def signed(correction: Correction) -> str:
    """Return who said so, and when."""
    return f"{correction.by}，{correction.on:%F}"


def withdrawal(correction: Correction) -> str:
    """Return who withdrew it, when and why; "" where nobody did."""
    if correction.withdrawn_on is None:
        return ""
    return f"{correction.withdrawn_by}，{correction.withdrawn_on:%F}：{correction.withdrawn_reason}"
