"""Asking a broker: does it let us in, which one is it, has it dropped messages, can it forget one of us?"""

from __future__ import annotations

import os
import ssl
import time
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from app.settings import BROKER_PASSWORD, BrokerSettings
from campus.said import Said

# Brokers publish these for whoever may read them; mosquitto keeps them, so that they come at once.
VERSION, DROPPED = "$SYS/broker/version", "$SYS/broker/publish/messages/dropped"
CONNECT_S = 5.0
TELL_S = 1.0
# Stock mosquitto allows 20 (mosquitto.conf(5), max_inflight_messages), EMQX 32; acknowledged in groups every 20 ms,
# a hundred are 5 000 messages a second.
MANY_IN_FLIGHT = 100
LIMITS_REMEDY = Said(
    "在代理服务器设置 max_inflight_messages 2000、max_queued_messages 0、max_queued_bytes 0",
    "set max_inflight_messages 2000, max_queued_messages 0 and max_queued_bytes 0 at the broker",
)


@dataclass(slots=True)
class BrokerSays:
    """What the broker answered; `dropped` is None where it does not tell, `trouble` empty where it let us in;
    `in_flight` as `in_flight()` says."""

    version: str = ""
    dropped: int | None = None
    trouble: str = ""
    remedy: str = ""
    in_flight: int = 0


@dataclass(slots=True)
class _Talk:
    says: BrokerSays = field(default_factory=BrokerSays)
    answered: bool = False


def probe(settings: BrokerSettings, connect_s: float = CONNECT_S, tell_s: float = TELL_S) -> BrokerSays:
    """Connect under a name of our own, listen for what the broker tells of itself, and leave."""
    talk = _Talk()
    client = _client(settings, talk)
    try:
        client.connect(settings.host, settings.port, keepalive=30)
    except OSError as error:
        remedy = "start it (systemctl start mosquitto), or correct [broker] host, port and tls in settings.toml"
        return BrokerSays(trouble=f"no broker answers ({error})", remedy=remedy)
    try:
        _listen(client, talk, connect_s, tell_s)
    finally:
        client.disconnect()
    if not talk.answered:
        return BrokerSays(
            trouble="something listens, but does not speak MQTT", remedy="correct [broker] port and tls"
        )
    talk.says.in_flight = 0 if talk.says.trouble else in_flight(settings, connect_s)
    return talk.says


def in_flight(settings: BrokerSettings, connect_s: float = CONNECT_S) -> int:
    """Return how many unacknowledged messages the broker allows a client, 0 where it does not tell.

    MQTT 5 tells it on connecting (3.2.2.3.3, Receive Maximum); mosquitto puts its max_inflight_messages there, which
    it goes by in both directions. Its queue's limit is told nowhere, but who left the one as it was left the other.
    """
    told: list[int] = []

    def on_connect(_client: Client, _data: Any, _flags: Any, reason: Any, properties: Any) -> None:
        told.append(0 if reason.is_failure else getattr(properties, "ReceiveMaximum", 0))

    client = Client(
        CallbackAPIVersion.VERSION2, client_id=f"campus-limits-{os.getpid()}", protocol=MQTTProtocolVersion.MQTTv5
    )
    allow_in(client, settings)
    client.on_connect = on_connect
    try:
        client.connect(settings.host, settings.port, keepalive=30)
        until = time.monotonic() + connect_s
        while not told and time.monotonic() < until and client.loop(0.1) == 0:
            pass
        client.disconnect()
    except OSError:
        return 0
    return told[0] if told else 0


def forget(settings: BrokerSettings, client_id: str, connect_s: float = CONNECT_S) -> str:
    """Have the broker forget a client's session and what waits in it; return why it did not, empty where it did.

    A clean start ends an earlier session (MQTT 3.1.1, 3.1.2.4).
    """
    told: list[Any] = []
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=True)
    allow_in(client, settings)
    client.on_connect = lambda _client, _data, _flags, reason, _properties: told.append(reason)
    try:
        client.connect(settings.host, settings.port, keepalive=30)
        until = time.monotonic() + connect_s
        while not told and time.monotonic() < until and client.loop(0.1) == 0:
            pass
        client.disconnect()
    except OSError as error:
        return str(error)
    if not told:
        return "no answer"
    return str(told[0]) if told[0].is_failure else ""


def _client(settings: BrokerSettings, talk: _Talk) -> Client:
    # A name of its own: under that of the ingest process we would throw it out.
    name = f"campus-doctor-{os.getpid()}"
    client = Client(CallbackAPIVersion.VERSION2, client_id=name, userdata=talk, clean_session=True)
    allow_in(client, settings)
    client.on_connect = _on_connect
    client.on_message = _on_message
    return client


def allow_in(client: Client, settings: BrokerSettings) -> None:
    """Give a client the account and the encryption of the settings."""
    client.connect_timeout = CONNECT_S
    if settings.username:
        client.username_pw_set(settings.username, settings.password)
    if settings.tls:
        client.tls_set(cert_reqs=ssl.CERT_REQUIRED)


def _listen(client: Client, talk: _Talk, connect_s: float, tell_s: float) -> None:
    until = time.monotonic() + connect_s
    while not talk.answered and time.monotonic() < until and client.loop(0.1) == 0:
        pass
    until = time.monotonic() + tell_s
    while talk.answered and not talk.says.trouble and time.monotonic() < until and client.loop(0.1) == 0:
        if talk.says.version and talk.says.dropped is not None:
            break


def _on_connect(client: Client, talk: _Talk, _flags: Any, reason: Any, _properties: Any) -> None:
    talk.answered = True
    if reason.is_failure:
        talk.says.trouble = f"it refuses us: {reason}"
        talk.says.remedy = f"correct [broker] username and {BROKER_PASSWORD}"
    else:
        client.subscribe([(VERSION, 0), (DROPPED, 0)])


def _on_message(_client: Client, talk: _Talk, message: MQTTMessage) -> None:
    text = message.payload.decode("utf-8", "replace")
    if message.topic == VERSION:
        talk.says.version = text
    elif text.isdigit():
        talk.says.dropped = int(text)
