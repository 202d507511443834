"""A simulated school's history judged without a broker: what its devices show, its hours, the detectors' findings."""

from __future__ import annotations

from analytics.hours import Hours
from app import trial
from app.registry_toml import load_registry
from app.sight import Sight
from app.sim_rows import SimRows
from campus.registry import Meter, Registry
from campus.results import Finding
from campus.schema import from_ms
from ingest.payload import formats
from sim.registers import Track
from sim.toml import school_toml


def registry_of(track: Track) -> Registry:
    """Return the registry that the school's own file gives."""
    registry, issues = load_registry(school_toml(track), "demo.toml", formats())
    assert registry is not None, issues
    return registry


def rows_of(track: Track) -> SimRows:
    """Return what the school would leave in its store."""
    return SimRows(track, registry_of(track))


def hours(track: Track, meter: Meter, quantity: str) -> Hours:
    """Return a register's closed hours as the pipe derives them."""
    rows = rows_of(track)
    return Sight(rows, rows.registry).hours(meter.key, quantity)


def findings(track: Track) -> list[Finding]:
    """Return what every rule finds at every meter of the school."""
    rows = rows_of(track)
    return trial.findings(trial.said(rows.registry, rows, from_ms(track.end_ms)))
