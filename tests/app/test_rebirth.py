"""`campus sparkplug rebirth`: the node hears the command, and who has no right to give it is told so."""

import subprocess
import time

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from app import broker
from ingest.births import command_topic
from ingest.sparkplug import parse
from tests.app.waiting import run
from tests.e2e.needs import mosquitto
from tests.ports import free_port

COMMAND = "spBv1.0/school/NCMD/boiler-room"


@pytest.fixture(params=["spBv1.0/+/NCMD/#", "elsewhere/#"], ids=["may", "may not"])
def door(request, tmp_path):
    """A broker's port, and whether we may write commands to its nodes."""
    port = free_port()
    rights = tmp_path / "acl"
    rights.write_text(f"topic read #\ntopic write {request.param}\n")
    rights.chmod(0o600)
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"user root\nlistener {port} 127.0.0.1\nallow_anonymous true\nacl_file {rights}\n")
    process = subprocess.Popen([broker.installed(), "-c", str(config)], stderr=subprocess.DEVNULL)
    yield port, request.param.startswith("spBv1.0")
    process.terminate()
    process.wait(10)


def listening(port, topic):
    """Return a client that hears a topic and what it heard, once the broker answers."""
    heard, ready = [], []
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: heard.append(message.payload)
    client.on_subscribe = lambda *_: ready.append(True)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            client.connect("127.0.0.1", port)
            break
        except OSError:
            time.sleep(0.05)
    client.subscribe(topic, 1)
    while not ready and time.monotonic() < until:
        client.loop(0.1)
    assert ready
    return client, heard


@mosquitto
def test_the_node_hears_it_or_we_hear_why_not(door, tmp_path):
    port, may = door
    client, heard = listening(port, COMMAND)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text(f"[broker]\nport = {port}\n")
    result = run(tmp_path, "sparkplug rebirth spBv1.0/school/boiler-room/meter-1 spBv1.0/school/DDATA/boiler-room/m2")
    until = time.monotonic() + (60 if may else 0.5)
    while not heard and time.monotonic() < until:
        client.loop(0.1)
    client.disconnect()
    if may:
        assert result.exit_code == 0 and COMMAND in result.output
        assert [metric.name for metric in parse(heard[0]).metrics] == ["Node Control/Rebirth"] and len(heard) == 1
    else:
        assert result.exit_code == 1 and "right to write" in result.output and not heard


def test_a_broker_that_is_not_there_is_named(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text(f"[broker]\nport = {free_port()}\n")
    result = run(tmp_path, "sparkplug rebirth spBv1.0/g/n")
    assert result.exit_code == 1 and "no broker answers" in result.output


@pytest.mark.parametrize("topic", ["campus/a", "spBv1.0/g", "spBv1.0/STATE/host", "spBv1.0//n", "a/b/c/d/e"])
def test_what_is_no_topic_of_a_node_is_refused(tmp_path, topic):
    assert command_topic(topic) is None
    assert run(tmp_path, f"sparkplug rebirth {topic}").exit_code == 2


@pytest.mark.parametrize("topic", ["spBv1.0/g/n", "spBv1.0/g/n/d", "spBv1.0/g/NBIRTH/n", "spBv1.0/g/DDATA/n/d"])
def test_a_node_takes_commands_on_one_topic(topic):
    assert command_topic(topic) == "spBv1.0/g/NCMD/n"
