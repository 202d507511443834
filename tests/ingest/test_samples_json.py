"""What plugs, gateways and bridges really sent, where the samples are at hand: each value can be read in its file."""

import json
import re
from pathlib import Path

import pytest

from campus.readings import Reject
from ingest.payload import Item, Message, formats
from tests.ingest.golden import ARRIVED

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "payloads"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the samples of devices lie in ../shared/data/payloads")
FORMATS = formats()
EXPORT = "electricity_export"
P1_V1 = [("", 13779.338), (EXPORT, 0.0), *["no_time_zone"] * 5]
P1_TARIFFS = [("", 13779.338), (EXPORT, 4162.461)]
ONE_PHASE = [("", 122.376), (EXPORT, 579.813)]
THREE_PHASES = [("", 2940.101), (EXPORT, 0.0)]
V2 = [("", 123.456), (EXPORT, 78.91)]
ZEROS = [*["no_time_zone"] * 5, "no_reading", "unknown_quantity", "no_reading"]
HOMEWIZARD = {
    "HWE-KWH1/data.json": ONE_PHASE,
    "HWE-KWH1/measurement.json": V2,
    "HWE-KWH3/data.json": THREE_PHASES,
    "HWE-KWH3/measurement.json": V2,
    "HWE-P1/data.json": P1_V1,
    "HWE-P1/data_minimal.json": [*P1_TARIFFS, "no_time_zone"],
    "HWE-P1/data_no_gas.json": P1_TARIFFS,
    "HWE-P1/data_single_phase.json": [*P1_TARIFFS, "no_time_zone"],
    "HWE-P1/measurement_1_phase_no_gas.json": P1_TARIFFS,
    "HWE-P1/measurement_3_phase_with_gas_with_watermeter.json": [
        ("", 13779.338),
        (EXPORT, 0.0),
        *["no_time_zone"] * 2,
    ],
    "HWE-P1/measurement_invalid_ean.json": ZEROS,
    "HWE-P1/measurement_invalid_external.json": ["no_reading", "unknown_quantity", "no_reading"],
    "HWE-SKT/data.json": [("", 10830.511), (EXPORT, 2948.827)],
    "HWE-WTR/data.json": [("water", 8129.123)],
    "SDM230-wifi/data.json": ONE_PHASE,
    "SDM630-wifi/data.json": THREE_PHASES,
    "exceptions/data_invalid_external_data.json": ["no_reading"] * 5,
    "exceptions/data_invalid_external_ean.json": ZEROS,
}
MARKS_UP = re.compile(r'\{.*"ENERGY".*\}')


def read(name, topic, payload):
    """Return (quantity, value) of each item, and of a reject its reason."""
    items = FORMATS[name].decode(Message(topic, payload, ARRIVED))
    return [item.reason if isinstance(item, Reject) else (item.quantity, item.value) for item in items]


def samples(folder, pattern):
    return sorted((DATA / folder).rglob(pattern))


@pytest.mark.parametrize(
    "file", samples("homewizard/v1", "*.json"), ids=lambda file: f"{file.parent.name}-{file.stem}"
)
def test_homewizard_measurements_give_their_counters(file):
    expected = HOMEWIZARD.get(f"{file.parent.name}/{file.name}", [])
    assert bool(expected) != file.name.startswith("device")
    assert read("homewizard", "homewizard/p1", file.read_bytes()) == expected


def test_tasmota_telemetry_gives_its_total():
    text = "\n".join(file.read_text(encoding="utf-8") for file in samples("tasmota", "*.txt"))
    sent = [line for line in MARKS_UP.findall(text) if line.startswith('{"Time"')]
    totals = [read("tasmota", "tele/meter/SENSOR", line.encode()) for line in sent]
    assert sent and totals == [[("", json.loads(line)["ENERGY"]["Total"])] for line in sent]
    assert [("", 9098.245)] in totals


def test_payloads_people_reported_are_read_or_refused():
    lines = (DATA / "github_issues_verbatim" / "payloads.jsonl").read_text(encoding="utf-8").splitlines()
    posted = [entry for line in lines if (entry := json.loads(line))["format"] in FORMATS]
    found = [read(entry["format"], entry["topic"], entry["payload"].encode()) for entry in posted]
    assert found == [
        [("", 80.747)],
        [("", 8.42)],
        [("", 9.43)],
        ["not_a_number"],
        ["not_a_number"],
        [("water", 471.325)],
    ]


def test_every_sample_is_borne_by_every_format():
    files = [file for file in DATA.rglob("*") if file.is_file()]
    assert len(files) > 50
    for file in files:
        for name, fmt in FORMATS.items():
            items = fmt.decode(Message(fmt.example_topic, file.read_bytes(), ARRIVED))
            assert all(isinstance(item, Item | Reject) for item in items), (name, file)
