"""Between a message and a Reading: whose meter, which unit, and whether the time can be true."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from campus.ports import Reason
from campus.readings import Kind, Quality, Reject
from campus.registry import Change
from ingest.checks import CLOCK_TOLERANCE, Routed, readings, routes
from ingest.payload import Item, Message
from ingest.payloads import native
from tests.ingest.schools import CHANGED, FORMATS, NOW, ROUTES, meter, reading, school


def said(topic, payload, known=ROUTES, **more):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return readings(known, Message(topic, body, more.pop("arrived", NOW), **more))


def accepted(topic, payload, **more):
    (found,) = said(topic, payload, **more)
    assert isinstance(found, Routed), found
    return found.reading


def refused(topic, payload, **more):
    (found,) = said(topic, payload, **more)
    assert isinstance(found, Reject), found
    return found.reason, found.detail


def at(moment, **more):
    return {"time": moment.isoformat(), "register": 1, **more}


@pytest.mark.parametrize(
    ("topic", "unit", "value", "kept"),
    [
        ("s/main", "kWh", 8.0, 8.0),
        ("s/main", "Wh", 8000.0, 8.0),
        ("s/main", "MWh", 0.008, 8.0),
        ("s/main", "", 8.0, 8.0),
        ("s/main", "GJ", 1.0, 1000 / 3.6),
        ("s/gate", "m³", 8.0, 8.0),
        ("s/gate", "", 8000.0, 8.0),
        ("s/gate", "L", 8000.0, 8.0),
    ],
)
def test_a_value_is_kept_in_the_quantity_s_own_unit(topic, unit, value, kept):
    body = at(NOW, unit=unit) | {"register": value}
    assert accepted(topic, body).value == pytest.approx(kept)


@pytest.mark.parametrize(
    ("topic", "unit"), [("s/main", "Fathom"), ("s/main", "m³"), ("s/gate", "kWh"), ("s/main", "°C")]
)
def test_a_unit_that_is_unknown_or_of_another_quantity_is_told_whole_with_those_that_fit(topic, unit):
    reason, detail = refused(topic, at(NOW, unit=unit))
    assert reason is Reason.UNKNOWN_UNIT and f"unknown unit {unit!r}" in detail and "known here: " in detail


def test_a_unit_a_format_is_not_sure_of_is_held_with_the_format_s_own_reason():
    reason, detail = refused("s/main", at(NOW, unit="?three decimals more than yesterday"))
    assert (reason, detail) == (Reason.UNIT_IN_DOUBT, "three decimals more than yesterday")
    assert refused("s/main", at(NOW, unit="?"))[0] is Reason.UNIT_IN_DOUBT


def test_a_clock_a_year_ahead_is_held_and_a_little_ahead_is_not():
    reason, detail = refused("s/main", at(NOW + timedelta(days=365)))
    assert reason is Reason.CLOCK_AHEAD and "365 days" in detail and "set it, then replay" in detail
    assert accepted("s/main", at(NOW + CLOCK_TOLERANCE)).time == NOW + CLOCK_TOLERANCE
    assert refused("s/main", at(NOW + CLOCK_TOLERANCE + timedelta(seconds=1)))[0] is Reason.CLOCK_AHEAD


def test_an_interval_that_ends_ahead_of_its_arrival_is_held():
    body = {"start": NOW.isoformat(), "end": (NOW + timedelta(hours=1)).isoformat(), "used": 1}
    assert refused("s/main", body)[0] is Reason.CLOCK_AHEAD
    assert accepted("s/main", body, arrived=NOW + timedelta(hours=1)).duration == timedelta(hours=1)


@pytest.mark.parametrize("lost", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC)])
def test_a_clock_that_was_lost_is_held(lost):
    assert refused("s/main", at(lost))[0] is Reason.TOO_OLD


def test_a_time_without_offset_is_held_since_a_guess_is_hours_off():
    assert refused("s/main", {"time": "2026-11-22T08:00:00", "register": 1})[0] is Reason.NO_TIME_ZONE


def test_without_a_time_the_arrival_stands_in_and_says_so_but_not_for_what_the_broker_had_kept():
    found = accepted("s/main", {"register": 1})
    assert found.time == NOW and found.quality is Quality.ARRIVAL
    assert refused("s/main", {"register": 1}, retained=True)[0] is Reason.BAD_TIME
    assert accepted("s/main", at(NOW), retained=True).quality is Quality.GOOD


@pytest.mark.parametrize("value", ["NaN", "true", '"12"', "1e400", "null"])
def test_what_is_no_finite_number_is_held_and_the_rest_of_its_batch_is_not(value):
    payload = b'{"readings":[%s,{"time":"2026-11-22T07:00:00Z","register":%s}]}' % (reading(15), value.encode())
    good, bad = said("s/main", payload)
    assert isinstance(good, Routed) and isinstance(bad, Reject)
    assert bad.reason == Reason.NOT_A_NUMBER and bad.item == 1


def test_two_meters_on_one_topic_are_named_and_none_of_them_gets_the_reading():
    reason, detail = refused("s/crowd", at(NOW))
    assert reason is Reason.TWO_METERS and "one" in detail and "two" in detail


def test_channels_of_one_device_are_meters_of_their_own():
    payload = {"method": "NotifyFullStatus", "params": {"ts": NOW.timestamp()}}
    payload["params"] |= {f"switch:{n}": {"aenergy": {"total": 1000.0 * n}} for n in range(3)}
    first, second, third = said("shellypro4pm-aa/events/rpc", payload)
    assert (first.reading.meter, first.reading.value) == ("plug", 0.0)
    assert (second.reading.meter, second.reading.value) == ("plug2", 1.0)
    assert third.reason is Reason.UNKNOWN_TOPIC and "'switch:2'" in third.detail


def test_a_channel_is_not_given_to_a_meter_that_names_none():
    """Its other channels may come in messages of their own, and all would be taken for one register."""
    payload = {"method": "NotifyFullStatus", "params": {"ts": NOW.timestamp()}}
    payload["params"] |= {f"switch:{n}": {"aenergy": {"total": 1000.0 * n}} for n in range(2)}
    found = said("shellypro4pm-bb/events/rpc", payload)
    assert [result.reason for result in found] == [Reason.UNKNOWN_TOPIC] * 2
    assert 'must say channel = "switch:1"' in found[1].detail
    reason, detail = refused("shellypro4pm-bb/status/switch:0", {"aenergy": {"total": 5}})
    assert reason is Reason.UNKNOWN_TOPIC and 'channel = "switch:0"' in detail


def test_a_meter_that_moved_to_another_topic_is_read_on_each_at_its_time():
    before, after = CHANGED - timedelta(days=1), CHANGED + timedelta(days=1)
    assert accepted("s/before", at(before)).meter == "moved"
    assert accepted("s/after", at(after)).meter == "moved"
    assert accepted("s/before", at(before), arrived=after).meter == "moved", "late, and still from before the change"
    assert refused("s/before", at(after))[0] is Reason.UNKNOWN_TOPIC
    assert refused("s/after", at(before))[0] is Reason.UNKNOWN_TOPIC


def test_a_topic_that_another_device_took_over_is_read_in_that_device_s_format():
    before, after = CHANGED - timedelta(days=1), CHANGED + timedelta(days=1)
    assert accepted("s/ended", at(before), arrived=before).meter == "ended"
    status = b'{"aenergy":{"total":1000}}'
    known = routes([school([meter("newer", "s/x", format="shelly", since=CHANGED, channel="switch:0")])], FORMATS)
    assert accepted("s/x/status/switch:0", status, known=known, arrived=after).value == 1.0


def test_a_format_changed_by_date_is_the_one_in_force_when_the_message_comes():
    changed = meter("m", "s/m", format="shelly", channel="switch:0", changes=(Change(CHANGED, {"format": "native"}),))
    known = routes([school([changed])], FORMATS)
    before, after = CHANGED - timedelta(days=1), CHANGED + timedelta(days=1)
    assert accepted("s/m", at(after), known=known, arrived=after).value == 1.0
    assert accepted("s/m/status/switch:0", {"aenergy": {"total": 5}}, known=known, arrived=before).value == 0.005


def test_nobody_s_topic_and_nobody_s_quantity_are_held_with_their_names():
    assert refused("s/nobody", at(NOW)) == (Reason.UNKNOWN_TOPIC, "no meter is registered on 's/nobody'")
    reason, detail = refused("s/main", at(NOW, quantity="water"))
    assert reason is Reason.UNKNOWN_QUANTITY and "it has electricity" in detail


def test_a_level_is_no_counter_and_a_counter_no_level():
    assert refused("s/main", {"time": NOW.isoformat(), "gauge": 3})[0] is Reason.UNKNOWN_QUANTITY
    assert refused("s/outside", at(NOW, unit="°C"))[0] is Reason.UNKNOWN_QUANTITY
    assert accepted("s/outside", {"time": NOW.isoformat(), "gauge": -3}).kind is Kind.GAUGE


def test_several_registers_are_several_readings():
    body = {"time": NOW.isoformat(), "registers": {"electricity": 5, "electricity_export": 7}}
    found = said("s/both", body)
    assert [(f.reading.quantity, f.reading.value) for f in found] == [("electricity", 5), ("electricity_export", 7)]


def test_the_device_s_serial_stands_above_the_registered_one():
    known = routes([school([meter("m", "s/m", serial="B")])], FORMATS)
    assert accepted("s/m", at(NOW), known=known).serial == "B"
    assert accepted("s/m", at(NOW, serial="A"), known=known).serial == "A"


def test_a_message_without_meter_values_leaves_nothing_behind():
    assert said("shellypro4pm-aa/status/sys", b"{}") == []


def test_the_ends_of_the_calendar_are_refused_and_never_raise():
    for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        items = [Item(1.0, Kind.REGISTER, moment)]
        (found,) = said("s/main", native.encode(items))
        assert isinstance(found, Reject)
