"""Modbus: registers become what their map says, whatever their type and order; a damaged frame becomes nothing."""

import struct
from decimal import Decimal
from json import dumps

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.readings import Kind
from campus.units import QUANTITIES
from ingest.modbus_map import ORDERS, TYPES, Map, Point, Read, number, scaled, shipped
from ingest.modbus_rtu import Answer, answers, crc16
from ingest.payload import Item, Message
from ingest.payloads import modbus
from tests.ingest.golden import ARRIVED

WHOLE = {
    "u16": (0, 2**16 - 1),
    "i16": (-(2**15), 2**15 - 1),
    "u32": (0, 2**32 - 1),
    "i32": (-(2**31), 2**31 - 1),
    "u64": (0, 2**64 - 1),
    "i64": (-(2**63), 2**63 - 1),
    "bcd16": (0, 10**4 - 1),
    "bcd32": (0, 10**8 - 1),
    "bcd64": (0, 10**16 - 1),
}


def registers(kind, value, words="big", order="big"):
    """The registers a device shows a value in."""
    size, layout = TYPES[kind]
    data = struct.pack(layout, value) if layout else bytes.fromhex(f"{value:0{4 * size}d}")
    pairs = [data[at : at + 2] for at in range(0, len(data), 2)]
    pairs = pairs if words == "big" else pairs[::-1]
    return [int.from_bytes(pair, "big" if order == "big" else "little") for pair in pairs]


def with_crc(body):
    return body + crc16(body).to_bytes(2, "little")


def answer(slave, words, function=3):
    return with_crc(bytes([slave, function, 2 * len(words)]) + b"".join(word.to_bytes(2, "big") for word in words))


def read(points, payload, reads=(), topic="a/device/up"):
    by = {"device": Map("device", "d", "d", tuple(points), tuple(reads))}
    body = payload if isinstance(payload, bytes) else dumps(payload).encode()
    return modbus.decode(Message(topic, body, ARRIVED), by)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("words", ORDERS)
@pytest.mark.parametrize("kind", WHOLE)
@given(data=st.data())
def test_a_whole_number_is_read_back_in_every_type_and_order(kind, words, order, data):
    value = data.draw(st.integers(*WHOLE[kind]))
    assert number(Point(0, kind, "kWh", words=words, bytes=order), registers(kind, value, words, order)) == value


@pytest.mark.parametrize("words", ORDERS)
@given(value=st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_float_is_read_back_in_both_orders(words, value):
    for kind in ("f32", "f64"):
        assert number(Point(0, kind, "kWh", words=words), registers(kind, value, words)) == value


def test_every_type_is_tried():
    assert set(WHOLE) | {"f32", "f64"} == set(TYPES)


@given(raw=st.integers(0, 2**32 - 1), places=st.integers(0, 4))
def test_a_scaled_number_is_the_decimal_people_read(raw, places):
    assert scaled(raw, Decimal(1).scaleb(-places)) == float(f"{raw}e-{places}")


@given(words=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=20), data=st.data())
def test_no_damage_of_two_bits_is_taken_for_an_answer(words, data):
    whole = bytearray(answer(5, words))
    for bit in data.draw(st.sets(st.integers(0, 8 * len(whole) - 1), min_size=1, max_size=2)):
        whole[bit // 8] ^= 1 << bit % 8
    assert not any(isinstance(found, Answer) for found in answers(bytes(whole)))


@given(words=st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=20), cut=st.integers(1, 44))
def test_a_cut_answer_is_none(words, cut):
    whole = answer(5, words)
    assert not any(isinstance(found, Answer) for found in answers(whole[: max(0, len(whole) - cut)]))


def test_the_checksum_is_that_of_the_specification():
    # Modbus over Serial Line V1.02, 6.2.2: device 2, function 7 has CRC 1241H, sent as 41 12.
    assert with_crc(bytes([2, 7])) == bytes([2, 7, 0x41, 0x12])


ENERGY = Point(10, "u32", "kWh")


def test_a_point_confined_to_a_device_is_read_of_no_other():
    points = [Point(10, "u16", "kWh", slave=1), Point(10, "u16", "m³", "water", slave=2)]
    of_two = read(points, {"slave": 2, "start": 10, "registers": [7]})
    assert of_two == [Item(7.0, Kind.REGISTER, None, "water", "m³", "2")]


def test_a_bare_answer_that_two_reads_may_have_given_is_refused():
    reads = [Read(10, 2), Read(20, 2)]
    (refused,) = read([ENERGY], answer(1, [0, 7]), reads)
    assert refused.reason == "no_reading" and "several reads" in refused.detail


def test_the_request_heard_before_it_says_what_an_answer_is():
    request = with_crc(bytes([1, 3]) + struct.pack(">HH", 10, 2))
    assert [item.value for item in read([ENERGY], request + answer(1, [0, 7]), [Read(20, 2)])] == [7.0]


def test_a_request_to_another_device_says_nothing_of_an_answer():
    request = with_crc(bytes([2, 3]) + struct.pack(">HH", 10, 2))
    (refused,) = read([ENERGY], request + answer(1, [0, 7]))
    assert refused.reason == "no_reading"


def test_what_the_map_calls_absent_is_no_number():
    (refused,) = read([Point(0, "u16", "kWh", absent=0xFFFF)], {"slave": 1, "start": 0, "registers": [0xFFFF]})
    assert refused.reason == "not_a_number"


def test_a_map_of_two_spaces_needs_the_function():
    points = [Point(0, "u16", "kWh"), Point(0, "u16", "kWh", "electricity_export", function=4)]
    (refused,) = read(points, {"slave": 1, "start": 0, "registers": [1]})
    assert refused.reason == "no_reading" and "function" in refused.detail
    (item,) = read(points, {"slave": 1, "start": 0, "registers": [1], "function": 4})
    assert item.quantity == "electricity_export"


def test_a_level_is_a_gauge_and_a_channel_names_device_and_circuit():
    point = Point(0, "i16", "kW", "power", "circuit2", Decimal("0.1"))
    assert read([point], {"slave": 3, "start": 0, "registers": [65535]}) == [
        Item(-0.1, Kind.GAUGE, None, "power", "kW", "3:circuit2")
    ]


def test_a_topic_that_names_two_maps_names_none():
    known = shipped()
    topic = "/".join(sorted(known)[:2])
    (refused,) = modbus.decode(Message(topic, b'{"start":72,"registers":[1,2]}', ARRIVED), known)
    assert refused.reason == "no_reading"


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_map_says_where_it_comes_from_and_reads_every_point(name):
    found = shipped()[name]
    assert found.device and found.document and found.points and found.reads
    asked = {address for read in found.reads for address in range(read.start, read.start + read.count)}
    assert all(set(point.addresses) <= asked for point in found.points)
    assert all(point.quantity in ("", *QUANTITIES) for point in found.points)
    lengths = [(read.function, read.count) for read in found.reads]
    assert len(lengths) == len(set(lengths)), "a bare answer must be told by its length"
