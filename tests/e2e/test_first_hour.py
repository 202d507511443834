"""The first hour with one's own meter: it is heard, shown, registered, and what waited is replayed at once."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from app import broker
from app.cli import main
from app.processes import Children
from tests.e2e import needs
from tests.ports import free_port
from tests.sizes import within

ROOT = Path(__file__).resolve().parents[2]

pytestmark = needs.mosquitto

SCHOOL = """# Our own school: this comment must survive.
[school]
key = "ours"
name = "我们学校"
name_en = "Ours"
type = "primary"
timezone = "Asia/Shanghai"
region = "CN-SD"
calendar = "CN"

[[building]]
key = "hall"   # the sports hall
name = "体育馆"
name_en = "Hall"
class = "sports"
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("ours")
    config = tmp_path / "config"
    (config / "schools").mkdir(parents=True)
    (config / "schools" / "ours.toml").write_text(SCHOOL, encoding="utf-8")
    port = free_port()
    with ExitStack() as stack:
        monkeypatch = stack.enter_context(pytest.MonkeyPatch.context())
        local = broker.start(tmp_path / "broker")
        stack.callback(local.stop)
        (config / "settings.toml").write_text(f"[broker]\nport = {local.port}\n\n[web]\nport = {port}\n")
        environment = {"CAMPUS_DATA": str(tmp_path / "data"), "CAMPUS_CONFIG": str(config)}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        children = stack.enter_context(Children(environment, tmp_path / "log"))
        for name in ("ingest", "derive", "web"):
            children.start(name, name)
        client = Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", local.port)
        client.loop_start()
        stack.callback(client.loop_stop)
        stack.callback(client.disconnect)
        page = f"http://127.0.0.1:{port}/schools/ours/now.json"
        until(lambda: connected(tmp_path / "data") and now(page) is not None)
        yield tmp_path, client, page


def until(true, seconds=120.0) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, "it did not come"
        time.sleep(0.05)
    return time.monotonic() - began


def connected(data: Path) -> bool:
    path = data / "status" / "ingest-main.json"
    return path.exists() and json.loads(path.read_text()).get("connected", False)


def now(page: str):
    try:
        with urllib.request.urlopen(page, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


def say(client: Client, topic: str, **body) -> None:
    client.publish(topic, json.dumps(body), qos=1).wait_for_publish(60)


def stored(folder: Path) -> list[tuple]:
    path = folder / "data" / "schools" / "ours" / "store.sqlite"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute("SELECT meter, quantity, value FROM register_view ORDER BY time_ms").fetchall()


def test_an_unknown_meter_is_shown_registered_and_replayed(running):
    folder, client, page = running
    for number in range(3):
        say(
            client, "hall/main", time=f"2026-11-20T08:{15 * number:02d}:00+08:00", register=100.0 + number, unit="kWh"
        )
    waited = until(lambda: now(page)["head"]["new_topics"] == 1)
    assert waited < within(2.0)
    assert stored(folder) == []

    listed = CliRunner().invoke(main, ["meters", "new"])
    assert "hall/main" in listed.output and "native" in listed.output

    words = ["--key", "e-hall", "--name", "体育馆电表", "--name-en", "Hall", "--quantity", "electricity"]
    words += ["--interval", "15min", "--arrival", "live", "--building", "hall"]
    added = CliRunner().invoke(main, ["meters", "add", "hall/main", *words], input="\n" * 8)
    assert added.exit_code == 0, added.output
    text = (folder / "config" / "schools" / "ours.toml").read_text(encoding="utf-8")
    assert "this comment must survive" in text and "# the sports hall" in text

    until(lambda: len(stored(folder)) == 3, within(10))
    assert stored(folder) == [("e-hall", "electricity", 100.0 + n) for n in range(3)]
    until(
        lambda: [m["meter"] for m in now(page)["meters"]] == ["e-hall"] and not now(page)["head"]["new_topics"],
        within(10),
    )

    say(client, "hall/main", time="2026-11-20T09:00:00+08:00", register=104.0, unit="kWh")
    until(lambda: len(stored(folder)) == 4, within(5))


def test_a_broken_edit_keeps_the_last_good_school_and_says_so(running):
    folder, _, page = running
    path = folder / "config" / "schools" / "ours.toml"
    good = path.read_text(encoding="utf-8")
    path.write_text(good + "\n[[meter]\n", encoding="utf-8")
    until(lambda: any("ours.toml" in notice["zh"] for notice in now(page)["notices"]), within(10))
    assert now(page)["school"]["name"] == "我们学校"
    checked = CliRunner().invoke(main, ["check"])
    assert checked.exit_code == 1 and "ours.toml:" in checked.output
    path.write_text(good, encoding="utf-8")
    until(lambda: not any("ours.toml" in notice["zh"] for notice in now(page)["notices"]), within(10))
