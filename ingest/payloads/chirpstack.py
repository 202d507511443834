"""ChirpStack uplinks (JSON of the MQTT integration, version 4; what 3 and Milesight gateways send alike).

Source: ChirpStack documentation, "Event types" (`time` is RFC 3339, of the uplink's receipt) and "MQTT". A counter is
read from `object`, the codec's answer, by its name (`ingest.register_names`); without a codec from `data`, where the
device is Milesight's (`ingest.milesight`) or a tag tells where it stands: `counter = "2/u32be@1"`
is four bytes, most significant first, from byte 1 of a payload on fPort 2. Pulses have the registered unit and ratio.
`deduplicationId` is not needed: two copies of an uplink are one reading by meter and time.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from campus.ports import Reason
from campus.readings import Reject
from ingest import milesight
from ingest.codec import Meaning, counted, read_answer
from ingest.payload import Format, Item, Message, number, parse_json, parse_time, shown, text
from ingest.register_names import Counter, counter, counter_in

_WITHOUT_VALUES = ("status", "join", "ack", "txack", "log", "location", "integration")
_COUNTER_TAG = "counter"
_PLACE = re.compile(r"(?:(\w+)=)?(\d{1,3})/u(8|16|24|32|64)(be|le)@(\d{1,3})")
_ADVICE = 'give the device profile a codec, or the device a tag such as counter = "2/u32be@1"'


def decode(message: Message) -> list[Item | Reject]:
    """Return the counters of an uplink; events of other kinds hold none."""
    _, found, event = message.topic.rpartition("/event/")
    if found and event in _WITHOUT_VALUES:
        return []
    body = parse_json(message.payload)
    if isinstance(body, Reject):
        return [body]
    if not isinstance(body, dict) or not ({"deviceInfo", "devEUI"} & body.keys()):
        return [Reject(Reason.NO_READING, "not an uplink of ChirpStack: it says no deviceInfo")]
    time = _time(body)
    if isinstance(time, Reject):
        return [time]
    return [
        Reject(item.reason, item.detail, position)
        if isinstance(item, Reject)
        else replace(item, time=item.time or time, serial=_eui(body))
        for position, item in enumerate(_counters(body))
    ]


def _time(body: dict[str, Any]) -> datetime | Reject | None:
    """Return when the uplink was received; version 3 tells it of each gateway."""
    gateways = body.get("rxInfo")
    entries = [body, *(gateways if isinstance(gateways, list) else [])]
    told = [entry["time"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("time"), str)]
    return parse_time(told[0]) if told else None


def _info(body: dict[str, Any]) -> dict[str, Any]:
    info = body.get("deviceInfo")
    return info if isinstance(info, dict) else body


def _tags(body: dict[str, Any]) -> dict[str, Any]:
    tags = _info(body).get("tags")
    return tags if isinstance(tags, dict) else {}


def _eui(body: dict[str, Any]) -> str:
    """Return the device's EUI in hex; version 3 writes it in base64."""
    told = text(_info(body).get("devEui", body.get("devEUI")))
    if len(told) == 12:
        with_bytes = _bytes(told)
        return told if with_bytes is None else with_bytes.hex()
    return told.lower()


def _bytes(told: str) -> bytes | None:
    try:
        return base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError):
        return None


def _counters(body: dict[str, Any]) -> list[Item | Reject]:
    answer, data = _answer(body), body.get("data")
    if isinstance(answer, Reject):
        return [answer]
    told = text(_tags(body).get(_COUNTER_TAG))
    if answer and not told:
        return _of_answer(answer, milesight.meaning if _is_milesight(body) else counter_in)
    if data is None or data == "":
        return []
    payload = _bytes(data) if isinstance(data, str) else None
    if payload is None:
        return [Reject(Reason.UNDECODABLE, f"data is {shown(data)}, not base64")]
    if told:
        return list(_placed(told, body.get("fPort"), payload))
    if _is_milesight(body):
        return list(_of_milesight(payload, _model(body)))
    return [Reject(Reason.NO_READING, f"{len(payload)} bytes on fPort {shown(body.get('fPort'))}: {_ADVICE}")]


def _answer(body: dict[str, Any]) -> dict[str, Any] | Reject | None:
    """Return what the server's codec made of the payload; version 3 writes it as text."""
    answer = body.get("object")
    if answer is None and isinstance(body.get("objectJSON"), str) and body["objectJSON"]:
        answer = parse_json(body["objectJSON"].encode("utf-8", "replace"))
    if answer is None or isinstance(answer, dict | Reject):
        return answer
    return Reject(Reason.UNDECODABLE, f"object is {shown(answer)}")


def _model(body: dict[str, Any]) -> str:
    info = _info(body)
    return milesight.model(
        text(_tags(body).get("model")), text(info.get("deviceProfileName")), text(info.get("deviceName"))
    )


def _is_milesight(body: dict[str, Any]) -> bool:
    return _eui(body).startswith(milesight.OUI) or bool(_model(body))


def _of_answer(answer: dict[str, Any], meaning: Meaning) -> list[Item | Reject]:
    items, unknown = read_answer(answer, meaning)
    if items or not unknown:
        return items
    return [Reject(Reason.NO_READING, f"no counter by name among {', '.join(unknown)[:120]}: {_ADVICE}")]


def _of_milesight(payload: bytes, model: str) -> Iterator[Item | Reject]:
    try:
        found = milesight.read(payload, model)
    except milesight.NotRead as error:
        yield Reject(Reason.UNDECODABLE, str(error))
        return
    for told in found:
        if isinstance(told, str):
            yield Reject(Reason.NO_READING, told)
        else:
            yield counted(told.channel, told.value, Counter(told.unit), told.epoch_s)


def _placed(told: str, port: Any, payload: bytes) -> Iterator[Item | Reject]:
    """Yield the counters that a tag says where to find; a payload on another port holds none."""
    for place in told.split():
        found = _PLACE.fullmatch(place)
        if found is None:
            yield Reject(Reason.NO_READING, f"tag counter: {place[:40]!r} is not of the kind 2/u32be@1")
            continue
        name, on_port, bits, order, offset = found.groups()
        start, length = int(offset), int(bits) // 8
        if number(port) != int(on_port):
            continue
        if len(payload) < start + length:
            yield Reject(Reason.UNDECODABLE, f"{len(payload)} bytes: too few for {place[:40]}")
            continue
        count = int.from_bytes(payload[start : start + length], "big" if order == "be" else "little")
        yield counted(name or _COUNTER_TAG, count, Counter(""))


def encode(items: Sequence[Item]) -> bytes:
    """Return an uplink whose codec answered with these counters; raises ValueError for what no name tells."""
    first = items[0]
    if any((item.time, item.serial) != (first.time, first.serial) for item in items):
        raise ValueError("an uplink is of one device at one time")
    if any(counter(item.channel) != (item.unit, item.quantity) for item in items):
        raise ValueError("the name of a counter tells its unit and quantity")
    body: dict[str, Any] = {"deviceInfo": {"devEui": first.serial}, "fPort": 1}
    body |= {"object": {item.channel: item.value for item in items}}
    body |= {"time": first.time.isoformat()} if first.time else {}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def base(topic: str) -> str | None:
    """Return the device's topic, application/<id>/device/<eui>, of any of its events."""
    device, found, event = topic.rpartition("/event/")
    return device if found and "/device/" in device and event in ("up", *_WITHOUT_VALUES) else None


FORMAT = Format(
    name="chirpstack",
    summary="ChirpStack uplinks of LoRaWAN counters: by codec, Milesight payloads, or a place told by a tag",
    example_topic="application/17c82e96-be03-4f38-aef3-f83d48582d97/device/24e124136c000001/event/up",
    example_payload=b'{"time":"2026-11-22T00:15:02.775023242+00:00","deviceInfo":{"deviceProfileName":"EM300-DI",'
    b'"devEui":"24e124136c000001"},"fPort":85,"data":"AXVcBcjoAwAA"}',
    base=base,
    decode=decode,
    encode=encode,
)
