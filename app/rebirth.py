"""Asking edge nodes for their births: the one thing of a Sparkplug host that is said rather than heard."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from app.broker_probe import CONNECT_S, allow_in
from app.settings import BROKER_PASSWORD, BrokerSettings
from campus.errors import CampusError
from ingest.sparkplug_write import rebirth


class NotAsked(CampusError):
    """The broker did not take the command; the text says what to do."""


def ask(settings: BrokerSettings, topics: Sequence[str], now_ms: int) -> None:
    """Publish a rebirth command on each topic and wait until the broker has them; raises `NotAsked`.

    MQTT 5, since it alone tells a publisher that it has no right to (3.4.2.1, reason code 0x87).
    """
    answers: list[tuple[bool, str]] = []

    def on_connect(client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            answers.append((False, f"it refuses us ({reason}): correct [broker] username and {BROKER_PASSWORD}"))
            return
        for topic in topics:
            client.publish(topic, rebirth(now_ms), qos=1)

    def on_publish(_client: Client, _data: Any, _id: Any, reason: Any, _properties: Any) -> None:
        right = f"{reason}: give our account the right to write spBv1.0/+/NCMD/+"
        answers.append((not reason.is_failure, right))

    client = Client(CallbackAPIVersion.VERSION2, f"campus-rebirth-{os.getpid()}", protocol=MQTTProtocolVersion.MQTTv5)
    allow_in(client, settings)
    client.on_connect, client.on_publish = on_connect, on_publish
    _talk(client, settings, lambda: len(answers) >= len(topics) or any(not fine for fine, _ in answers))
    trouble = next((text for fine, text in answers if not fine), "")
    if trouble or len(answers) < len(topics):
        raise NotAsked(f"the broker did not take the command: {trouble or 'no answer in time'}")


def _talk(client: Client, settings: BrokerSettings, done: Callable[[], bool]) -> None:
    try:
        client.connect(settings.host, settings.port, keepalive=30)
    except OSError as error:
        raise NotAsked(
            f"no broker answers at {settings.host}:{settings.port} ({error}): see campus doctor"
        ) from error
    until = time.monotonic() + CONNECT_S
    while not done() and time.monotonic() < until and client.loop(0.1) == 0:
        pass
    client.disconnect()
