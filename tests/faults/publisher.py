"""Meters: a client that publishes at QoS 1 and notes what the broker acknowledged, as often as it did."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

Told = tuple[str, bytes]
WINDOW = 500  # messages on their way at a time
PATIENCE_S = 120.0


@dataclass
class Publisher:
    """What was acknowledged by the broker on `port`, over all calls of `publish`."""

    port: int
    acknowledged: list[Told] = field(default_factory=list)
    _waiting: dict[int, Told] = field(default_factory=dict)
    _early: set[int] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def publish(self, messages: Iterable[Told], per_s: float = 0.0) -> None:
        """Publish messages in order, at most so many a second (0: as fast as taken), until all are acknowledged."""
        client = Client(CallbackAPIVersion.VERSION2, clean_session=True)
        client.max_inflight_messages_set(WINDOW)
        client.reconnect_delay_set(1, 1)
        client.on_publish = self._taken
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        began = time.monotonic()
        for number, told in enumerate(messages):
            if per_s:
                time.sleep(max(0.0, began + number / per_s - time.monotonic()))
            self._await(WINDOW)
            self._note(client.publish(*told, qos=1).mid, told)
        self._await(1)
        client.disconnect()
        client.loop_stop()

    def write(self, path: Path) -> None:
        """Write the acknowledged messages down for the witness."""
        write(path, self.acknowledged)

    def _await(self, fewer_than: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._waiting) < fewer_than, PATIENCE_S), "not acknowledged"

    def _note(self, mid: int, told: Told) -> None:
        with self._changed:
            if mid in self._early:
                self._early.discard(mid)
                self.acknowledged.append(told)
            else:
                self._waiting[mid] = told

    def _taken(self, _client: object, _data: object, mid: int, _reason: object, _properties: object) -> None:
        with self._changed:
            if mid in self._waiting:
                self.acknowledged.append(self._waiting.pop(mid))
            else:
                self._early.add(mid)
            self._changed.notify()


def write(path: Path, messages: Iterable[Told]) -> None:
    """Write messages as the witness reads them."""
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(f"{json.dumps([topic, base64.b64encode(data).decode()])}\n" for topic, data in messages)


def given(port: int, client_id: str) -> list[Told]:
    """Return all that the broker has kept for a session.

    The broker reads in order: having our acknowledgements it sends what follows, and only then answers a question
    asked behind them. Where two answers bring nothing new, nothing is left.
    """
    found: list[Told] = []
    answered = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
    client.on_message = lambda _client, _data, message: found.append((message.topic, bytes(message.payload)))
    client.on_connect = client.on_subscribe = lambda *_: answered.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert answered.wait(PATIENCE_S)
    same, seen = 0, -1
    while same < 2:
        answered.clear()
        client.subscribe("nobody/says/this", 1)
        assert answered.wait(PATIENCE_S)
        same, seen = (same + 1 if seen == len(found) else 0), len(found)
    client.disconnect()
    client.loop_stop()
    return found


def left(port: int, client_id: str) -> set[Told]:
    """Return what a session is still owed."""
    return set(given(port, client_id))


def session(port: int, client_id: str, topic: str) -> None:
    """Begin a session that the broker keeps, and leave it."""
    subscribed = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False)
    client.on_connect = lambda client, *_: client.subscribe(topic, 1)
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert subscribed.wait(PATIENCE_S)
    client.disconnect()
    client.loop_stop()
