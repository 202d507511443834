"""What did not become data, and what to do about it: quarantine, conflicts, topics nobody registered."""

from __future__ import annotations

import json
import shlex
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from campus.ports import Conflict, NewTopic, Reason
from campus.registry import Registry
from campus.remedies import REMEDIES
from campus.said import Said
from campus.schema import from_ms
from campus.units import QUANTITIES
from web.names import place
from web.state import View
from web.words import REASONS

CONFLICTS_SHOWN = 5
TOPICS_SHOWN = 20
PAYLOAD_SHOWN = 600  # bytes: enough to know a device by


@dataclass(frozen=True, slots=True)
class Kept:
    """How many messages one reason keeps in quarantine, and what to do."""

    reason: Reason
    name: Said
    remedy: Said
    count: int


@dataclass(frozen=True, slots=True)
class Clash:
    """Two different values of one meter and moment; the later arrival stands."""

    place: Said
    time: datetime
    old: float
    new: float
    unit: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic nobody registered; `command` is empty where typing the topic would not be safe."""

    topic: str
    messages: int
    last_seen: datetime
    payload: str
    cut: int
    format: str
    command: str


def kept(view: View) -> list[Kept]:
    """Return the reasons with open entries, the most frequent first."""
    counts = view.quarantine.counts()
    rows = [
        Kept(reason, REASONS[reason], Said(*REMEDIES[reason]), count) for reason, count in counts.items() if count
    ]
    return sorted(rows, key=lambda row: -row.count)


def clashes(view: View, registry: Registry) -> list[Clash]:
    """Return the latest conflicts, newest first."""
    return [_clash(registry, conflict) for conflict in view.store.conflicts(CONFLICTS_SHOWN)]


def _clash(registry: Registry, conflict: Conflict) -> Clash:
    quantity = QUANTITIES.get(conflict.series.name)
    unit = quantity.unit if quantity else ""
    where = place(registry, f"meter/{conflict.series.subject}")
    return Clash(where, from_ms(conflict.time_ms), conflict.old, conflict.new, unit)


def topics(view: View) -> list[Topic]:
    """Return the unregistered topics, most recently heard first."""
    return [_topic(new) for new in view.quarantine.new_topics()[:TOPICS_SHOWN]]


def _topic(new: NewTopic) -> Topic:
    return Topic(
        topic=visible(new.topic),
        messages=new.messages,
        last_seen=new.last_seen,
        payload=legible(new.payload[:PAYLOAD_SHOWN]),
        cut=max(0, len(new.payload) - PAYLOAD_SHOWN),
        format=new.format,
        command=command(new.topic),
    )


def command(topic: str) -> str:
    """Return what to type to register a topic, quoted for a shell; empty when the topic is not plain text."""
    if not topic or visible(topic) != topic:
        return ""
    return f"campus meters add {'-- ' if topic.startswith('-') else ''}{shlex.quote(topic)}"


def legible(payload: bytes) -> str:
    """Return a payload as text: JSON indented, anything else as it is, without characters that act."""
    text = payload.decode("utf-8", errors="backslashreplace")
    try:
        text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return visible(text, keep="\n")
    return visible(text, keep="\n")


def visible(text: str, keep: str = "") -> str:
    """Return the text with control, format and direction characters spelled out, so that none acts on a screen."""
    return "".join(
        character if character in keep or unicodedata.category(character)[0] != "C" else _spelled(character)
        for character in text
    )


def _spelled(character: str) -> str:
    return f"\\u{ord(character):04x}"
