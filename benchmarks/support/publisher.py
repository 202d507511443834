"""A publisher faster than what is measured, and the sessions its messages wait for.

MQTT 3.1.1 in a few bytes: a client library would take more of the machine than the program under test.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Iterable, Sequence
from itertools import islice

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.support.messages import Message

PATIENCE_S = 300.0
POLL_S = 0.01
WINDOW = 1_000  # published and not yet acknowledged, as a gateway's client would keep them
_IDS = 60_000
_PUBACK_BYTES = 4
_STEP_S = 0.002


def publish(port: int, messages: Iterable[Message], per_s: float = 0.0) -> list[float]:
    """Publish at QoS 1 until all is acknowledged, at a rate if one is given; return when each was due."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as broker:
        broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _connect(broker)
        waiting, due, acknowledged, begun = iter(messages), list[float](), 0, time.time()
        while True:
            room = WINDOW - len(due) + acknowledged // _PUBACK_BYTES
            if per_s:
                room = min(room, int((time.time() - begun) * per_s) + 1 - len(due))
            part = list(islice(waiting, max(room, 0)))
            if part:
                broker.sendall(b"".join(_packet(one, len(due) + n) for n, one in enumerate(part)))
                due += [begun + (len(due) + n) / per_s if per_s else time.time() for n in range(len(part))]
            elif room > 0:
                break
            if per_s:
                time.sleep(_STEP_S)
            acknowledged += _heard(broker, block=not per_s)
        while acknowledged < _PUBACK_BYTES * len(due):
            acknowledged += _heard(broker, block=True)
        broker.sendall(b"\xe0\x00")
    return due


def _connect(broker: socket.socket) -> None:
    name = f"publisher-{os.getpid()}-{time.time_ns()}".encode()
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + struct.pack("!H", len(name)) + name
    broker.sendall(bytes([0x10, len(body)]) + body)
    answer = broker.recv(4)
    if answer != b"\x20\x02\x00\x00":
        raise ConnectionError(f"the broker answers {answer!r}")


def _packet(message: Message, number: int) -> bytes:
    topic = message.topic.encode()
    body = struct.pack("!H", len(topic)) + topic + struct.pack("!H", number % _IDS + 1) + message.payload
    return b"\x32" + _length(len(body)) + body


def _length(rest: int) -> bytes:
    """Return a length as MQTT writes it: seven bits a byte (3.1.1, section 2.2.3)."""
    said = bytearray()
    while rest > 127:
        said.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*said, rest])


def _heard(broker: socket.socket, block: bool) -> int:
    """Return how many bytes of acknowledgements came."""
    if not block and not select.select([broker], [], [], 0)[0]:
        return 0
    heard = len(broker.recv(65_536))
    if not heard:
        raise ConnectionError("the broker closed the connection")
    return heard


def session(port: int, client_id: str, topics: Sequence[str], keep: bool = True) -> int:
    """Begin (or end) a session that the broker keeps; return how many messages it had kept for it."""
    kept, subscribed = 0, []

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
