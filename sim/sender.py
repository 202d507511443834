"""Publishes messages at QoS 1 and writes down the identity of every reading the broker acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TextIO

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from campus.errors import CampusError

WINDOW = 1000  # messages on their way at a time
_PATIENCE_S = 60.0


class Outgoing(NamedTuple):
    """A message, and the (meter, quantity, time [epoch ms]) of each reading in it."""

    topic: str
    payload: bytes
    identities: tuple[tuple[str, str, int], ...]


class BrokerSilent(CampusError):
    """The broker stopped acknowledging."""


@dataclass(slots=True)
class Sender:
    """A publishing client; `record` receives one line `meter<TAB>quantity<TAB>ms` per acknowledged reading.

    `published` counts the acknowledged readings, `messages` the messages they were in.
    """

    host: str
    port: int
    record: TextIO
    published: int = 0
    messages: int = 0
    _waiting: dict[int, Outgoing] = field(default_factory=dict)
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _early: set[int] = field(default_factory=set)
    _client: Client = field(init=False)

    def __post_init__(self) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, clean_session=True)
        self._client.max_inflight_messages_set(WINDOW)
        self._client.on_publish = self._acknowledged
        self._client.connect(self.host, self.port, keepalive=60)
        self._client.loop_start()

    def send(
        self, messages: Iterable[Outgoing], per_second: float = 0.0, sent: Callable[[int], Any] | None = None
    ) -> None:
        """Publish messages in order, at most `per_second` of them (0: as fast as they are taken)."""
        began = time.monotonic()
        for count, message in enumerate(messages):
            if per_second:
                time.sleep(max(0.0, began + count / per_second - time.monotonic()))
            self._send(message)
            if sent is not None:
                sent(len(message.identities))

    def finish(self) -> None:
        """Wait for every acknowledgement, and disconnect."""
        self.acknowledged()
        self.close()

    def acknowledged(self) -> None:
        """Wait until the broker has acknowledged all that was sent."""
        with self._lock:
            if not self._lock.wait_for(lambda: not self._waiting, _PATIENCE_S):
                raise BrokerSilent(
                    f"the broker left {len(self._waiting)} messages unacknowledged for {_PATIENCE_S:g} s"
                )

    def close(self) -> None:
        """Disconnect, whatever is still on its way."""
        self._client.disconnect()
        self._client.loop_stop()
        self.record.flush()

    def _send(self, message: Outgoing) -> None:
        with self._lock:
            if not self._lock.wait_for(lambda: len(self._waiting) < WINDOW, _PATIENCE_S):
                raise BrokerSilent(f"the broker acknowledged nothing for {_PATIENCE_S:g} s")
        mid = self._client.publish(message.topic, message.payload, qos=1).mid
        with self._lock:
            if mid in self._early:
                self._early.discard(mid)
                self._note(message)
            else:
                self._waiting[mid] = message

    def _acknowledged(self, _client: Client, _userdata: Any, mid: int, _reason: Any, _properties: Any) -> None:
        with self._lock:
            message = self._waiting.pop(mid, None)
            if message is None:
                self._early.add(mid)
            else:
                self._note(message)
            self._lock.notify()

    def _note(self, message: Outgoing) -> None:
        self.published += len(message.identities)
        self.messages += 1
        self.record.writelines(f"{meter}\t{quantity}\t{ms}\n" for meter, quantity, ms in message.identities)
