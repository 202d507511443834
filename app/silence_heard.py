"""What is remembered of arrivals: when each meter spoke last, how it keeps time, and since when we listen.

Behind the journal's cursor, and written every minute at most: what a crash loses of it is told by the next message.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from app import skew
from app.settings import Settings
from app.skew import JUDGED, KEPT, LEAST, Ways
from campus.readings import Quality, Reject
from campus.registry import Meter, Registry
from campus.said import Said
from campus.schema import to_ms
from ingest.checks import Routed, Routes
from ingest.payload import Message


@dataclass(slots=True)
class Ear:
    """What was heard of a meter: its last word [epoch ms], the freshest reading it ever sent [ms old], its ways."""

    heard_ms: int
    freshest_ms: int | None = None
    ways: Ways = field(default_factory=Ways)

    def lives(self, limit: timedelta) -> bool:
        """Whether it ever spoke of the present, or at a pace of its own; what only sends its history does not."""
        fresh = self.freshest_ms is not None and self.freshest_ms <= limit // timedelta(milliseconds=1)
        return fresh or len(self.ways.ways_ms) >= LEAST


@dataclass(slots=True)
class Memory:
    """The ears by school and meter, and from when to when we listened last without a break [epoch ms]."""

    ears: dict[str, dict[str, Ear]] = field(default_factory=dict)
    since_ms: int | None = None
    seen_ms: int | None = None

    def hear(
        self, message: Message, results: Sequence[Routed | Reject], known: Routes, schools: Mapping[str, Registry]
    ) -> None:
        """Note who spoke. What the broker had kept, a file says or we replay is nobody's word of now.

        Who sends what cannot be read is not silent either.
        """
        if message.retained or message.replayed or message.topic.startswith("$"):
            return
        arrived_ms = to_ms(message.arrived)
        for result in results:
            registry = schools.get(result.school) if isinstance(result, Routed) else None
            if isinstance(result, Routed) and registry and result.reading.meter in registry.meters:
                self._note(result, registry.meters[result.reading.meter], arrived_ms)
        if not any(isinstance(result, Routed) for result in results):
            for school, meter in _speakers(message.topic, known):
                self._ear(school, meter.key, arrived_ms)

    def _note(self, said: Routed, meter: Meter, arrived_ms: int) -> None:
        ear, reading = self._ear(said.school, meter.key, arrived_ms), said.reading
        said_ms = to_ms(reading.time + reading.duration)
        age_ms = arrived_ms - said_ms
        ear.freshest_ms = age_ms if ear.freshest_ms is None else min(ear.freshest_ms, age_ms)
        if meter.arrival in JUDGED and reading.quality is not Quality.ARRIVAL:
            ear.ways.add(meter, arrived_ms, said_ms)

    def _ear(self, school: str, meter: str, arrived_ms: int) -> Ear:
        ear = self.ears.setdefault(school, {}).setdefault(meter, Ear(arrived_ms))
        ear.heard_ms = max(ear.heard_ms, arrived_ms)
        return ear

    def skews(self, school: str) -> dict[str, float]:
        """Return the clocks' errors [s] by meter, of those that are known."""
        found = {meter: ear.ways.skew_s() for meter, ear in self.ears.get(school, {}).items()}
        return {meter: off_s for meter, off_s in found.items() if off_s is not None}


def _speakers(topic: str, known: Routes) -> list[tuple[str, Meter]]:
    bases = {topic, *(fmt.base(topic) for fmt in known.formats.values())} - {None}
    return [speaker for base in bases if base is not None for speaker in known.by_topic.get(base, ())]


def clocks(settings: Settings, school: str) -> dict[str, Said]:
    """Return of which meters the clock is off, and how far, in words."""
    found = {key: skew.said(off) for key, off in load(state_file(settings.data.cursors)).skews(school).items()}
    return {key: said for key, said in found.items() if said.zh}


def state_file(cursors: Path) -> Path:
    """Return where the memory is kept."""
    return cursors / "derive" / "heard" / "state.json"


def load(path: Path) -> Memory:
    """Return what was kept, or an empty memory: also of a file that cannot be read, as it only makes us wait."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        ears = {school: {k: _ear(v) for k, v in meters.items()} for school, meters in stored["ears"].items()}
        return Memory(ears, stored["since_ms"], stored["seen_ms"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Memory()


def save(path: Path, memory: Memory) -> None:
    """Keep a memory; the old one or the new one is read back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ears = {school: {k: _kept(v) for k, v in meters.items()} for school, meters in memory.ears.items()}
    temporary = path.with_suffix(f".{os.getpid()}")
    body = {"ears": ears, "since_ms": memory.since_ms, "seen_ms": memory.seen_ms}
    temporary.write_text(json.dumps(body), encoding="utf-8")
    temporary.replace(path)


def _kept(ear: Ear) -> list[Any]:
    return [ear.heard_ms, ear.freshest_ms, ear.ways.ways_ms, ear.ways.last_ms]


def _ear(kept: Sequence[Any]) -> Ear:
    heard_ms, freshest_ms, ways_ms, last_ms = kept
    return Ear(int(heard_ms), freshest_ms, Ways(KEPT, list(ways_ms), last_ms))
