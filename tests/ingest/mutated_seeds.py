"""The seeds of mutations: the golden cases of each format, and what devices really sent where that is at hand."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.ingest.golden import FOLDER, message
from tests.ingest.mutated_how import Said
from tests.ingest.schools import FORMATS

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "payloads"
_TASMOTA = re.compile(r'\{"Time".*"ENERGY".*\}')


def seeds() -> dict[str, list[Said]]:
    """Return topic and payload of every seed, by format; an empty payload has nothing to be changed."""
    found = {name: [(fmt.example_topic, fmt.example_payload)] for name, fmt in FORMATS.items()}
    for path in sorted(FOLDER.glob("*/*/payload")):
        case = message(path.parent)
        found[path.parent.parent.name].append((case.topic, case.payload))
    for name, topic, payload in _samples() if DATA.is_dir() else ():
        found[name].append((topic, payload))
    return {name: [said for said in own if said[1]] for name, own in found.items()}


def _samples() -> Iterator[tuple[str, str, bytes]]:
    for line in (DATA / "github_issues_verbatim" / "payloads.jsonl").read_text(encoding="utf-8").splitlines():
        posted = json.loads(line)
        name = next((name for name in FORMATS if posted["format"].startswith(name)), None)
        if name is not None:
            yield name, posted["topic"], posted["payload"].encode()
    for file in sorted((DATA / "homewizard" / "v1").rglob("*.json")):
        yield "homewizard", "homewizard/p1", file.read_bytes()
    for file in [*sorted((DATA / "dsmr_p1").glob("*.txt")), *(DATA / "homewizard").rglob("telegram.txt")]:
        yield "dsmr_p1", "p1/telegram", file.read_bytes()
    for file in sorted((DATA / "tasmota").glob("*.txt")):
        for sent in _TASMOTA.findall(file.read_text(encoding="utf-8")):
            yield "tasmota", "tele/meter/SENSOR", sent.encode()
    for file in sorted((DATA / "shelly").glob("*.json")):
        status = json.loads(file.read_text(encoding="utf-8")).get("status", {})
        body = {"method": "NotifyFullStatus", "params": {"ts": 1795306500.5} | status}
        yield "shelly", "school/events/rpc", json.dumps(body).encode()
