"""A changed registry reopens the figures it made: the change enters the journal as an event, like a reading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app import desk, virtual
from campus.registry import Registry
from campus.schema import virtual_subject
from campus.virtual import periods

TOPIC = "$campus/registry"


def reopen(journal_root: Path, state: Path, registries: Mapping[str, Registry]) -> dict[str, list[str]]:
    """Journal an event for all meters, real and virtual, that are not as they were when `state` was written.

    Returns them by school, a virtual one by its subject.

    The state is written after the event: cut short in between, the event is journaled twice, which is harmless.
    """
    before: dict[str, dict[str, str]] = json.loads(state.read_text()) if state.exists() else {}
    now = {school: _fingerprints(registry) for school, registry in registries.items()}
    changed = {
        school: sorted(meter for meter, print_ in prints.items() if before.get(school, {}).get(meter) != print_)
        for school, prints in now.items()
    }
    events = [
        desk.event(TOPIC, {"school": school, "version": registries[school].version, **_of(registries[school], keys)})
        for school, keys in changed.items()
        if keys
    ]
    if events:
        desk.append(journal_root, events)
    if events or now != before:
        state.parent.mkdir(parents=True, exist_ok=True)
        temporary = state.with_suffix(".tmp")
        temporary.write_text(json.dumps(before | now))
        temporary.replace(state)
    return {school: keys for school, keys in changed.items() if keys}


def _fingerprints(registry: Registry) -> dict[str, str]:
    """What a meter's figures depend on: itself, and who stands above it (a change there moves the sums); what a
    survey asks beside it, or by which gateway it speaks, moves nothing. A virtual one's depend on what it is the sum
    of, and from when on."""
    counted: dict[str, object] = {
        key: replace(meter, survey={}, gateway="") for key, meter in registry.meters.items()
    }
    counted |= {
        virtual_subject(key): (one.quantity.key, periods(registry, one), virtual.tells_hours(registry, one))
        for key, one in registry.virtuals.items()
    }
    return {key: hashlib.sha256(repr(meter).encode()).hexdigest()[:16] for key, meter in counted.items()}


def _of(registry: Registry, keys: list[str]) -> dict[str, object]:
    """Return what an event names: registers by meter and quantity, and virtual meters."""
    meters = [registry.meters[key] for key in keys if key in registry.meters]
    return {
        "registers": [(meter.key, register.quantity.key) for meter in meters for register in meter.registers],
        "virtuals": [key for key in registry.virtuals if virtual_subject(key) in keys],
    }
