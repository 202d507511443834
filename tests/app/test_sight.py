"""What the rules see: where a register broke is read from the raw rows, and nothing is where none did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics.around import BREAKS
from analytics.consumption import Suspicion
from analytics.detector import contexts
from app.sight import Sight
from campus.readings import Kind
from ingest.payload import Item
from ingest.payloads import native
from tests.app.test_derive import PLAIN, Pipe

BEGAN = datetime(2026, 3, 1, 16, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def _breaks(folder: Path, registers: list[float]) -> tuple[Suspicion, ...]:
    pipe = Pipe(folder)
    try:
        said = [Item(value, Kind.REGISTER, BEGAN + n * QUARTER, unit="kWh") for n, value in enumerate(registers)]
        pipe.journal([("campus/s/sub-a", native.encode([item])) for item in said])
        pipe.drain()
        pipe.derive()
        at = BEGAN + len(registers) * QUARTER
        known = next(c for c in contexts(PLAIN, at) if c.meter.key == "sub-a")
        return Sight(pipe.store, PLAIN).around(known, frozenset({BREAKS})).around.breaks
    finally:
        pipe.close()


@pytest.mark.parametrize("days", [1, 3])
def test_a_register_that_fell_is_seen_as_one_break(tmp_path: Path, days: int) -> None:
    rising = [1000 + n * 0.25 for n in range(days * 96)]
    found = _breaks(tmp_path, [*rising, *(5 + n * 0.25 for n in range(100))])
    assert [(s.kind, s.before, s.after) for s in found] == [("reset", rising[-1], 5.0)]
    assert found[0].end_ms - found[0].start_ms == 15 * 60_000


def test_a_register_that_only_rises_has_none(tmp_path: Path) -> None:
    assert _breaks(tmp_path, [1000 + n * 0.25 for n in range(200)]) == ()
