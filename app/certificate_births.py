"""What formats with sessions remember at the beginning of a window: their births may have come long before it.

Nothing of this is read where no meter speaks such a format; else backwards, as far as the window's messages need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from campus.ports import Reason
from campus.readings import Reject
from ingest.checks import Routes
from ingest.payload import Message
from ingest.sessions import Hearing, Memory, read

# How the messages of a segment are read, oldest first.
Segment = Callable[[int], Iterable[Message]]


def remembered(known: Routes, of_segment: Segment, before: Sequence[int], inside: Sequence[int]) -> Memory:
    """Return the memory at the first of the segments `inside`, from those `before` it (ascending)."""
    if not any(known.formats[m.format].session for speakers in known.by_topic.values() for _, m in speakers):
        return {}
    samples = _first_of_each_topic(known, (message for number in inside for message in of_segment(number)))
    memory: Memory = {}
    back = 1
    while before and any(_lacks_birth(known, memory, sample) for sample in samples):
        memory = {}
        for number in before[-back:]:
            for message in _in_sessions(known, of_segment(number)):
                read(Hearing(known, memory), message)
        if back >= len(before):
            break
        back *= 2
    return memory


def _first_of_each_topic(known: Routes, messages: Iterable[Message]) -> list[Message]:
    first: dict[str, Message] = {}
    for message in _in_sessions(known, messages):
        first.setdefault(message.topic, message)
    return list(first.values())


def _in_sessions(known: Routes, messages: Iterable[Message]) -> Iterator[Message]:
    sessions = [fmt.session for fmt in known.formats.values() if fmt.session is not None]
    for message in messages:
        if not message.replayed and any(session.key(message.topic) is not None for session in sessions):
            yield message


def _lacks_birth(known: Routes, memory: Memory, message: Message) -> bool:
    results = read(Hearing(known, dict(memory)), message)
    return any(isinstance(result, Reject) and result.reason == Reason.BIRTH_MISSING for result in results)
