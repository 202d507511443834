"""What lies beyond one payload: times relative to arrival, topics that meters share, odd CBOR."""

from datetime import timedelta
from decimal import Decimal
from time import process_time

import cbor2
import pytest
from cbor2 import CBORTag
from hypothesis import given
from hypothesis import strategies as st

from campus.readings import Kind, Quality, Reject
from ingest.cbor import DEPTH, parse_cbor
from ingest.checks import Routed, readings, routes
from ingest.payload import Item, Message, shown
from tests.heap import nothing_else_to_walk
from tests.ingest.golden import ARRIVED
from tests.ingest.says_senml import senml
from tests.ingest.schools import FORMATS, NOW, meter, school

LABELS = {"n": 0, "u": 1, "v": 2, "t": 6}


def decode(name, payload, topic="campus/a", retained=False):
    return FORMATS[name].decode(Message(topic, payload, ARRIVED, retained))


@given(senml())
def test_a_senml_pack_says_the_same_in_cbor(items):
    from json import loads

    pack = [{LABELS[label]: value for label, value in r.items()} for r in loads(FORMATS["senml"].encode(items))]
    assert decode("senml", cbor2.dumps(pack)) == items


def test_a_relative_time_of_a_kept_message_is_refused():
    pack = b'[{"n":"e","u":"kWh","v":1,"t":-60}]'
    (live,) = decode("senml", pack)
    assert (live.time, live.quality) == (ARRIVED - timedelta(seconds=60), Quality.ARRIVAL)
    (kept,) = decode("senml", pack, retained=True)
    assert kept.reason == "bad_time"


@pytest.mark.parametrize(
    "value",
    [Decimal("1E+500"), 2**20_000, -(10**400), float("nan"), float("inf"), None, True, "1", b"1", [1], {1: 2}],
    ids=range(11),
)
def test_what_cbor_can_write_and_no_meter_counts_is_refused(value):
    (refused,) = decode("senml", cbor2.dumps([{0: "e", 1: "kWh", 2: value}]))
    assert isinstance(refused, Reject) and refused.reason == "not_a_number" and len(refused.detail) < 400


@pytest.mark.parametrize("key", [2**20_000, -7, 99, 1.5, None, (1, 2)], ids=range(6))
def test_a_cbor_label_that_is_none_is_ignored(key):
    (item,) = decode("senml", cbor2.dumps([{0: "e", 1: "kWh", 3: "x", key: 5, 2: 17.5}]))
    assert item == Item(17.5, Kind.REGISTER, None, unit="kWh", channel="e")


def test_a_cbor_record_that_says_a_label_twice_is_refused():
    (refused,) = decode("senml", cbor2.dumps([{0: "e", 1: "kWh", 2: 17.5, "v": 5}]))
    assert refused.reason == "no_reading"


@pytest.mark.parametrize("value", ["0.1", "411.25", "-0", "1E-320", "12345678901234567890.5", "9E+300"])
def test_a_decimal_fraction_is_the_nearest_float(value):
    assert parse_cbor(cbor2.dumps(Decimal(value))) == float(value)


MANY = 2**2_000_000
TAGS = [*range(600), 1004, 43000, 55799, 99_999]


def test_a_tag_is_a_number_or_refused():
    for tag in TAGS:
        for value in (1, "x", [1, 2], b"1"):
            found = parse_cbor(cbor2.dumps([CBORTag(tag, value)]))
            assert isinstance(found, Reject) or (tag in (2, 3, 4) and isinstance(found[0], int | float)), (tag, value)


@pytest.mark.parametrize("tag", [4, 5, 30])
@pytest.mark.parametrize("parts", [[1, MANY], [MANY, 1], [10**9, 1], [-(10**9), 1], [1, "x"], [1], 7], ids=range(7))
def test_a_number_that_is_dear_to_build_is_refused_at_once(tag, parts):
    said = cbor2.dumps(CBORTag(tag, parts))
    with nothing_else_to_walk():
        started = process_time()
        assert isinstance(parse_cbor(said), Reject)
        assert process_time() - started < 0.2


def test_cbor_nested_too_deep_is_refused():
    assert isinstance(parse_cbor(b"\x81" * (DEPTH - 1) + b"\x01"), list)
    for depth in (DEPTH + 1, 1_000, 100_000):
        assert isinstance(parse_cbor(b"\x81" * depth + b"\x01"), Reject)


@given(st.binary(max_size=40))
def test_any_bytes_are_cbor_or_refused(payload):
    shown(parse_cbor(payload))
    for item in decode("senml", b"\x81\xa3\x00\x61e\x01\x63kWh\x02" + payload):
        assert isinstance(item, Item | Reject)


def test_meters_that_share_a_topic_keep_their_registers_apart():
    first, second = (
        decode("wmbusmeters", b'{"media":"water","meter":"izar","id":"%s","total_m3":%d}' % (meter, total))
        for meter, total in ((b"18444343", 471), (b"18444344", 12))
    )
    assert [item.channel for item in first + second] == ["18444343", "18444344"]


@pytest.mark.parametrize("name", ["tasmota", "zigbee2mqtt", "homewizard", "wmbusmeters", "senml"])
def test_a_counter_names_its_channel(name):
    items = decode(name, FORMATS[name].example_payload, FORMATS[name].example_topic)
    assert items and all(item.channel for item in items)


@pytest.mark.parametrize(
    ("topic", "registered"),
    [
        ("tele/plug/SENSOR", "tele/plug/SENSOR"),
        ("stat/plug/STATUS10", "tele/plug/SENSOR"),
        ("campus/stat/plug/STATUS8", "campus/tele/plug/SENSOR"),
        ("tele/plug/STATE", None),
        ("tele/plug/LWT", None),
        ("stat/stat/STATUS10", None),
        ("cmnd/plug/STATUS10", None),
    ],
)
def test_answers_of_a_tasmota_device_belong_to_its_telemetry(topic, registered):
    assert FORMATS["tasmota"].base(topic) == registered


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("zigbee2mqtt/plug", True),
        ("zigbee2mqtt/floor 2/plug", True),
        ("zigbee2mqttcc1352/plug", True),
        ("school/zigbee2mqtt/plug", True),
        ("zigbee2mqtt/bridge/devices", False),
        ("zigbee2mqtt/plug/availability", False),
        ("zigbee2mqtt/plug/set", False),
        ("zigbee2mqtt", False),
        ("esp/energy", False),
    ],
)
def test_only_devices_are_registered_of_zigbee2mqtt(topic, device):
    assert FORMATS["zigbee2mqtt"].base(topic) == (topic if device else None)


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("senml", Item(1.0, Kind.REGISTER, None, unit="kWh")),
        ("senml", Item(1.0, Kind.REGISTER, None, unit="度", channel="e")),
        ("tasmota", Item(1.0, Kind.REGISTER, None, unit="Wh", channel="ENERGY")),
        ("zigbee2mqtt", Item(1.0, Kind.REGISTER, None, "generation", "kWh", "energy")),
        ("homewizard", Item(1.0, Kind.REGISTER, ARRIVED, "", "kWh", "electricity")),
        ("wmbusmeters", Item(1.0, Kind.REGISTER, None, "water", "L", "1", serial="1")),
        ("wmbusmeters", Item(1.0, Kind.REGISTER, None, "water", "m³", "1")),
    ],
)
def test_what_a_format_cannot_say_it_refuses_to_write(name, item):
    with pytest.raises(ValueError, match=r"."):
        FORMATS[name].encode([item])


@pytest.mark.parametrize(
    ("name", "registered", "spoken_on", "payload", "kept"),
    [
        ("senml", ("s/x", "e", "heat", "kWh"), "s/x", b'[{"n":"e","u":"J","v":5e9}]', 5.0),
        ("senml", ("s/x", "p", "electricity", "kWh"), "s/x", b'[{"n":"p","u":"kW","s":7200}]', 2.0),
        ("senml", ("s/x", "w", "water", "L"), "s/x", b'[{"n":"w","v":1500}]', 1.5),
        (
            "tasmota",
            ("tele/x/SENSOR", "ENERGY:2", "electricity", "kWh"),
            "stat/x/STATUS10",
            b'{"StatusSNS":{"ENERGY":{"Total":[1,2.5]}}}',
            2.5,
        ),
        ("zigbee2mqtt", ("zigbee2mqtt/x", "water_consumed", "water", "L"), "", b'{"water_consumed":1432.5}', 1.4325),
        ("zigbee2mqtt", ("zigbee2mqtt/x", "energy", "generation", "kWh"), "", b'{"energy":8.5}', 8.5),
        ("homewizard", ("s/x", "electricity", "electricity", "kWh"), "", b'{"energy_import_kwh":17.5}', 17.5),
        (
            "wmbusmeters",
            ("s/x", "22222222", "heat", "kWh"),
            "",
            b'{"media":"heat","meter":"kamheat","id":"22222222","total_kwh":1000,"total_volume_m3":9}',
            3.6,
        ),
    ],
)
def test_a_registered_meter_is_read_in_the_kept_unit(name, registered, spoken_on, payload, kept):
    topic, channel, quantity, unit = registered
    known = routes([school([meter("x", topic, quantity, unit, format=name, channel=channel)])], FORMATS)
    found = [
        item.reading
        for item in readings(known, Message(spoken_on or topic, payload, NOW))
        if isinstance(item, Routed)
    ]
    assert [(reading.quantity, reading.value) for reading in found] == [(quantity, pytest.approx(kept))]


def test_an_integral_of_energy_waits_until_its_unit_is_settled():
    known = routes([school([meter("x", "s/x", format="senml", channel="e")])], FORMATS)
    (refused,) = readings(known, Message("s/x", b'[{"n":"e","u":"kWh","s":8123.5}]', NOW))
    assert isinstance(refused, Reject) and refused.reason == "unit_in_doubt" and "times seconds" in refused.detail
