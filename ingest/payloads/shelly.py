"""Shelly energy counters over MQTT: generation 2 to 4 status and notifications, generation 1 topics.

Sources: Shelly API documentation, "Switch", "Cover", "Light", "EMData", "EM1Data", "PM1" (energies in Wh,
`aenergy.total`, `total_act`, `total_act_energy`, returned energy beside them; `NotifyStatus` carries `ts` in epoch
seconds) and "Gen1 MQTT" (`emeter/<i>/total` in Wh; `energy` of relays, rollers and lights in W·min). Power, switch
states and the parts of a total by phase are not meter registers and are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from campus.ports import Reason
from campus.readings import Kind, Reject
from ingest.payload import Format, Item, Message, number, parse_json, parse_time, shown

_IMPORT, _EXPORT = "", "electricity_export"
# component prefix -> (path of the counter [Wh], which register it is)
_COUNTERS: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "switch": ((("aenergy", "total"), _IMPORT), (("ret_aenergy", "total"), _EXPORT)),
    **dict.fromkeys(("cover", "light", "rgb", "rgbw", "cct"), ((("aenergy", "total"), _IMPORT),)),
    "pm1": ((("aenergy", "total"), _IMPORT), (("ret_aenergy", "total"), _EXPORT)),
    "emdata": ((("total_act",), _IMPORT), (("total_act_ret",), _EXPORT)),
    "em1data": ((("total_act_energy",), _IMPORT), (("total_act_ret_energy",), _EXPORT)),
}
_GEN1_ROOT = "shellies/"
_GEN1_UNITS = {("emeter", "total"): "Wh", ("emeter", "total_returned"): "Wh"} | {
    (load, "energy"): "W·min" for load in ("relay", "roller", "light")
}


def base(topic: str) -> str | None:
    """Return the device's prefix: `shellies/<id>` for generation 1, the topic before /status or /events else."""
    if topic.startswith(_GEN1_ROOT):
        return "/".join(topic.split("/")[:2])
    for part in ("/status/", "/events/rpc"):
        prefix, found, _ = topic.rpartition(part)
        if found and prefix:
            return prefix
    return None


def decode(message: Message) -> list[Item | Reject]:
    """Return the energy counters of a message; other Shelly messages hold none and give an empty list."""
    if message.topic.startswith(_GEN1_ROOT):
        return _gen1(message)
    if not message.topic.endswith("/events/rpc") and "/status/" not in message.topic:
        return []
    body = parse_json(message.payload)
    if isinstance(body, Reject):
        return [body]
    if not isinstance(body, dict):
        return [Reject(Reason.UNDECODABLE, "a Shelly status is an object")]
    if message.topic.endswith("/events/rpc"):
        return _notification(body)
    return list(_component(message.topic.rpartition("/")[2], body, None))


def _notification(body: dict[str, Any]) -> list[Item | Reject]:
    params = body.get("params")
    if body.get("method") not in ("NotifyStatus", "NotifyFullStatus") or not isinstance(params, dict):
        return []
    components = [(name, state) for name, state in params.items() if isinstance(state, dict)]
    if not any(_counters(name) for name, _ in components):
        return []
    time = parse_time(params.get("ts"))
    if isinstance(time, Reject):
        return [time]
    return [item for name, state in components for item in _component(name, state, time)]


def _counters(component: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    return _COUNTERS.get(component.partition(":")[0], ())


def _component(name: str, state: dict[str, Any], time: datetime | None) -> Iterator[Item | Reject]:
    for path, quantity in _counters(name):
        raw: Any = state
        for key in path:
            raw = raw.get(key) if isinstance(raw, dict) else None
        if raw is None:
            continue
        value = number(raw)
        if value is None:
            yield Reject(Reason.NOT_A_NUMBER, f"{name} {'.'.join(path)} is {shown(raw)}")
        else:
            yield Item(value, Kind.REGISTER, time, quantity, "Wh", name)


def _gen1(message: Message) -> list[Item | Reject]:
    parts = message.topic.split("/")[2:]
    unit = _GEN1_UNITS.get((parts[0], parts[2])) if len(parts) == 3 else None
    if unit is None:
        return []
    try:
        value = number(json.loads(message.payload))
    except (ValueError, RecursionError):
        value = None
    if value is None:
        return [Reject(Reason.NOT_A_NUMBER, f"{message.payload[:40]!r} is not a number")]
    quantity = _EXPORT if parts[2] == "total_returned" else _IMPORT
    return [Item(value, Kind.REGISTER, None, quantity, unit, f"{parts[0]}:{parts[1]}")]


def encode(items: Sequence[Item]) -> bytes:
    """Return a NotifyStatus of items that share one time, as a device publishes it on <prefix>/events/rpc."""
    time = items[0].time
    if time is None or any(item.time != time or item.unit != "Wh" for item in items):
        raise ValueError("one notification carries one time, and counters in Wh")
    params: dict[str, Any] = {"ts": time.timestamp()}
    for item in items:
        state = params.setdefault(item.channel, {})
        path = next(path for path, quantity in _counters(item.channel) if quantity == item.quantity)
        for key in path[:-1]:
            state = state.setdefault(key, {})
        state[path[-1]] = item.value
    return json.dumps({"method": "NotifyStatus", "params": params}, separators=(",", ":")).encode()


FORMAT = Format(
    name="shelly",
    summary="Shelly plugs and meters, generations 1 to 4 (energy counters)",
    example_topic="shellypro3em-aabbcc/status/emdata:0",
    example_payload=b'{"id":0,"total_act":2589773.39,"total_act_ret":1026.61}',
    base=base,
    decode=decode,
    encode=encode,
    channels=("switch:0", "cover:0", "pm1:0", "emdata:0", "em1data:0", "emeter:0", "relay:0"),
)
