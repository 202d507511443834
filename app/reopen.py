"""A changed registry reopens the figures it made: the change enters the journal as an event, like a reading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app import desk
from campus.registry import Meter, Registry

TOPIC = "$campus/registry"


def reopen(journal_root: Path, state: Path, registries: Mapping[str, Registry]) -> dict[str, list[str]]:
    """Journal an event for every meter that is not as it was when `state` was written; return them by school.

    The state is written after the event: cut short in between, the event is journaled twice, which is harmless.
    """
    before: dict[str, dict[str, str]] = json.loads(state.read_text()) if state.exists() else {}
    now = {school: _fingerprints(registry) for school, registry in registries.items()}
    changed = {
        school: sorted(meter for meter, print_ in prints.items() if before.get(school, {}).get(meter) != print_)
        for school, prints in now.items()
    }
    events = [
        desk.event(TOPIC, {"school": school, "version": registries[school].version, "registers": _registers(meters)})
        for school, keys in changed.items()
        if (meters := [registries[school].meters[key] for key in keys])
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
    survey asks beside it moves nothing."""
    counted = {key: replace(meter, survey={}) for key, meter in registry.meters.items()}
    return {key: hashlib.sha256(repr(meter).encode()).hexdigest()[:16] for key, meter in counted.items()}


def _registers(meters: list[Meter]) -> list[tuple[str, str]]:
    return [(meter.key, register.quantity.key) for meter in meters for register in meter.registers]
