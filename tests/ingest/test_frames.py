"""Field protocols behind transparent gateways: what a damaged line says is refused, and never becomes a number."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.readings import Kind, Reject
from ingest.checks import Routed, readings, routes
from ingest.frames import bcd, hundredths, unbcd, unhex, wires
from ingest.payload import Item, Message, formats
from tests.ingest.golden import ARRIVED
from tests.ingest.says_cjt188 import SAYS as WATER
from tests.ingest.says_dlt645 import SAYS as ELECTRICITY
from tests.ingest.schools import meter, school

FORMATS = formats()
SAYS = ELECTRICITY | WATER
TOPIC = "campus/gateway/up"


def decoded(name, payload, topic=TOPIC):
    return FORMATS[name].decode(Message(topic, payload, ARRIVED))


def values(items):
    return [item for item in items if isinstance(item, Item)]


def without_time(items):
    return [Item(i.value, i.kind, None, i.quantity, i.unit, i.channel, serial=i.serial) for i in items]


def line(name, items):
    """The bytes of a format's frames."""
    return bytes.fromhex(FORMATS[name].encode(without_time(items)).decode())


@pytest.mark.parametrize("name", SAYS)
@given(data=st.data())
def test_one_damaged_byte_anywhere_never_changes_a_value(name, data):
    items = without_time(data.draw(SAYS[name]))
    whole = line(name, items)
    at, instead = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    damaged = whole[:at] + bytes([instead]) + whole[at + 1 :]
    assert all(item in items for item in values(decoded(name, damaged)))


@pytest.mark.parametrize("name", SAYS)
@given(data=st.data())
def test_a_line_cut_anywhere_gives_the_whole_frames_before_the_cut(name, data):
    items = without_time(data.draw(SAYS[name]))
    whole = line(name, items)
    found = decoded(name, whole[: data.draw(st.integers(1, len(whole)))])
    assert values(found) == items[: len(values(found))]


@pytest.mark.parametrize("name", SAYS)
@given(data=st.data(), between=st.sampled_from([b"", b"\xfe" * 7, b"\r\n", b"\0\0"]))
def test_what_stands_between_frames_changes_nothing(name, data, between):
    items = without_time(data.draw(SAYS[name]))
    apart = between.join(line(name, [item]) for item in items)
    assert decoded(name, between + apart + between) == items


@pytest.mark.parametrize("name", SAYS)
@given(data=st.data(), separator=st.sampled_from(["", " ", ", ", ":", "\n", "-", " 0x"]), upper=st.booleans())
def test_hex_reads_alike_however_it_is_written(name, data, separator, upper):
    items = without_time(data.draw(SAYS[name]))
    text = separator.join(f"{byte:02x}" for byte in line(name, items))
    assert decoded(name, f" {text.upper() if upper and 'x' not in text else text}\r\n".encode()) == items


@given(value=st.integers(0, 10**8 - 1))
def test_bcd_of_four_bytes_says_every_number_of_eight_digits(value):
    assert bcd(unbcd(value, 4)) == value and unbcd(value, 4)[::-1].hex() == f"{value:08d}"


@given(data=st.binary(min_size=1, max_size=6))
def test_a_half_byte_that_is_no_digit_is_no_number(data):
    assert (bcd(data) is None) == any(half > 9 for byte in data for half in divmod(byte, 16))


@pytest.mark.parametrize("value", [0.001, 1e9, -0.01])
def test_what_a_frame_cannot_say_is_not_written(value):
    item = Item(value, Kind.REGISTER, None, "", "kWh", serial="1" * 12)
    with pytest.raises(ValueError):
        FORMATS["dlt645"].encode([item])


def test_two_times_do_not_go_into_one_message():
    when = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2)]
    items = [Item(1.0, Kind.REGISTER, time, "water", "m³", serial="1" * 14) for time in when]
    with pytest.raises(ValueError):
        FORMATS["cjt188"].encode(items)


def test_hundredths_are_exact():
    assert hundredths(0.29) == 29 and hundredths(1234.56) == 123456


@pytest.mark.parametrize("text", ["", "  ", "F", "FE F", "68 1G", "68,1", 17, None, ["68"]])
def test_what_is_no_hex_is_refused(text):
    assert isinstance(unhex(text), Reject)


@pytest.mark.parametrize("zone", ["", "8", "+8:00", "+15:00", "Asia/Shanghai", 8, True, []])
def test_a_zone_is_an_offset_or_refused(zone):
    payload = f'{{"data":"68","zone":{str(zone).lower() if not isinstance(zone, str) else chr(34) + zone + chr(34)}}}'
    (refused,) = wires(payload.encode())
    assert isinstance(refused, Reject) and refused.reason == "no_time_zone"


def test_bytes_that_begin_like_json_are_bytes():
    assert decoded("modbus", bytes([0x7B, 3, 2, 0, 0, 0, 0]), "a/eastron-sdm")[0].reason == "undecodable"


A, B = "202308150047", "202308150048"


def kept(meters, items):
    """What becomes of a line's items where these meters are registered on its topic."""
    registry = school(meters)
    return readings(routes([registry], FORMATS), Message(TOPIC, FORMATS["dlt645"].encode(items), ARRIVED))


def energy(value, number):
    return Item(value, Kind.REGISTER, None, "", "kWh", serial=number)


def test_a_changed_number_of_the_only_meter_is_seen():
    (found,) = kept([meter("main", TOPIC, format="dlt645", serial=A)], [energy(1.0, B)])
    assert isinstance(found, Routed) and (found.reading.meter, found.reading.serial) == ("main", B)


def test_meters_on_one_line_are_told_apart_by_their_numbers():
    meters = [meter("a", TOPIC, format="dlt645", channel=A), meter("b", TOPIC, format="dlt645", channel=B)]
    found = kept(meters, [energy(1.0, B), energy(2.0, A)])
    assert [(one.reading.meter, one.reading.value) for one in found] == [("b", 1.0), ("a", 2.0)]


def test_a_meter_that_nobody_registered_on_a_line_is_given_to_no_other():
    (found,) = kept([meter("a", TOPIC, format="dlt645", channel=A)], [energy(1.0, B)])
    assert isinstance(found, Reject) and found.reason == "unknown_topic" and f'channel = "{B}"' in found.detail


def test_a_part_of_a_meter_on_a_line_is_registered_by_number_and_part():
    rate = Item(3.0, Kind.REGISTER, None, "", "kWh", "rate2", serial=A)
    meters = [
        meter("a", TOPIC, format="dlt645", channel=A),
        meter("a2", TOPIC, format="dlt645", channel=f"{A}:rate2"),
    ]
    found = kept(meters, [energy(1.0, A), rate])
    assert [one.reading.meter for one in found] == ["a", "a2"]


def test_combined_energy_is_never_taken_for_forward_energy():
    combined = Item(3.0, Kind.REGISTER, None, "", "kWh", "combined", serial=A)
    (found,) = kept([meter("main", TOPIC, format="dlt645")], [combined])
    assert isinstance(found, Reject) and 'channel = "combined"' in found.detail
