"""What an edge node's births say of its metrics, kept from message to message: an alias has no meaning without one.

Source: Eclipse Sparkplug Specification 3.0.0, chapters 5 and 6: an NBIRTH begins a session with seq 0 and ends what
was known of the node's devices; each further message of node or device has the next seq (0 after 255), so that a hole
tells of a message that was missed, which may have been a birth; NDEATH ends the session whose bdSeq it names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ingest.sparkplug import Meaning, Payload

NAMESPACE = "spBv1.0"
BIRTHS, DATA, DEATHS = ("NBIRTH", "DBIRTH"), ("NDATA", "DDATA"), ("NDEATH", "DDEATH")
_OF_NODES = ("NBIRTH", "NDATA", "NDEATH")
_SEQS = 256


class Place(NamedTuple):
    """Who speaks on a topic, and what kind of message; of a node itself the device is empty."""

    group: str
    kind: str
    node: str
    device: str = ""


def place(topic: str) -> Place | None:
    """Return who speaks on a topic; None for what is no birth, data, death or command of Sparkplug."""
    if not topic.startswith(NAMESPACE):
        return None
    parts = topic.split("/")
    if len(parts) not in (4, 5) or parts[0] != NAMESPACE or not all(parts):
        return None
    found = Place(parts[1], parts[2], *parts[3:])
    of_node = (*_OF_NODES, "NCMD") if not found.device else ("DBIRTH", "DDATA", "DDEATH", "DCMD")
    return found if found.kind in of_node else None


def command_topic(topic: str) -> str | None:
    """Return where a node takes commands, by any topic of its own or the one it is registered under."""
    at = place(topic)
    parts = topic.split("/")
    if at is None and (len(parts) not in (3, 4) or parts[0] != NAMESPACE or not all(parts) or parts[1] == "STATE"):
        return None
    group, node = (at.group, at.node) if at is not None else (parts[1], parts[2])
    return f"{NAMESPACE}/{group}/NCMD/{node}"


@dataclass(frozen=True, slots=True)
class Part:
    """What a birth of a node or device said: meanings by alias and by name; `stale`: one may have been missed."""

    aliases: dict[int, Meaning] = field(default_factory=dict)
    names: dict[str, Meaning] = field(default_factory=dict)
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Births:
    """What is known of a node: its parts by device (its own under ""), and of its session.

    `since_ms` is when the session can have begun at the earliest [epoch ms]; `moved` are aliases that had two
    meanings within it.
    """

    parts: dict[str, Part] = field(default_factory=dict)
    seq: int | None = None
    number: int | None = None
    since_ms: int = 0
    moved: frozenset[int] = frozenset()


def heard(before: Births, at: Place, payload: Payload, arrived_ms: int) -> Births:
    """Return what is known after a message."""
    if at.kind == "NBIRTH":
        return _born(before, payload, arrived_ms)
    if at.kind == "NDEATH":
        return before if before.number != _number(payload) else Births(since_ms=arrived_ms)
    if at.kind not in ("DBIRTH", *DATA, "DDEATH"):
        return before
    after = _followed(before, payload.seq)
    if at.kind == "DBIRTH":
        return _with_part(after, at.device, payload)
    if at.kind == "DDEATH":
        return replace(after, parts={name: part for name, part in after.parts.items() if name != at.device})
    return after


def _born(before: Births, payload: Payload, arrived_ms: int) -> Births:
    number = _number(payload)
    if before.parts and before.number != number:
        before = Births(since_ms=arrived_ms)
    silent = {name: replace(part, stale=True) for name, part in before.parts.items()}
    return _with_part(replace(before, parts=silent, seq=payload.seq, number=number), "", payload)


def _number(payload: Payload) -> int | None:
    """Return the bdSeq of a birth or death, which holds them together."""
    told = [metric.value.value for metric in payload.metrics if metric.name == "bdSeq" and metric.value is not None]
    return next((value for value in told if isinstance(value, int)), None)


def _followed(before: Births, seq: int | None) -> Births:
    """Take note of a seq: the next one, the same once more (a copy), or another, after which births are in doubt."""
    if seq is None or before.seq is None or seq == before.seq:
        return before
    if seq == (before.seq + 1) % _SEQS:
        return replace(before, seq=seq)
    return replace(before, seq=seq, parts={name: replace(part, stale=True) for name, part in before.parts.items()})


def _with_part(before: Births, device: str, payload: Payload) -> Births:
    told = [(metric.alias, Meaning(metric.name, metric.kind, metric.unit or "")) for metric in payload.metrics]
    part = Part(
        {alias: meaning for alias, meaning in told if alias is not None and meaning.name},
        {meaning.name: meaning for _, meaning in told if meaning.name},
    )
    old = {alias: meaning for known in before.parts.values() for alias, meaning in known.aliases.items()}
    moved = {alias for alias, meaning in part.aliases.items() if old.get(alias, meaning) != meaning}
    return replace(before, parts=before.parts | {device: part}, moved=before.moved | moved)


def dump(births: Births) -> str:
    """Return births as text; what no part knows is left out."""
    parts = {
        name: {
            "a": sorted((a, *m) for a, m in part.aliases.items()),
            "n": sorted(part.names.values()),
            "s": part.stale,
        }
        for name, part in births.parts.items()
    }
    told = {"p": parts, "q": births.seq, "b": births.number, "t": births.since_ms, "m": sorted(births.moved)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Births:
    """Return births from their text; the empty one is of a node never heard."""
    if not text:
        return Births()
    told = json.loads(text)
    parts = {
        name: Part(
            {alias: Meaning(*meaning) for alias, *meaning in part["a"]},
            {name: Meaning(name, *rest) for name, *rest in part["n"]},
            part["s"],
        )
        for name, part in told["p"].items()
    }
    return Births(parts, told["q"], told["b"], told["t"], frozenset(told["m"]))
