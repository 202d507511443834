"""What the rules see: where a register broke, and the family of meters that one stands in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from analytics.around import BREAKS, FAMILY, WEATHER, Family
from analytics.consumption import Suspicion
from analytics.detector import NotJudged, contexts, detectors
from app.sight import Sight
from campus.readings import Kind
from campus.registry import Change, Registry
from campus.schema import from_ms, to_ms
from ingest.payload import Item
from ingest.payloads import native
from tests.app.test_derive import PLAIN, Pipe
from tests.sim.judged import rows_of
from tests.sim.schools import laid

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


def _families(registry: Registry | None = None) -> dict[str, tuple[Family | None, Family | None]]:
    """Return the family above and below each electricity meter of a healthy simulated school."""
    track = laid(5)
    rows = rows_of(track)
    school = rows.registry if registry is None else registry
    sight, end = Sight(rows, school), from_ms(track.end_ms)
    known = [c for c in contexts(school, end - timedelta(hours=1)) if c.quantity == "electricity"]
    around = {c.meter.key: sight.around(c, frozenset({FAMILY})).around for c in known}
    return {key: (seen.above, seen.below) for key, seen in around.items()}


def test_a_family_counts_what_the_roof_gives_and_what_is_sent_back() -> None:
    seen = _families()
    above, main = seen["e-main"]
    assert above is None and main is not None and main is seen["e-canteen"][0]
    assert [part.key for part, _ in main.parts] == [
        "e-boiler",
        "e-canteen",
        "e-dormitory",
        "e-laboratory",
        "e-teaching",
    ]
    rest = main.inflow.value - np.sum([hours.value for _, hours in main.parts], axis=0)
    assert 0 < np.nanmedian(rest) < 0.1 * np.nanmedian(main.inflow.value)
    above, below = seen["e-laboratory"]
    assert above is main and below is not None and [part.key for part, _ in below.parts] == ["e-lab-plugs"]


def test_a_part_that_hung_elsewhere_is_unknown_until_it_moved() -> None:
    track = laid(5)
    school = rows_of(track).registry
    since = from_ms(track.begin_ms) + timedelta(days=10)
    moved = replace(school.meters["e-canteen"], parent="", changes=(Change(since, {"parent": "e-main"}),))
    _, main = _families(replace(school, meters=school.meters | {"e-canteen": moved}))["e-main"]
    assert main is not None
    canteen = next(hours for part, hours in main.parts if part.key == "e-canteen")
    before = canteen.start_ms < to_ms(since)
    assert np.isnan(canteen.value[before]).all() and np.isfinite(canteen.value[~before]).any()


def test_a_meter_that_never_spoke_sees_no_weather_and_no_rule_stumbles_over_it() -> None:
    rows = rows_of(laid(5))
    silent = replace(rows.registry.meters["e-teaching"], key="e-new")
    registry = replace(rows.registry, meters={**rows.registry.meters, "e-new": silent})
    (known,) = (one for one in contexts(registry, from_ms(laid(5).end_ms)) if one.meter.key == "e-new")
    # The rows are those of the school without it.
    sight = Sight(rows, registry)
    seen = sight.around(known, frozenset({WEATHER})).around.temperature
    assert seen is None or not len(seen.start_ms)
    verdicts = [sight.judged(rule, known) for rule in detectors().values() if "electricity" in rule.quantities]
    assert len(verdicts) > 5 and all(isinstance(one, NotJudged) or one == [] for one in verdicts)
