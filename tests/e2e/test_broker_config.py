"""The files of `campus broker config` on a real mosquitto: schools kept apart, by TLS, whatever a gateway tries."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from app import broker
from app.broker_config_text import PACKET_BYTES
from app.cli import main
from tests.e2e import needs
from tests.ports import free_port

pytestmark = needs.mosquitto

SCHOOL = """[school]
key = "{key}"
name = "{key}"
type = "primary"
timezone = "Asia/Shanghai"
region = "CN-SD"
calendar = "CN"

[[meter]]
key = "m"
name = "m"
topic = "{topic}"
format = "native"
quantity = "electricity"
unit = "kWh"
interval = "15min"
"""
COLLECTOR_ID = "campus-ingest"


@dataclass
class Door:
    """A broker with the written files, its ports, its certificate and the passwords that were shown."""

    plain: int
    tls: int
    ca: Path
    passwords: dict[str, str]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    schools = folder / "config" / "schools"
    schools.mkdir(parents=True)
    for key, topic in (("north", "plant/north/m"), ("south", "campus/south/m")):
        (schools / f"{key}.toml").write_text(SCHOOL.format(key=key, topic=topic), encoding="utf-8")
    passwords: dict[str, str] = {}
    for arguments in (["--school", "north", "--gateway", "east", "--gateway", "west"], ["--school", "south"]):
        passwords |= written(folder, *arguments)
    made = Door(free_port(), free_port(), folder / "out" / "tls" / "ca.crt", passwords)
    with running(folder / "out" / "mosquitto.conf", made):
        yield made


def written(folder: Path, *arguments: str) -> dict[str, str]:
    environ = {"CAMPUS_CONFIG": str(folder / "config"), "CAMPUS_DATA": str(folder / "data")}
    places = ["--out", str(folder / "out"), "--data", str(folder / "kept"), "--host", "127.0.0.1"]
    result = CliRunner().invoke(main, ["broker", "config", *places, *arguments], env=environ)
    assert result.exit_code == 0, result.output
    return dict(re.findall(r"^  (\S+)\t(\w{32})$", result.output, re.MULTILINE))


@contextlib.contextmanager
def running(conf: Path, made: Door) -> Iterator[None]:
    text = conf.read_text(encoding="utf-8")
    text = text.replace("listener 1883 127.0.0.1", f"listener {made.plain} 127.0.0.1")
    text = text.replace("listener 8883\n", f"listener {made.tls} 127.0.0.1\n")
    # As root it would take the rights of an account that may not enter the test's folder.
    conf.write_text(text + "user root\n", encoding="utf-8")
    (conf.parents[1] / "kept").mkdir(exist_ok=True)
    with (conf.parents[1] / "broker.log").open("wb") as log:
        process = subprocess.Popen([str(broker.installed()), "-c", str(conf)], stdout=log, stderr=log)
    try:
        until(lambda: answers(made.plain) and answers(made.tls))
        yield
    finally:
        process.terminate()
        process.wait(20)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


@dataclass
class Speaker:
    """A client of the broker: what it heard, how its publishes ended, and whether it was let in and is still."""

    client: Client
    connected: threading.Event = field(default_factory=threading.Event)
    refused: str = ""
    gone: threading.Event = field(default_factory=threading.Event)
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    answered: dict[int, str] = field(default_factory=dict)
    granted: threading.Event = field(default_factory=threading.Event)

    def say(self, topic: str, payload: bytes = b"1", retain: bool = False) -> None:
        """Publish at QoS 1 and wait until the broker has answered, or ended the connection."""
        mid = self.client.publish(topic, payload, qos=1, retain=retain).mid
        until(lambda: mid in self.answered or self.gone.is_set())

    def listen(self, topic: str) -> None:
        self.granted.clear()
        with contextlib.suppress(ValueError):  # paho itself refuses an ill-formed filter
            self.client.subscribe(topic, 1)
            until(lambda: self.granted.is_set() or self.gone.is_set())


@contextlib.contextmanager
def speaker(door: Door, account: str, client_id: str = "", version: int = MQTTv311, **more: Any) -> Iterator[Speaker]:
    """Yield a client that has been let in or refused; gateways come by TLS, the collector on loopback."""
    collector = account == "campus"
    session: dict[str, Any] = {} if version == MQTTv5 else {"clean_session": more.get("clean", True)}
    client = Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, protocol=version, reconnect_on_failure=False, **session
    )
    one = Speaker(client)
    client.on_connect = lambda _c, _u, _f, reason, _p: entered(one, reason)
    client.on_disconnect = lambda *_: one.gone.set()
    client.on_message = lambda _c, _u, message: hear(one, message)
    client.on_publish = lambda _c, _u, mid, reason, _p: one.answered.__setitem__(mid, str(reason))
    client.on_subscribe = lambda *_: one.granted.set()
    client.username_pw_set(account, more.get("password", door.passwords.get(account)))
    if not collector:
        client.tls_set(ca_certs=str(door.ca), tls_version=ssl.PROTOCOL_TLS_CLIENT)
    if "will" in more:
        client.will_set(more["will"], b"will", qos=1)
    client.connect("127.0.0.1", door.plain if collector else door.tls)
    client.loop_start()
    try:
        until(lambda: one.connected.is_set() or one.refused)
        yield one
    finally:
        client.disconnect()
        client.loop_stop()
        # A client that was refused leaves its line open.
        if (line := client.socket()) is not None:
            line.close()


def entered(one: Speaker, reason: Any) -> None:
    if reason.is_failure:
        one.refused = str(reason)
    else:
        one.connected.set()


def hear(one: Speaker, message: MQTTMessage) -> None:
    one.heard.append((message.topic, bytes(message.payload)))


@contextlib.contextmanager
def collector(door: Door) -> Iterator[Speaker]:
    """Yield a second ear with the collector's rights."""
    with speaker(door, "campus", f"ear-{time.monotonic_ns()}") as ear:
        ear.listen("#")
        yield ear


def passed_on(door: Door, ear: Speaker) -> set[str]:
    """Return the topics heard until now: a last word of somebody who may speak comes after all before it."""
    last = f"campus/south/last-{time.monotonic_ns()}"
    with speaker(door, "south") as south:
        south.say(last)
    until(lambda: last in {topic for topic, _ in ear.heard})
    return {topic for topic, _ in ear.heard if "/last-" not in topic}


@pytest.mark.parametrize("version", [MQTTv311, MQTTv5])
def test_a_gateway_is_heard_below_its_school_and_on_its_registered_topics(door, version):
    with collector(door) as ear:
        for topic in ("campus/north/a", "campus/north/a/b", "plant/north/m", "plant/north/m/status/em:0"):
            with speaker(door, "north.east", version=version) as north:
                north.say(topic)
        assert passed_on(door, ear) == {
            "campus/north/a",
            "campus/north/a/b",
            "plant/north/m",
            "plant/north/m/status/em:0",
        }


ESCAPES = [
    "campus/south/m",
    "campus/south",
    "campus",
    "campus/northern/m",
    "campus/north.east/m",
    "campus/north ",
    "/campus/north/m",
    "campus//north/m",
    "Campus/north/m",
    "campus/nоrth/m",  # a Cyrillic о
    "campus/north\u200b/m",
    "ｃampus/north/m",
    "plant/north/other",
    "plant",
    "$SYS/broker/version",
    "$share/x/campus/north/m",
    "../campus/north/m",
]


@pytest.mark.parametrize("version", [MQTTv311, MQTTv5])
def test_a_gateway_is_not_heard_as_another_however_it_writes_the_topic(door, version):
    with collector(door) as ear:
        ear.listen("$SYS/broker/version")
        until(lambda: ear.heard)  # what the broker itself says there
        for topic in ESCAPES:
            # A connection each: the broker may end it.
            with speaker(door, "north.east", version=version) as north:
                north.say(topic)
                north.say(topic, retain=True)
        assert passed_on(door, ear) == {"$SYS/broker/version"}
        assert b"1" not in {payload for topic, payload in ear.heard if topic.startswith("$SYS")}


def test_nothing_kept_of_what_was_refused_reaches_a_later_subscriber(door):
    with speaker(door, "north.east") as north:
        north.say("campus/south/kept", retain=True)
    with collector(door) as ear:
        assert "campus/south/kept" not in passed_on(door, ear)


def test_dots_climb_nowhere_they_are_names_below_ones_own_school(door):
    with collector(door) as ear:
        with speaker(door, "north.east") as north:
            north.say("campus/north/../south/m")
        assert passed_on(door, ear) == {"campus/north/../south/m"}


@pytest.mark.parametrize(
    "topic", [b"campus/north/#", b"campus/+/m", b"campus/north/\x00m", b"campus/north/\xff", b""]
)
def test_a_topic_no_client_may_publish_on_ends_the_connection(door, topic):
    """Written by hand: a well-behaved library would not send it."""
    user, password = b"north.east", door.passwords["north.east"].encode()
    with collector(door) as ear:
        context = ssl.create_default_context(cafile=str(door.ca))
        with (
            socket.create_connection(("127.0.0.1", door.tls), 60) as raw,
            context.wrap_socket(raw, server_hostname="127.0.0.1") as line,
        ):
            line.sendall(packet(0x10, text(b"MQTT") + b"\x04\xc2\x00\x3c" + text(b"x") + text(user) + text(password)))
            assert line.recv(4) == b"\x20\x02\x00\x00"
            line.sendall(packet(0x32, text(topic) + b"\x00\x01payload"))
            assert line.recv(4) == b""
        assert passed_on(door, ear) == set()


def text(word: bytes) -> bytes:
    return len(word).to_bytes(2, "big") + word


def packet(kind: int, body: bytes) -> bytes:
    assert len(body) < 128
    return bytes([kind, len(body)]) + body


@pytest.mark.parametrize("version", [MQTTv311, MQTTv5])
@pytest.mark.parametrize("account", ["north.east", "south"])
@pytest.mark.parametrize(
    "topics", ["campus/south/#", "#", "+/+/+", "$SYS/#", "$share/g/#", "$share/g/campus/south/#", "campus/north/#"]
)
def test_a_gateway_hears_nothing_whatever_it_subscribes_to(door, topics, account, version):
    with speaker(door, account, version=version) as gateway:
        gateway.listen(topics)
        with collector(door) as ear, speaker(door, "north.west") as west:
            west.say("campus/north/secret")
            passed_on(door, ear)
        time.sleep(0.05)
        assert gateway.heard == []


def test_a_last_will_for_another_school_is_not_passed_on(door):
    with collector(door) as ear:
        with speaker(door, "north.east", will="campus/south/m") as north:
            if not north.refused:
                sock = north.client.socket()
                assert sock is not None
                sock.close()
                time.sleep(0.2)
        assert "campus/south/m" not in passed_on(door, ear)


def test_a_gateway_cannot_take_the_collectors_session_nor_what_waits_in_it(door):
    with speaker(door, "campus", COLLECTOR_ID, clean=False) as first:
        first.listen("#")
    with speaker(door, "south") as south:
        south.say("campus/south/waits")
    with speaker(door, "north.east", COLLECTOR_ID, clean=False) as thief:
        time.sleep(0.2)
        assert thief.heard == []
    with speaker(door, "campus", COLLECTOR_ID, clean=False) as again:
        until(lambda: ("campus/south/waits", b"1") in again.heard)


def test_a_gateway_does_not_disconnect_another_by_using_its_name(door):
    with speaker(door, "north.west", "gateway-7") as west, speaker(door, "north.east", "gateway-7") as east:
        time.sleep(0.2)
        assert west.connected.is_set() and east.connected.is_set() and not west.gone.is_set()


@pytest.mark.parametrize("password", ["", "wrong", None])
@pytest.mark.parametrize("account", ["north.east", "south", "nobody", "#", "+"])
def test_nobody_enters_without_the_password_of_the_account(door, account, password):
    with speaker(door, account, password=password) as stranger:
        assert stranger.refused


def test_a_password_opens_its_own_account_alone(door):
    with speaker(door, "south", password=door.passwords["north.east"]) as stranger:
        assert stranger.refused


def test_gateways_are_not_served_in_clear_on_their_port(door):
    said = b""
    with socket.create_connection(("127.0.0.1", door.tls), 60) as raw, contextlib.suppress(ConnectionResetError):
        raw.sendall(packet(0x10, text(b"MQTT") + b"\x04\x02\x00\x3c" + text(b"x")))
        said = raw.recv(64)
    assert not said.startswith(b"\x20")  # the answer of a broker that understood


@pytest.mark.parametrize("version", [MQTTv311, MQTTv5])
def test_a_packet_over_the_limit_ends_the_connection_unacknowledged_and_one_below_it_passes(door, version):
    with collector(door) as ear:
        with speaker(door, "north.east", version=version) as north:
            north.say("campus/north/large", b"x" * (PACKET_BYTES - 100))
            assert not north.gone.is_set()
        with speaker(door, "north.east") as north:
            mid = north.client.publish("campus/north/huge", b"x" * (PACKET_BYTES + 1), qos=1).mid
            until(north.gone.is_set)
            # An acknowledgement would let the gateway forget what nobody took.
            assert mid not in north.answered
        assert passed_on(door, ear) == {"campus/north/large"}
