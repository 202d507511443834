"""The shipped broker: who is let in, who may say what, over TLS, and what is left after it was killed."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.deploy import brokers
from tests.deploy.brokers import COLLECTOR, GATEWAY, Shipped

pytestmark = brokers.marks


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[Shipped]:
    shipped = brokers.set_up(tmp_path)
    shipped.start()
    yield shipped
    shipped.stop()


class Talker:
    """A client that notes what it heard and how it was answered."""

    def __init__(self, shipped: Shipped, name: str, password: str, tls: bool = True, client_id: str = "") -> None:
        called = client_id or f"as-{name}"
        self.client = Client(CallbackAPIVersion.VERSION2, client_id=called, clean_session=False)
        self.heard: list[str] = []
        self.answer = ""
        self.taken: set[int] = set()
        self.client.on_publish = lambda _c, _d, mid, *_: self.taken.add(mid)
        self.client.on_message = lambda _c, _d, message: self.heard.append(message.topic)
        self.client.on_connect = lambda _c, _d, _f, reason, _p: setattr(self, "answer", str(reason))
        self.client.username_pw_set(name, password)
        if tls:
            self.client.tls_set(str(shipped.ca), cert_reqs=ssl.CERT_REQUIRED)
        self.client.connect("127.0.0.1", shipped.tls if tls else shipped.plain)
        self.client.loop_start()
        until(lambda: self.answer)

    def say(self, topic: str) -> None:
        """Publish, and wait until the broker took it; after a broken connection it is said again, as gateways do.

        Mosquitto may part from a client once while it takes over new accounts.
        """
        said = self.client.publish(topic, b"1", qos=1)
        until(lambda: said.mid in self.taken)

    def end(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def until(true, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def collector(shipped: Shipped) -> Talker:
    talker = Talker(shipped, "campus", COLLECTOR, tls=False)
    done: list[int] = []
    talker.client.on_subscribe = lambda _c, _d, mid, *_: done.append(mid)
    talker.client.subscribe([("#", 1), ("$SYS/broker/version", 0)])
    until(lambda: done)
    return talker


def test_a_gateway_publishes_over_tls_and_the_collector_hears_it_and_the_broker_itself(shipped):
    hears = collector(shipped)
    gateway = Talker(shipped, "gateway", GATEWAY)
    gateway.say("campus/ours/main")
    until(lambda: {"campus/ours/main", "$SYS/broker/version"} <= set(hears.heard))
    gateway.end()
    hears.end()


@pytest.mark.parametrize(
    ("name", "password"), [("gateway", "wrong"), ("nobody", GATEWAY), ("", ""), ("campus", GATEWAY)]
)
def test_whoever_has_no_account_is_not_let_in(shipped, name, password):
    talker = Talker(shipped, name, password)
    assert talker.answer == "Not authorized"
    talker.end()


def test_a_gateway_hears_nothing_and_the_collector_says_nothing(shipped):
    hears, gateway = collector(shipped), Talker(shipped, "gateway", GATEWAY)
    answered: list[int] = []
    gateway.client.on_subscribe = lambda _c, _d, mid, *_: answered.append(mid)
    gateway.client.subscribe("#", 1)
    until(lambda: answered)
    hears.say("campus/ours/from-the-collector")
    gateway.say("campus/ours/last")
    until(lambda: "campus/ours/last" in hears.heard)
    assert "campus/ours/from-the-collector" not in hears.heard and gateway.heard == []
    gateway.end()
    hears.end()


def test_a_gateway_that_calls_itself_by_the_collectors_name_takes_nothing_that_waits_for_it(shipped):
    hears = collector(shipped)
    hears.end()
    gateway = Talker(shipped, "gateway", GATEWAY)
    gateway.say("campus/ours/main")
    gateway.end()
    taker = Talker(shipped, "gateway", GATEWAY, client_id="as-campus")
    taker.end()
    again = collector(shipped)
    until(lambda: "campus/ours/main" in again.heard)
    again.end()


def test_a_further_account_speaks_below_its_own_name_alone_without_a_restart(shipped):
    file = shipped.folder / "accounts" / "passwords"
    run = [str(brokers.tool("mosquitto_passwd")), "-b", str(file), "ours", "ours-secret"]
    subprocess.run(run, check=True)
    assert shipped.process is not None
    shipped.process.send_signal(signal.SIGHUP)
    hears, ours = collector(shipped), let_in(shipped, "ours", "ours-secret")
    for topic in ("campus/theirs/main", "theirs/main"):
        ours.say(topic)  # taken, and passed on to nobody
    ours.say("campus/ours/main")
    until(lambda: "campus/ours/main" in hears.heard)
    assert [topic for topic in hears.heard if not topic.startswith("$")] == ["campus/ours/main"]
    ours.end()
    hears.end()


def let_in(shipped: Shipped, name: str, password: str) -> Talker:
    """Return a client of an account that the broker is about to read."""
    taken: list[Talker] = []

    def tried() -> bool:
        taken.append(Talker(shipped, name, password))
        if taken[-1].answer != "Success":
            taken[-1].end()
        return taken[-1].answer == "Success"

    until(tried)
    return taken[-1]


def test_a_gateway_that_does_not_know_our_authority_or_asks_for_another_name_does_not_connect(shipped, tmp_path):
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
        greet(shipped, None, "127.0.0.1")
    greet(shipped, shipped.ca, "127.0.0.1")
    other = brokers.set_up(tmp_path / "other", "broker.school.example")
    other.start()
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        greet(other, other.ca, "127.0.0.1")
    greet(other, other.ca, "broker.school.example")
    other.stop()


def greet(shipped: Shipped, ca: Path | None, name: str) -> None:
    """Shake hands with the broker as one who knows an authority and asks for a name."""
    context = ssl.create_default_context(cafile=str(ca) if ca else None)
    with (
        socket.create_connection(("127.0.0.1", shipped.tls)) as connection,
        context.wrap_socket(connection, server_hostname=name, do_handshake_on_connect=False) as speaking,
    ):
        speaking.do_handshake()


def test_a_killed_broker_brings_back_everything_it_took_while_the_collector_was_away(shipped):
    collector(shipped).end()
    gateway = Talker(shipped, "gateway", GATEWAY)
    told = [f"campus/ours/{n}" for n in range(300)]
    for sent in [gateway.client.publish(topic, b"1", qos=1) for topic in told]:
        sent.wait_for_publish(60)
    # What it acknowledges in the milliseconds of its death may be missing, as its file says: it saves before it
    # lets the next client in.
    Talker(shipped, "gateway", GATEWAY, client_id="afterwards").end()
    shipped.kill()
    gateway.end()
    shipped.start()
    hears = collector(shipped)
    until(lambda: set(told) <= set(hears.heard))
    hears.end()


def test_a_second_start_keeps_the_certificate_and_the_further_accounts(tmp_path):
    shipped = brokers.set_up(tmp_path)
    file = tmp_path / "accounts" / "passwords"
    subprocess.run([str(brokers.tool("mosquitto_passwd")), "-b", str(file), "ours", "x"], check=True)
    before = shipped.ca.read_bytes(), (tmp_path / "tls" / "server.crt").read_bytes()
    brokers.one_shot(tmp_path, "certificate.sh", BROKER_NAME="another")
    brokers.one_shot(tmp_path, "accounts.sh", BROKER_PASSWORD="new", GATEWAY_PASSWORD="new too")
    assert (shipped.ca.read_bytes(), (tmp_path / "tls" / "server.crt").read_bytes()) == before
    accounts = [line.partition(":")[0] for line in file.read_text(encoding="utf-8").splitlines()]
    assert sorted(accounts) == ["campus", "gateway", "ours"]
    assert file.stat().st_mode & 0o077 == 0 and (tmp_path / "tls" / "server.key").stat().st_mode & 0o077 == 0
    assert "new" not in file.read_text(encoding="utf-8")


def test_a_new_name_is_certified_by_the_authority_that_gateways_know_already(tmp_path):
    shipped = brokers.set_up(tmp_path, "old.school.example")
    known = shipped.ca.read_bytes()
    (tmp_path / "tls" / "server.crt").unlink()
    brokers.one_shot(tmp_path, "certificate.sh", BROKER_NAME="new.school.example")
    assert shipped.ca.read_bytes() == known
    shipped.start()
    greet(shipped, shipped.ca, "new.school.example")
    shipped.stop()
