"""A row of the fault matrix, the table people read, and the size the rows are run at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """What the witness found; items are readings, or messages that hold none.

    Of the distinct items sent: stored + conflict + quarantined + lost_by_broker + lost. `duplicate` came more often
    than once, said again by the meter or by the broker. `invented` is stored or held though nobody sent it.
    """

    case: str
    sent: int
    stored: int
    duplicate: int
    conflict: int
    quarantined: int
    lost_by_broker: int
    lost: int
    counted_twice: int
    invented: int
    quarantined_without_reason: int

    @property
    def whole(self) -> bool:
        """Whether nothing was lost, doubled, invented, or put away without a word."""
        return not (self.lost or self.counted_twice or self.invented or self.quarantined_without_reason)


@dataclass(frozen=True, slots=True)
class Size:
    """How much a row does: kills of a process, messages, and readings that wait for a store that is away."""

    kills: int
    messages: int
    waiting: int


SMALL = Size(kills=10, messages=400, waiting=20_000)
FULL = Size(kills=200, messages=10_000, waiting=1_000_000)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a row is run: an empty folder of its own, its size, and what registers say (empty: made up)."""

    folder: Path
    size: Size
    values: tuple[float, ...] = ()


Case = Callable[[Ground], Row]
Cases = Mapping[str, Case]


def table(rows: Sequence[Row], seconds: Sequence[float]) -> str:
    """Return the table, a line a row."""
    names = [one.name for one in fields(Row)][1:-1]
    heads = ["case".ljust(62), *(name.replace("_", " ").rjust(max(8, len(name))) for name in names), "     s"]
    lines = ["  ".join(heads)]
    for row, taken in zip(rows, seconds, strict=True):
        cells = [f"{getattr(row, name):,}".rjust(max(8, len(name))) for name in names]
        lines.append("  ".join([row.case.ljust(62), *cells, f"{taken:6.1f}"]))
    return "\n".join(lines)
