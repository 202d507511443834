"""Quality: the one code that says how a value came to be known, on every chart, cell and line that shows it.

In campus, since charts, reports, mails and the page must say the same of the same value.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from campus.registry import Arrival, Registry
from campus.said import Said

# Up to this share of estimated energy a value passes as measured: less does not show at a chart's resolution.
ESTIMATED_SHOWN = 0.05
# From this share of measured time on a value passes as whole, for the same reason.
WHOLE = 0.95


class Code(StrEnum):
    """How a value came to be known, the gravest first."""

    UNKNOWN = "unknown"
    PARTIAL = "partial"  # a part of its time is unknown: it was at least this
    CORRECTED = "corrected"  # somebody's correction made it, or a part of it
    ESTIMATED = "estimated"  # the sum is bounded by readings, its course in between is not
    HAND = "hand"  # measured, and read by a person
    MEASURED = "measured"


NAMES: dict[Code, Said] = {
    Code.MEASURED: Said("实测", "Measured"),
    Code.HAND: Said("人工", "Hand-read"),
    Code.ESTIMATED: Said("估算", "Estimated"),
    Code.CORRECTED: Said("更正", "Corrected"),
    Code.PARTIAL: Said("部分缺数", "Partly unknown"),
    Code.UNKNOWN: Said("未知", "Unknown"),
}
# For narrow cells: the first letters of the English names.
LETTERS: dict[Code, str] = {code: name.en[0] for code, name in NAMES.items()}


def code(
    value: float | None,
    coverage: float | None,
    estimated: float | None,
    corrected: float | None,
    by_hand: bool = False,
) -> Code:
    """Return the code of a value by its shares (0 to 1; None: not told).

    What is corrected says so however small its share: an inspector asks of every number a person has touched.
    """
    if value is None:
        return Code.UNKNOWN
    guessed, touched = estimated or 0.0, corrected or 0.0
    # Estimated time is no measured time, so a low coverage that an estimate explains is no gap.
    if coverage is not None and coverage < WHOLE and max(guessed, touched) <= ESTIMATED_SHOWN:
        return Code.PARTIAL
    if touched > 0:
        return Code.CORRECTED
    if guessed > ESTIMATED_SHOWN:
        return Code.ESTIMATED
    return Code.HAND if by_hand else Code.MEASURED


def by_hand(registry: Registry, subject: str, quantity: str, time: datetime) -> bool:
    """Whether people read every meter that a subject's use of a quantity is the sum of."""
    meters = registry.leaves(subject, quantity, time)
    return bool(meters) and all(meter.arrival is Arrival.MANUAL for meter in meters)


def gravest(codes: Iterable[Code]) -> Code:
    """Return the code of what is made of values with these codes; of none it is unknown."""
    order = list(Code)
    return min(codes, key=order.index, default=Code.UNKNOWN)


def legend() -> Said:
    """Return what the letters mean."""
    parts = [(LETTERS[one], NAMES[one]) for one in reversed(Code)]
    return Said(
        "　".join(f"{letter} {name.zh}" for letter, name in parts),
        ", ".join(f"{letter} {name.en[0].lower()}{name.en[1:]}" for letter, name in parts),
    )
