"""Schools laid out once for all tests of the simulator."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from ingest.payload import formats
from sim.publish import Outgoing, history
from sim.registers import Track, lay

NOW = datetime(2026, 11, 22, 2, 31, tzinfo=UTC)
SEEDS = range(1, 21)


@cache
def laid(seed: int) -> Track:
    """Return the school of a seed with six weeks of history until NOW."""
    return lay(seed, NOW)


@cache
def sent(seed: int) -> tuple[Outgoing, ...]:
    """Return the messages of a seed's history."""
    return tuple(history(laid(seed), formats()))
