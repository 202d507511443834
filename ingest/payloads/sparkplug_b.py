"""Sparkplug B: births name a node's metrics, their types and units; data refers to them by alias.

Source: Eclipse Sparkplug Specification 3.0.0. A metric is a counter by the unit among its properties, or by its name
(`ingest.register_names`); its channel is its name. What births said is kept in the session (`ingest.births`): data
whose birth was not heard, or may have been missed, waits for the node to be born again, and is then replayed. Since
only one journal hears a session, Sparkplug topics belong on no shared subscription. Templates and data sets are no
registers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from campus.ports import Reason
from campus.readings import Kind, Reject
from campus.schema import to_ms
from ingest.births import BIRTHS, DATA, Births, Part, dump, heard, load, place
from ingest.payload import Format, Item, Message, Session, number
from ingest.protobuf import Malformed
from ingest.register_names import Counter, counter_in
from ingest.sparkplug import COMPRESSED, DOUBLE, QUALITY_GOOD, Meaning, Metric, Payload, parse
from ingest.sparkplug import number as number_of
from ingest.sparkplug_write import of_double, written

_ABOUT_THE_NODE = ("Node Control/", "Device Control/", "Properties/", "bdSeq")
_TEMPLATE = 18  # field of a metric's value that is a template, with metrics of its own
_MISSED = "a message before it was missed, perhaps a birth"
_ASK = "ask the node for its birth (campus sparkplug rebirth TOPIC), then replay"


def decode(message: Message) -> list[Item | Reject]:
    """Return the counters of a birth or of data; deaths and commands hold none."""
    at = place(message.topic)
    if at is None:
        return [
            Reject(Reason.UNDECODABLE, "the topic is none of Sparkplug's: spBv1.0/<group>/<type>/<node>/<device>")
        ]
    if at.kind not in (*BIRTHS, *DATA):
        return []
    payload = _parsed(message)
    if isinstance(payload, Reject):
        return [payload]
    part = heard(load(message.before), at, payload, to_ms(message.arrived)).parts.get(at.device)
    items: list[Item | Reject] = []
    missing = False
    for metric in payload.metrics:
        meaning = _own(metric) if at.kind in BIRTHS else _meaning(metric, part)
        if isinstance(meaning, Reject):
            # One birth explains them all: said once of a message.
            if missing:
                continue
            missing = True
        item = meaning if isinstance(meaning, Reject) else _item(metric, meaning, payload)
        if item is not None:
            items.append(replace(item, item=len(items)) if isinstance(item, Reject) else item)
    return items


def _parsed(message: Message) -> Payload | Reject:
    try:
        payload = parse(message.payload)
    except Malformed as error:
        return Reject(Reason.UNDECODABLE, f"not a Sparkplug payload: {error}")
    if payload.kind == COMPRESSED:
        return Reject(Reason.UNDECODABLE, "the payload is compressed: switch compression off at the node")
    return payload


def _own(metric: Metric) -> Meaning:
    return Meaning(metric.name, metric.kind, metric.unit or "")


def _meaning(metric: Metric, part: Part | None) -> Meaning | Reject:
    """Return what a metric of data is: told by itself, by name, or by an alias of a birth that surely holds."""
    if (own := metric.own) is not None:
        return own
    if part is None:
        return Reject(Reason.BIRTH_MISSING, f"no birth of this node or device was heard: {_ASK}")
    if metric.name:
        return part.names.get(metric.name) or Reject(
            Reason.BIRTH_MISSING, f"{metric.name[:60]!r} is in no birth: {_ASK}"
        )
    if part.stale:
        return Reject(Reason.BIRTH_MISSING, f"{_MISSED}: {_ASK}")
    found = None if metric.alias is None else part.aliases.get(metric.alias)
    return found or Reject(Reason.BIRTH_MISSING, f"alias {metric.alias} is in no birth: {_ASK}")


def _item(metric: Metric, meaning: Meaning, payload: Payload) -> Item | Reject | None:
    meant = None if meaning.name.startswith(_ABOUT_THE_NODE) else counter_in(meaning.name, meaning.unit)
    if meant is None or (metric.value is not None and metric.value.number == _TEMPLATE):
        return None
    name = meaning.name[:80]
    if metric.quality != QUALITY_GOOD:
        return Reject(Reason.NOT_A_NUMBER, f"{name} is of quality {metric.quality}: bad or stale by its own word")
    value = None if metric.null else number(number_of(metric, meaning.kind))
    if value is None:
        return Reject(Reason.NOT_A_NUMBER, f"{name} is {'null' if metric.null else 'no number of its type'}")
    return _timed(metric, payload, Item(value, Kind.REGISTER, None, meant.quantity, meant.unit, meaning.name))


def _timed(metric: Metric, payload: Payload, item: Item) -> Item | Reject:
    """Give a value its own time, or that of its payload; what is told from the past must say when."""
    told = metric.time_ms if metric.time_ms is not None or metric.historical else payload.time_ms
    if told is None:
        past = Reject(Reason.BAD_TIME, f"{item.channel[:80]} is of the past and does not say when")
        return past if metric.historical else item
    try:
        return replace(item, time=datetime.fromtimestamp(told / 1000, UTC))
    except (OverflowError, OSError, ValueError):
        return Reject(Reason.BAD_TIME, f"{item.channel[:80]}: {told} ms is out of range")


def _session(topic: str) -> str | None:
    at = place(topic)
    return None if at is None or at.kind.endswith("CMD") else f"{at.group}/{at.node}"


def _after(message: Message) -> str:
    """Return what is known once the message has been heard; a kept one, and one that cannot be read, add nothing."""
    at, payload = place(message.topic), _parsed(message)
    if at is None or message.retained or isinstance(payload, Reject):
        return message.before
    return dump(heard(load(message.before), at, payload, to_ms(message.arrived)))


def _alone(message: Message) -> Message:
    """Return data with the meanings of a later birth of the same session written in, where they are certain."""
    at, payload, births = place(message.topic), _parsed(message), load(message.before)
    if at is None or at.kind not in DATA or isinstance(payload, Reject) or to_ms(message.arrived) < births.since_ms:
        return replace(message, before="")
    metrics = tuple(_told(metric, births, at.device) for metric in payload.metrics)
    return replace(message, payload=written(replace(payload, metrics=metrics)), before="")


def _told(metric: Metric, births: Births, device: str) -> Metric:
    part = births.parts.get(device)
    if metric.own is not None or part is None or part.stale or metric.alias in births.moved:
        return metric
    meaning = _meaning(metric, part)
    if isinstance(meaning, Reject) or not meaning.kind:
        return metric
    return replace(metric, name=meaning.name, kind=meaning.kind, unit=meaning.unit)


def encode(items: Sequence[Item]) -> bytes:
    """Return a birth with these counters as doubles; raises ValueError for what name and unit do not tell."""
    if any(counter_in(item.channel, item.unit) != Counter(item.unit, item.quantity) for item in items):
        raise ValueError("a metric's name and unit tell that it counts, and what")
    metrics = [
        Metric(
            item.channel,
            time_ms=None if item.time is None else to_ms(item.time),
            kind=DOUBLE,
            unit=item.unit,
            value=of_double(item.value),
        )
        for item in items
    ]
    return written(Payload(metrics=tuple(metrics), seq=0))


def base(topic: str) -> str | None:
    """Return spBv1.0/<group>/<node>[/<device>]: the topic without the type of the message."""
    at = place(topic)
    return None if at is None else "/".join(filter(None, ("spBv1.0", at.group, at.node, at.device)))


FORMAT = Format(
    name="sparkplug_b",
    summary="Sparkplug B births and data of edge nodes and their devices",
    example_topic="spBv1.0/school/DBIRTH/boiler-room/meter-1",
    example_payload=b"\x08\xa0\xdf\xec\x84\xa04\x120\n\x06Energy\x10\x03\x18\xa0\xdf\xec\x84\xa04 \nJ\x12\n\x07"
    b"engUnit\x12\x07\x08\x0cB\x03kWhi\x00\x00\x00\x00\x80\xbb\xbf@\x18\x01",
    base=base,
    decode=decode,
    encode=encode,
    session=Session(key=_session, after=_after, alone=_alone),
)
