"""What Shelly devices of four generations really say, where samples are at hand: each value stands in its file."""

import json
from pathlib import Path

import pytest

from campus.readings import Reject
from ingest.payload import Message
from tests.ingest.golden import ARRIVED
from tests.ingest.schools import FORMATS

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "payloads"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the samples of devices lie in ../shared/data/payloads")
EXPORT = "electricity_export"
PRO_3EM = [("emdata:0", "", 2589773.39), ("emdata:0", EXPORT, 1026.61)]
# The end of a file's name -> channel, quantity and value [Wh] of each counter.
STATUS = {
    "SNSW-001P16EU": [("switch:0", "", 110.046)],
    "SNPL-00110IT": [("switch:0", "", 922.282)],
    "SNPL-00112EU": [("switch:0", "", 7258.589)],
    "SPEM-003CEBEU": PRO_3EM,
    "SPSW-004PE16EU": [(f"switch:{n}", "", 0.0) for n in range(4)],
    "blugatewaygen3": [],
    "mini1gen4": [],  # switches, and does not meter
}


def read(topic, payload):
    items = FORMATS["shelly"].decode(Message(topic, payload, ARRIVED))
    return [item.reason if isinstance(item, Reject) else (item.channel, item.quantity, item.value) for item in items]


def status_of(name):
    (file,) = (DATA / "shelly").glob(f"*{name}*")
    body = json.loads(file.read_text(encoding="utf-8"))
    return body.get("status", body)


@pytest.mark.parametrize("name", STATUS)
def test_the_status_of_each_component_gives_its_counters(name):
    components = [(key, state) for key, state in status_of(name).items() if isinstance(state, dict)]
    found = [read(f"school/status/{key}", json.dumps(state).encode()) for key, state in components]
    assert [item for items in found for item in items] == STATUS[name]


@pytest.mark.parametrize("name", STATUS)
def test_a_full_status_gives_the_same_counters_at_once(name):
    body = {"method": "NotifyFullStatus", "params": {"ts": 1707326936.5} | status_of(name)}
    assert read("school/events/rpc", json.dumps(body).encode()) == STATUS[name]


def test_a_roller_shutter_counts_too():
    (file,) = (DATA / "shelly").glob("*Cover.GetStatus")
    assert read("school/status/cover:0", file.read_bytes()) == [("cover:0", "", 314.801)]


def test_what_people_reported_of_shelly_is_read_as_they_read_it():
    lines = (DATA / "github_issues_verbatim" / "payloads.jsonl").read_text(encoding="utf-8").splitlines()
    posted = [entry for line in lines if (entry := json.loads(line))["topic"].startswith("shell")]
    found = [item for entry in posted for item in read(entry["topic"], entry["payload"].encode())]
    assert found == [
        ("emdata:0", "", 345628.03),
        ("emdata:0", EXPORT, 1247.42),
        ("emeter:0", "", 64541.0),
        ("emeter:1", EXPORT, 0.0),
        ("emeter:0", "", 10533.1),
        ("emeter:0", EXPORT, 427.7),
    ]
