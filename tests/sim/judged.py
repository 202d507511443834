"""A simulated school's history judged without a broker: what its devices show, its hours, the detectors' findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np

from analytics import consumption, series
from analytics.around import BREAKS, around, related
from analytics.detector import Context, NotJudged, contexts, detectors
from analytics.hours import Hours
from analytics.kin import kin
from app.registry_toml import load_registry
from campus.registry import Meter, Registry
from campus.results import Finding
from campus.schema import Columns, from_ms
from ingest.payload import formats
from sim.faults import Kind
from sim.registers import Track, registers
from sim.toml import school_toml

HOUR_MS = 3_600_000


def registry_of(track: Track) -> Registry:
    """Return the registry that the school's own file gives."""
    registry, issues = load_registry(school_toml(track), "demo.toml", formats())
    assert registry is not None, issues
    return registry


def raw(track: Track, meter: Meter, quantity: str) -> Columns:
    """Return the stored rows of a register's history, without what its gaps swallowed."""
    step = meter.interval // timedelta(milliseconds=1)
    times = np.arange(-(-track.begin_ms // step) * step, track.end_ms + 1, step, dtype=np.int64)
    for gap in (f for f in track.faults if f.meter == meter.key and f.kind is Kind.GAP):
        times = times[[not gap.covers(time) for time in times.tolist()]]
    shown, serials = registers(track, (meter.key, quantity), times)
    plated = serials if meter.format == "native" else [meter.serial] * len(times)
    fields = {
        "value": shown * track.site.meters[meter.key].unit_in_kept,
        "seconds": np.zeros(len(times)),
        "quality": np.full(len(times), "good", object),
        "serial": np.array(plated, object),
    }
    return Columns(times, fields)


def hours(track: Track, meter: Meter, quantity: str) -> Hours:
    """Return a register's closed hours as the pipe derives them."""
    register = meter.register(quantity)
    assert register is not None
    edges = np.arange(track.begin_ms // HOUR_MS * HOUR_MS, track.end_ms + 1, HOUR_MS, dtype=np.int64)
    use = series.resample(consumption.read(raw(track, meter, quantity), meter, register).pieces, edges)
    return Hours(edges[:-1], use.value, use.coverage, use.estimated)


def findings(track: Track) -> list[Finding]:
    """Return what every rule finds at every meter of the school."""
    registry = registry_of(track)
    known = contexts(registry, from_ms(track.end_ms))
    # Every meter is looked at by its neighbours too.
    read = cache(lambda key, quantity: hours(track, registry.meters[key], quantity))
    return [finding for context in known for finding in _of_meter(track, registry, (context, read))]


def _of_meter(track: Track, registry: Registry, of: tuple[Context, Callable[[str, str], Hours]]) -> list[Finding]:
    found: list[Finding] = []
    context, read = of
    meter, quantity = context.meter, context.quantity
    own = read(meter.key, quantity)
    keys = related(kin(registry, from_ms(track.end_ms)), meter, quantity)
    for rule in detectors().values():
        if quantity in rule.quantities:
            seen = around(keys, rule.needs, own, lambda key: read(key, quantity))
            breaks = _breaks(track, meter, quantity) if BREAKS in rule.needs else ()
            verdict = rule.judge(own, replace(context, around=replace(seen, breaks=breaks)))
            found += [] if isinstance(verdict, NotJudged) else [one for one in verdict if one.opens]
    return found


def _breaks(track: Track, meter: Meter, quantity: str) -> tuple[consumption.Suspicion, ...]:
    register = meter.register(quantity)
    assert register is not None
    return consumption.read(raw(track, meter, quantity), meter, register).suspicions
