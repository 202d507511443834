"""Broker → journal: take messages in, write and fsync them in groups, and only then acknowledge them.

The network thread only appends to a list, so it never blocks (a blocked one stalls PINGRESP and the connection
with it). A second thread writes what came within `group_s`, and acknowledges it in order of arrival. While the
disk is full nothing is acknowledged: the broker's in-flight bound then stops it, and memory with it.
"""

from __future__ import annotations

import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MessageType

from ingest.journal import RETAINED, JournalFull, Record, Writer
from ingest.rush import Rush

GROUP_S = 0.02
RETRY_S = 1.0
# QoS 0 cannot be held at the broker; while the disk is full at most this many wait in memory.
QOS0_WAITING = 10_000
_PUBACK, _PUBACK_LENGTH = struct.Struct("!BBH"), 2
_TOPIC = attrgetter("topic")
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"

Say = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and as whom to speak to it. `client_id` is fixed: the session is kept under it."""

    host: str
    port: int
    client_id: str
    username: str = ""
    password: str = ""
    tls: bool = False
    filters: tuple[str, ...] = ("#",)


@dataclass(slots=True)
class Counts:
    """What this process has seen since it began, for its status line; never the proof of anything.

    `connected` says that the broker has confirmed our subscriptions;
    `in_flight` is how many unacknowledged messages the broker allows a client, 0 where it does not tell;
    `session_lost_at` [s since 1970] when it was last found to have forgotten our session, 0 for never.
    """

    received: int = 0
    journaled: int = 0
    acknowledged: int = 0
    qos0_dropped: int = 0
    broker_dropped: int = 0
    in_flight: int = 0
    session_lost_at: float = 0.0
    connected: bool = False
    trouble: str = ""


class _Arrived(NamedTuple):
    message: MQTTMessage
    arrived_ms: int
    connection: int


@dataclass(slots=True)
class Receiver:
    """One subscription to the broker and the journal behind it; `run` returns when `stop` is set.

    `known` says that the broker has kept a session for us before. One that is `leaving` gives the subscription up and
    takes what its session still holds.
    """

    broker: Broker
    journal: Writer
    say: Say
    stop: threading.Event
    group_s: float = GROUP_S
    known: bool = False
    leaving: bool = False
    counts: Counts = field(default_factory=Counts)
    rush: Rush = field(default_factory=Rush)
    _pending: deque[_Arrived] = field(default_factory=deque)
    _connection: int = 0
    _wake: threading.Event = field(default_factory=threading.Event)
    _held: bool = False

    def run(self) -> None:
        """Receive until stopped. A broker that is not there is waited for, and said once."""
        client = self._client()
        client.connect_async(self.broker.host, self.broker.port, keepalive=30)
        client.loop_start()
        try:
            while not self.stop.is_set():
                if self._wake.wait(0.5):
                    time.sleep(self.group_s)
                    self._wake.clear()
                    self._commit(client)
            if not self._held:
                self._commit(client)
        finally:
            client.disconnect()
            client.loop_stop()

    def _client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=self.broker.client_id, clean_session=False, manual_ack=True
        )
        if self.broker.username:
            client.username_pw_set(self.broker.username, self.broker.password)
        if self.broker.tls:
            client.tls_set(cert_reqs=ssl.CERT_REQUIRED)
        client.reconnect_delay_set(min_delay=1, max_delay=15)
        client.on_message = self._on_message
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        return client

    def _on_connect(self, client: Client, _userdata: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._trouble(
                f"代理服务器拒绝连接（{reason}），请检查账号、密码和客户端编号"
                f" / the broker refuses the connection: {reason}; check username, password and client id"
            )
            return
        self._connection += 1
        if self.known and not flags.session_present:
            self.counts.session_lost_at = time.time()
            self.say("session_lost", text="the broker has forgotten our session, and what it had kept for us")
        self.known = True
        if self.leaving:
            client.unsubscribe([*self.broker.filters, DROPPED_TOPIC])
        else:
            client.subscribe([(topic, 1) for topic in self.broker.filters] + [(DROPPED_TOPIC, 0)])

    def _on_subscribe(self, _client: Client, _userdata: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        # Before this answer a new session is kept nothing: only now may anyone be told that we listen.
        refused = [topic for topic, reason in zip(self.broker.filters, reasons, strict=False) if reason.is_failure]
        if refused:
            topics = ", ".join(refused)
            self._trouble(
                f"代理服务器不准订阅 {topics}，请检查账号的权限"
                f" / the broker refuses the subscription to {topics}; check the rights of the account"
            )
            return
        self._listening()

    def _on_unsubscribe(self, _client: Client, _data: Any, _mid: int, _reasons: Any, _properties: Any) -> None:
        self._listening()

    def _listening(self) -> None:
        self.counts.connected = True
        self.counts.trouble = ""
        self.say("connected", broker=f"{self.broker.host}:{self.broker.port}", client_id=self.broker.client_id)

    def _on_connect_fail(self, _client: Client, _userdata: Any) -> None:
        where = f"{self.broker.host}:{self.broker.port}"
        self._trouble(
            f"{where} 没有代理服务器应答，正在等待并重试 / no broker at {where}; waiting for it, and trying again"
        )

    def _on_disconnect(self, _client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        # A broker that refuses us closes the connection too: its reason must stay the one that is told.
        was, self.counts.connected = self.counts.connected, False
        self._connection += 1
        if was and not self.stop.is_set():
            self._trouble(
                f"与代理服务器的连接中断（{reason}），正在重新连接"
                f" / connection to the broker lost ({reason}); connecting again"
            )

    def _trouble(self, text: str) -> None:
        if text != self.counts.trouble:
            self.say("waiting", text=text)
        self.counts.trouble = text

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        if not message.qos and len(self._pending) > QOS0_WAITING:
            self.counts.qos0_dropped += 1
            return
        self._pending.append(_Arrived(message, time.time_ns() // 1_000_000, self._connection))
        if not self._wake.is_set():
            self._wake.set()

    def _commit(self, client: Client) -> None:
        group = [self._pending.popleft() for _ in range(len(self._pending))]
        records = [record for record in map(self._record, group) if record is not None]
        self.counts.received += len(records)
        self.rush.hear(map(_TOPIC, records), time.time())
        self._held = True
        while records and not self._append(records):
            if self.stop.wait(RETRY_S):
                return
        self._held = False
        self.counts.journaled += len(records)
        self._acknowledge(client, group)

    def _append(self, records: list[Record]) -> bool:
        try:
            self.journal.append(records)
        except JournalFull as error:
            self._trouble(str(error))
            return False
        if self.counts.connected:
            self.counts.trouble = ""
        return True

    def _acknowledge(self, client: Client, group: list[_Arrived]) -> None:
        # Message ids start anew with a broker that lost its session: an old one must not be acknowledged there.
        ids = [a.message.mid for a in group if a.message.qos and a.connection == self._connection]
        if ids:
            # `client.ack` wakes the network thread and sends four bytes for every message: a fifth of all the time
            # taken. The acknowledgements of a group are as good in one piece, in the same order.
            client._packet_queue(MessageType.PUBACK, b"".join(map(_puback, ids)), ids[-1], 1)
            self.counts.acknowledged += len(ids)

    def _record(self, arrived: _Arrived) -> Record | None:
        """Return a message as it is journaled; None for what the broker says about itself."""
        message = arrived.message
        try:
            topic = message.topic
        except UnicodeDecodeError as error:  # no broker should pass it on; it must not stop what follows it
            topic = f"?{error.object.hex()}"
        if not topic.startswith("$"):
            flags = RETAINED if message.retain else 0
            return Record(arrived.arrived_ms, topic, bytes(message.payload), flags)
        if topic == DROPPED_TOPIC and message.payload.isdigit():
            self._watch_broker(int(message.payload))
        return None

    def _watch_broker(self, dropped: int) -> None:
        if dropped > self.counts.broker_dropped:
            self.say("broker_dropped", total=dropped, text="the broker drops messages: raise max_queued_messages")
        self.counts.broker_dropped = dropped


def _puback(message_id: int) -> bytes:
    return _PUBACK.pack(MessageType.PUBACK, _PUBACK_LENGTH, message_id)  # MQTT 3.1.1, section 3.4
