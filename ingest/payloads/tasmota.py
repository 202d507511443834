"""Tasmota energy counters: telemetry (`tele/<device>/SENSOR`) and answers to Status 8 and 10.

Sources: Tasmota documentation, "JSON Status Responses", and firmware, `xdrv_03_energy.ino` (`Total`, `ExportActive`
in kWh; a list with an element per phase under SetOption129) and `support.ino`, `ResponseGetTime` (`Time` is local, a
number with format 2; `Epoch` is UTC with format 1; SetOption52 adds the offset). Today, Yesterday and Period start
anew, and the tariffs' counters are parts of the total: these and power are passed over, and so are sections whose
names and units only the author of a script knows (SML).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from campus.ports import Reason
from campus.readings import Kind, Reject
from ingest.payload import Format, Item, Message, number, parse_json, parse_time, shown

_COUNTERS = {"Total": "", "ExportActive": "electricity_export"}
_SENSOR = "SENSOR"
_STATUS = ("STATUS8", "STATUS10")
_CHANNEL = "ENERGY"


def base(topic: str) -> str | None:
    """Return the topic of the device's telemetry: its own, or that beside an answer (`stat/<device>/STATUS10`)."""
    levels = topic.split("/")
    if levels[-1] == _SENSOR:
        return topic
    if levels[-1] not in _STATUS or levels.count("stat") != 1:
        return None
    return "/".join("tele" if level == "stat" else level for level in [*levels[:-1], _SENSOR])


def decode(message: Message) -> list[Item | Reject]:
    """Return the energy counters of a message; one without an ENERGY section holds none."""
    body = parse_json(message.payload)
    if isinstance(body, Reject):
        return [body]
    if not isinstance(body, dict):
        return [Reject(Reason.UNDECODABLE, "Tasmota's telemetry is an object")]
    status = body.get("StatusSNS", body)
    if not isinstance(status, dict) or "ENERGY" not in status:
        return []
    if not isinstance(energy := status["ENERGY"], dict):
        return [Reject(Reason.NO_READING, f"ENERGY is {shown(energy)}, not an object")]
    return list(_counters(energy, _time(status)))


def _time(status: dict[str, Any]) -> datetime | None:
    """Return the device's time where it is certain; a local time without its offset is as good as none."""
    for field in ("Epoch", "Time"):
        if field in status and isinstance(time := parse_time(status[field]), datetime):
            return time
    return None


def _counters(energy: dict[str, Any], time: datetime | None) -> Iterator[Item | Reject]:
    position = 0
    for field, quantity in _COUNTERS.items():
        for channel, raw in _phases(energy[field]) if field in energy else ():
            value = number(raw)
            if value is None:
                yield Reject(Reason.NOT_A_NUMBER, f"ENERGY.{field} is {shown(raw)}", position)
            else:
                yield Item(value, Kind.REGISTER, time, quantity, "kWh", channel)
            position += 1


def _phases(raw: Any) -> list[tuple[str, Any]]:
    """Return each value with its channel: a single one is the sum of the phases, a list has an element for each."""
    if not isinstance(raw, list):
        return [(_CHANNEL, raw)]
    return [(f"{_CHANNEL}:{phase}", value) for phase, value in enumerate(raw, start=1)]


def encode(items: Sequence[Item]) -> bytes:
    """Return telemetry of counters in kWh at one time; raises ValueError for others."""
    time = items[0].time
    if any(item.time != time or item.unit != "kWh" for item in items):
        raise ValueError("one message carries one time, and counters in kWh")
    energy: dict[str, Any] = {}
    for item in items:
        field = "ExportActive" if item.quantity else "Total"
        if item.channel == _CHANNEL:
            energy[field] = item.value
        else:
            energy.setdefault(field, []).append(item.value)
    body = {"Time": time.isoformat()} if time else {}
    return json.dumps(body | {"ENERGY": energy}, separators=(",", ":"), allow_nan=False).encode()


FORMAT = Format(
    name="tasmota",
    summary="Tasmota plugs and meters (energy counters)",
    example_topic="tele/boiler-room/SENSOR",
    example_payload=b'{"Time":"2026-11-22T08:15:00","ENERGY":{"Total":1284.511,"Today":2.035,"Power":170}}',
    base=base,
    decode=decode,
    encode=encode,
    channels=(_CHANNEL, f"{_CHANNEL}:1", f"{_CHANNEL}:2", f"{_CHANNEL}:3"),
)
