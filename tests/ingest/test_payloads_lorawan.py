"""LoRaWAN counters beyond one payload: which model a payload is of, what a name counts, and the maker's examples."""

import json
import re
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.readings import Reject
from ingest.checks import Routed, readings, routes
from ingest.milesight import NotRead, Told, model, read
from ingest.payload import Item, Message
from ingest.register_names import Counter, counter, counter_in
from tests.ingest.golden import ARRIVED
from tests.ingest.schools import FORMATS, NOW, meter, school

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "payloads"
CHIRPSTACK = FORMATS["chirpstack"]
TOPIC = "application/a/device/24e124136c000001"


def uplink(data, **info):
    device = {"devEui": "24e124136c000001"} | info
    body = {"deviceInfo": device, "fPort": 85, "data": b64encode(data).decode()}
    return Message(f"{TOPIC}/event/up", json.dumps(body).encode(), ARRIVED)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("total_kwh", Counter("kWh")),
        ("Energy/Total kWh", Counter("kWh")),
        ("activeEnergyKWh", Counter("kWh")),
        ("ExportedEnergy_kWh", Counter("kWh", "electricity_export")),
        ("Meter 1 MWh", Counter("MWh")),
        ("totalPulses", Counter("")),
        ("gpio_counter_1", Counter("")),
        *(
            (name, None)
            for name in ("kwh_today", "m3h", "flow_m3_h", "kwh_per_m2", "frame_counter", "T", "energy", "")
        ),
    ],
)
def test_a_name_is_a_counter_only_if_it_says_so(name, meant):
    assert counter(name) == meant


@pytest.mark.parametrize(
    ("name", "unit", "meant"),
    [
        ("Energy", "kWh", Counter("kWh")),
        ("Energy", " m³ ", Counter("m³")),
        ("Energy today", "kWh", None),
        ("Power", "kW", None),
        ("Flow", "m³/h", None),
        ("pulse_1", "pulses", Counter("")),
        ("pulse_1", "gal", Counter("gal")),
        ("total_kwh", "", Counter("kWh")),
    ],
)
def test_a_unit_beside_a_name_has_the_word(name, unit, meant):
    assert counter_in(name, unit) == meant


def test_millijoules_are_not_taken_for_megajoules():
    assert counter("total_mwh").unit.startswith("?") and counter("heat_mj").unit.startswith("?")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("", "Milesight EM300-DI"), "em300-di"),
        (("em300_di_hall", "UC300"), "em300-di-hall"),
        (("", "EM300 DI v2"), "em300-di"),
        (("", "Wohnzimmer"), ""),
    ],
)
def test_a_model_is_told_by_a_tag_before_a_profile(names, found):
    assert model(*names) == found


@given(st.binary(max_size=60), st.sampled_from(["", "em300-di", "uc300", "uc501", "uc511", "ws523", "ct103"]))
def test_any_payload_is_read_or_refused_with_a_sentence(data, of):
    try:
        assert all(isinstance(told, Told | str) for told in read(data, of))
    except NotRead as error:
        assert 20 < len(str(error)) < 200


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_a_cut_payload_gives_nothing_of_what_is_missing(count, cut):
    data = b"\x05\xc8" + count.to_bytes(4, "little")
    (item,) = CHIRPSTACK.decode(uplink(data, deviceProfileName="EM300-DI"))
    assert item.value == count
    (refused,) = CHIRPSTACK.decode(uplink(data[:-cut], deviceProfileName="EM300-DI"))
    assert isinstance(refused, Reject)


@pytest.mark.parametrize("infinite", [b"\x00\x00\xc0\x7f", b"\x00\x00\x80\x7f"])
def test_water_that_is_no_number_is_refused(infinite):
    (refused,) = CHIRPSTACK.decode(uplink(b"\x05\xe1\x0a\x00\x0a\x00" + infinite, deviceProfileName="EM300-DI"))
    assert refused.reason == "not_a_number"


def test_pulses_have_the_registered_unit_and_an_input_each():
    meters = [meter(f"w{n}", TOPIC, "water", "L", format="chirpstack", channel=f"gpio_counter_{n}") for n in (1, 2)]
    data = bytes.fromhex("03C80A00000004C814000000")
    found = readings(routes([school(meters)], FORMATS), uplink(data, deviceProfileName="UC300"))
    assert [(r.reading.meter, r.reading.value) for r in found if isinstance(r, Routed)] == [
        ("w1", pytest.approx(0.01)),
        ("w2", pytest.approx(0.02)),
    ]


def test_two_copies_of_an_uplink_are_one_reading():
    first = Message(CHIRPSTACK.example_topic, CHIRPSTACK.example_payload, ARRIVED)
    assert CHIRPSTACK.decode(first) == CHIRPSTACK.decode(Message(first.topic, first.payload, NOW))


# What the maker's examples hold: file, payload in it, counters.
EXAMPLES = [
    ("em-series_em300-di", "01755C 03673401 046865 20CE9E74466310015D020000010000", [("pulse", 256, 1665561758)]),
    ("em-series_em300-di-hall", "017564 06E10A000A0000000000", [("water", 0, None)]),
    ("em-series_em300-di-hall", "85E16400A0000040394401", [("water", 741, None)]),
    ("em-series_em300-di-hall", "85E10A0088023393BB4403", [("water", pytest.approx(1500.6), None)]),
    ("em-series_em300-di-hall", "21CEDFF40B650000000102010A000A000080EC44", [("water", 1892, 1695282399)]),
    (
        "uc-series_uc300",
        "03C80A000000 04C814000000 050000 060000 070101 080101",
        [("gpio_counter_1", 10, None), ("gpio_counter_2", 20, None)],
    ),
    ("uc-series_uc501", "03C870170000", [("gpio_counter_1", 6000, None)]),
    ("uc-series_uc511", "01755C 030100 04C805000000", [("valve_1_pulse", 5, None)]),
    (
        "ws-series_ws523",
        "087001 05812C 07C94A00 03743009 068309660000 048007000000",
        [("power_consumption", 26121, None)],
    ),
    ("ct-series_ct103", "039710270000", []),
]


@pytest.mark.parametrize(("file", "hexadecimal", "expected"), EXAMPLES)
def test_the_makers_examples_are_read_as_the_maker_reads_them(file, hexadecimal, expected):
    found = read(bytes.fromhex(hexadecimal), model(file.rpartition("_")[2]))
    assert [(told.channel, told.value, told.epoch_s) for told in found] == expected
    page = DATA / "lorawan_milesight" / f"{file}.md"
    if not page.is_file():
        pytest.skip("the maker's pages lie in ../shared/data/payloads")
    assert hexadecimal in page.read_text(encoding="utf-8")


@pytest.mark.skipif(not DATA.is_dir(), reason="the documentation's events lie in ../shared/data/payloads")
def test_the_events_of_the_documentation_are_known():
    page = (DATA / "chirpstack" / "events.md").read_text(encoding="utf-8")
    events = re.findall(r"### `(\w+)`.*?```json\n(.*?)```", page, re.DOTALL)
    assert len(events) == 8
    for name, body in events:
        message = Message(f"application/a/device/0101010101010101/event/{name}", body.encode(), ARRIVED)
        found = CHIRPSTACK.decode(message)
        # The documentation's uplink is one byte of a device nobody knows.
        assert [item.reason for item in found] == (["no_reading"] if name == "up" else [])
        assert not any(isinstance(item, Item) for item in found)


@pytest.mark.parametrize("change", [{"unit": "Wh"}, {"channel": "power"}, {"serial": "other"}])
def test_what_an_uplink_cannot_say_it_refuses_to_write(change):
    from dataclasses import replace

    item = CHIRPSTACK.decode(Message(CHIRPSTACK.example_topic, CHIRPSTACK.example_payload, ARRIVED))[0]
    with pytest.raises(ValueError, match=r"."):
        CHIRPSTACK.encode([item, replace(item, **change)])
