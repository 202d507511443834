"""What a payload format is: how a message becomes items, before anybody knows whose meter it was."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from campus import catalogue
from campus.ports import Reason
from campus.readings import Kind, Quality, Reject


@dataclass(frozen=True, slots=True)
class Message:
    """What arrived: `retained` says the broker had kept it, so its arrival says nothing about its age.

    `before` is what its session remembers of earlier messages; one `replayed` is of no session any more.
    """

    topic: str
    payload: bytes
    arrived: datetime
    retained: bool = False
    before: str = ""
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One value as the device said it: its own unit, quantity and channel; empty means "as registered".

    `time` is None where the device sent none. `duration` is set for an interval, labelled by its start.
    """

    value: float
    kind: Kind
    time: datetime | None
    quantity: str = ""
    unit: str = ""
    channel: str = ""
    duration: timedelta = timedelta(0)
    serial: str = ""
    quality: Quality = Quality.GOOD


class Registers(NamedTuple):
    """Counter readings that are alike in all but time [epoch ms] and value, as most messages hold them: the same
    unit, quantity and serial ("" where none is told), no channel, good quality, each with a time of its own."""

    times_ms: list[int]
    values: list[float]
    unit: str = ""
    quantity: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """For a format whose messages refer to earlier ones: how these are remembered.

    `key` names the session that a topic belongs to, if any. `after` returns what is to be remembered once a message
    was heard, given what was before it (`Message.before`), in a text of the format's own. `alone` returns a message
    with what it needs of its session written into it, as far as that is certain.
    """

    key: Callable[[str], str | None]
    after: Callable[[Message], str]
    alone: Callable[[Message], Message]


@dataclass(frozen=True, slots=True)
class Format:
    """A payload format, one file in `ingest/payloads/`.

    `base` turns a message's topic into the topic a meter is registered under; None: not a topic of this format.
    `decode` never raises: what it cannot read it gives back as a `Reject`; an empty list is a message of a
    known kind that holds no meter value (a heartbeat). `encode` is the inverse for what the format can say.
    `plain` may read the plainest payloads at once, without an object a value; None: only `decode` can tell.
    """

    name: str
    summary: str
    example_topic: str
    example_payload: bytes
    base: Callable[[str], str | None]
    decode: Callable[[Message], list[Item | Reject]]
    encode: Callable[[Sequence[Item]], bytes] | None = None
    channels: tuple[str, ...] = field(default=())
    session: Session | None = None
    plain: Callable[[bytes], Registers | None] | None = None


def formats() -> dict[str, Format]:
    """Return the formats of `ingest/payloads/`, by name."""
    from ingest import payloads

    return catalogue.load(payloads, "FORMAT")


def recognise(known: dict[str, Format], message: Message) -> str:
    """Return the name of the first format that reads a value out of the message, or the empty string."""
    for name, fmt in known.items():
        if fmt.base(message.topic) is None:
            continue
        # Data whose birth is missing is of its format beyond doubt: the topic says so.
        if any(isinstance(i, Item) or i.reason == Reason.BIRTH_MISSING for i in fmt.decode(message)):
            return name
    return ""


_DECODER = json.JSONDecoder()


def parse_json(payload: bytes) -> Any | Reject:
    """Return the parsed payload, or a Reject for what is not JSON in UTF-8.

    NaN and Infinity, which JSON does not have and many a device sends, are read: `number` refuses them one by one,
    so that a loose sensor does not take the rest of a batch with it.
    """
    try:
        return _DECODER.decode(payload.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return Reject(Reason.UNDECODABLE, f"not JSON: {error}")


def number(value: Any) -> float | None:
    """Return a finite float of a JSON number; None for anything else (true and "12" are not numbers)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


_CONSTANTS = {None: "null", True: "true", False: "false"}
_SHOWN = 60  # characters of a foreign value that a sentence quotes
_SHOWN_BITS = 1024  # of an integer; beyond some thousand digits Python refuses to write one out


def shown(value: Any) -> str:
    """Return a parsed JSON value as a short piece of a sentence."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return f"an integer of {value.bit_length()} bits"
    text = _CONSTANTS[value] if value is None or isinstance(value, bool) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def text(value: Any) -> str:
    """Return a name or a number as text; JSON's null is an empty one, and what is no text stays recognisable."""
    if value is None:
        return ""
    return value if isinstance(value, str) else shown(value)


# A number of seconds since 1970 of this size would lie in the year 5138: it counts milliseconds.
MILLISECONDS_FROM = 1e11


def parse_time(value: Any) -> datetime | Reject:
    """Return the aware UTC time of an ISO 8601 text with offset, or of epoch seconds or milliseconds."""
    if isinstance(value, str):
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            return Reject(Reason.BAD_TIME, f"time {shown(value)} is not ISO 8601")
        if time.tzinfo is None:
            return Reject(Reason.NO_TIME_ZONE, f"time {shown(value)} has no offset: send …+08:00 or …Z")
        try:
            return time.astimezone(UTC)
        except OverflowError:
            return Reject(Reason.BAD_TIME, f"time {shown(value)} is out of range")
    seconds = number(value)
    if seconds is None:
        return Reject(Reason.BAD_TIME, f"time {shown(value)} is neither text nor a number")
    try:
        return datetime.fromtimestamp(seconds / 1000 if abs(seconds) >= MILLISECONDS_FROM else seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return Reject(Reason.BAD_TIME, f"time {shown(value)} is out of range")
