"""A receiver says that it listens once the broker has confirmed it, and says it when the broker does not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ingest.journal import Writer
from ingest.source import Broker, Receiver

CONNACK, SUBACK_TYPE, SUBSCRIBE_TYPE = b"\x20\x02\x00\x00", 0x90, 0x82
GRANTED, REFUSED = 1, 0x80  # MQTT 3.1.1, section 3.9.3
PATIENCE_S = 60.0


def _packet(connection: socket.socket) -> tuple[int, bytes]:
    kind, length = connection.recv(2)  # every packet here is shorter than 128 bytes
    return kind, connection.recv(length, socket.MSG_WAITALL)


def _answer(server: socket.socket, reason: int, asked: threading.Event, may: threading.Event) -> None:
    """Take one client; answer its subscription with `reason` for our filter, once it may be answered."""
    connection, _ = server.accept()
    with connection:
        _packet(connection)
        connection.sendall(CONNACK)
        kind, body = _packet(connection)
        assert kind == SUBSCRIBE_TYPE
        asked.set()
        assert may.wait(PATIENCE_S)
        connection.sendall(bytes([SUBACK_TYPE, 4]) + body[:2] + bytes([reason, GRANTED]))
        connection.recv(1)  # until the client leaves


@contextmanager
def _receiving(folder: Path, reason: int) -> Iterator[tuple[Receiver, threading.Event, threading.Event, list[str]]]:
    asked, may, stop, said = threading.Event(), threading.Event(), threading.Event(), list[str]()

    def say(event: str, **fields: Any) -> None:
        said.append(f"{event} {fields.get('text', '')}")
        heard.set()

    heard = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server, closing(Writer(folder)) as journal:
        broker = Broker("127.0.0.1", server.getsockname()[1], "ours", filters=("school/#",))
        receiver = Receiver(broker, journal, say, stop)
        threads = [
            threading.Thread(target=_answer, args=(server, reason, asked, may)),
            threading.Thread(target=receiver.run),
        ]
        for thread in threads:
            thread.start()
        assert asked.wait(PATIENCE_S)
        try:
            yield receiver, may, heard, said
        finally:
            may.set()
            stop.set()
            for thread in threads:
                thread.join(PATIENCE_S)


def test_it_is_connected_when_the_subscription_stands(tmp_path: Path) -> None:
    # What is published between the connection and the subscription nobody keeps for a new session.
    with _receiving(tmp_path, GRANTED) as (receiver, may, heard, said):
        assert not receiver.counts.connected and not said
        may.set()
        assert heard.wait(PATIENCE_S)
        assert receiver.counts.connected and said == ["connected "]


def test_a_refused_subscription_is_told_and_not_taken_for_a_connection(tmp_path: Path) -> None:
    with _receiving(tmp_path, REFUSED) as (receiver, may, heard, said):
        may.set()
        assert heard.wait(PATIENCE_S)
        assert not receiver.counts.connected
        assert said == [f"waiting {receiver.counts.trouble}"]
        assert "school/#" in receiver.counts.trouble and "rights" in receiver.counts.trouble
