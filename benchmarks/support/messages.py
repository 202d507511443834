"""Messages made of a folder of meters' files, their publisher, and the sessions they wait for at the broker."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

BATCH = 48  # readings a message, where gateways send a day of half hours at once
PATIENCE_S = 300.0
POLL_S = 0.01

Meters = dict[str, list[tuple[datetime, float]]]


@dataclass(frozen=True, slots=True)
class Message:
    """A payload and how many readings it holds."""

    topic: str
    payload: bytes
    readings: int = 1


def series(folder: Path) -> Meters:
    """Return the counters of a folder's meters, each a running sum of its rows; made up where no data is."""
    found: Meters = {}
    for path in sorted(folder.glob("*/*/*.csv")):
        total = found[key][-1][1] if (key := f"{path.parts[-3]}-{path.parts[-2]}".lower()) in found else 0.0
        rows = found.setdefault(key, [])
        for moment, used in _rows(path):
            rows.append((moment, total := total + used))
    return found or {f"m{n}": list(_made_up()) for n in range(10)}


def _rows(path: Path) -> Iterator[tuple[datetime, float]]:
    with path.open(newline="", encoding="utf-8") as file:
        for row in list(csv.reader(file))[1:]:
            if len(row) > 1 and row[1].strip():
                yield datetime.fromisoformat(row[0]).replace(tzinfo=UTC), float(row[1])


def _made_up() -> Iterator[tuple[datetime, float]]:
    start = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
    return ((datetime.fromtimestamp(start + 60 * n, UTC), n * 0.25) for n in range(60_000))


def singles(meters: Meters, count: int) -> list[Message]:
    """Return messages of one reading, in the order of time in which meters would send them."""
    rows = sorted((moment, key, value) for key, rows in meters.items() for moment, value in rows)
    return [
        Message(f"bench/{key}", json.dumps(_body(moment, value), separators=(",", ":")).encode())
        for moment, key, value in rows[:count]
    ]


def batches(meters: Meters, count: int) -> list[Message]:
    """Return messages of `BATCH` readings each."""
    made = []
    for key, rows in meters.items():
        for first in range(0, len(rows), BATCH):
            body = {"readings": [_body(*row) for row in rows[first : first + BATCH]]}
            made.append(Message(f"bench/{key}", json.dumps(body).encode(), len(body["readings"])))
    return made[:count]


def _body(moment: datetime, value: float) -> dict[str, Any]:
    return {"time": moment.isoformat().replace("+00:00", "Z"), "register": round(value, 3), "unit": "kWh"}


def publish(port: int, messages: Iterable[Message], per_s: float = 0.0) -> list[float]:
    """Publish at QoS 1 and wait for every acknowledgement; return when each was handed over (`time.time`)."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    begun, times, infos = time.perf_counter(), [], []
    for number, message in enumerate(messages):
        if per_s:
            time.sleep(max(0.0, begun + number / per_s - time.perf_counter()))
        times.append(time.time())
        infos.append(client.publish(message.topic, message.payload, qos=1))
        if number % 5_000 == 4_999:
            infos[-1].wait_for_publish(PATIENCE_S)
    for info in infos[-5_000:]:
        info.wait_for_publish(PATIENCE_S)
    client.disconnect()
    client.loop_stop()
    return times


def session(port: int, client_id: str, topics: list[str], keep: bool = True) -> int:
    """Begin (or end) a session that the broker keeps; return how many messages it had kept for it."""
    kept = 0
    subscribed = []

    def count(*_: object) -> None:
        nonlocal kept
        kept += 1

    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=not keep, manual_ack=True)
    client.on_message = count
    client.on_subscribe = lambda *_: subscribed.append(True)
    client.connect("127.0.0.1", port)
    client.loop_start()
    while not client.is_connected():
        time.sleep(POLL_S)
    if keep:
        client.subscribe([(topic, 1) for topic in topics])
        while not subscribed:
            time.sleep(POLL_S)
    client.disconnect()
    client.loop_stop()
    return kept
