"""What formats remember from message to message, so that the same journal always reads the same.

A consumer of the journal keeps the memory beside its place, in one file: after a crash both are of the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from campus.ports import Reason
from campus.readings import Reject
from ingest.checks import Routed, Routes, readings
from ingest.payload import Format, Message

# Sessions remembered, and characters of each: what strangers publish must fill neither memory nor the file.
MOST_SESSIONS = 1_000
LONGEST = 1_000_000

Memory = dict[str, str]


@dataclass(slots=True)
class Hearing:
    """Who speaks on which topic, and what was said so far: the memory goes on with every message read."""

    known: Routes
    memory: Memory = field(default_factory=dict)
    formats: tuple[Format, ...] = field(init=False)

    def __post_init__(self) -> None:
        # Found once: nearly every message is of a format without sessions.
        self.formats = tuple(fmt for fmt in self.known.formats.values() if fmt.session is not None)


def read(hearing: Hearing, message: Message) -> list[Routed | Reject]:
    """Return what a message holds, in the light of those before it, and remember it."""
    fmt = None if message.replayed else _speaking(hearing.formats, message.topic)
    if fmt is None:
        return readings(hearing.known, message)
    told = _in_session(hearing, message, fmt)
    results = readings(hearing.known, told)
    # A gateway's own births and deaths, if they hold no counter, wait for nobody to register the gateway.
    return [] if _unknown(results) and not fmt.decode(told) else results


def _unknown(results: list[Routed | Reject]) -> bool:
    return [result.reason for result in results if isinstance(result, Reject)] == [Reason.UNKNOWN_TOPIC]


def _in_session(hearing: Hearing, message: Message, fmt: Format) -> Message:
    assert fmt.session is not None
    key = _key(fmt, message.topic)
    told = replace(message, before=hearing.memory.get(key, ""))
    after = fmt.session.after(told)
    if len(after) > LONGEST or (key not in hearing.memory and len(hearing.memory) >= MOST_SESSIONS):
        hearing.memory.pop(key, None)
    elif after:
        hearing.memory[key] = after
    return told


def _speaking(formats: Iterable[Format], topic: str) -> Format | None:
    """Return the format whose sessions are held on a topic."""
    return next((fmt for fmt in formats if fmt.session is not None and fmt.session.key(topic) is not None), None)


def _key(fmt: Format, topic: str) -> str:
    return f"{fmt.name}:{fmt.session.key(topic) if fmt.session else None}"


def alone(formats: Iterable[Format], memory: Mapping[str, str], message: Message) -> Message:
    """Return a message as it can be read in another journal: with what it needs of its session written in."""
    fmt = _speaking(formats, message.topic)
    if fmt is None or fmt.session is None:
        return message
    told = replace(message, before=memory.get(_key(fmt, message.topic), ""))
    return replace(fmt.session.alone(told), replayed=True)
