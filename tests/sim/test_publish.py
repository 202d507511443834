"""What is sent is what the devices show, each reading written down, whatever the line does to the messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campus.schema import from_ms, to_ms
from ingest.payload import Item, Message, formats
from sim.fault import Fault, Kind
from sim.publish import Outgoing, live
from sim.weather import DAY_MS
from tests.sim.schools import NOW, SEEDS, laid, sent

FORMATS = formats()
BUSY_SEEDS = (3, 6)  # between them every kind of fault


def decoded(seed: int, message: Outgoing) -> list[tuple[str, str, int]]:
    """Return the identities a receiver reads out of a message."""
    meter = next(m for m in laid(seed).site.meters.values() if message.topic in (m.topic, f"{m.topic}/events/rpc"))
    items = FORMATS[meter.format].decode(Message(message.topic, message.payload, datetime.now(UTC)))
    readings = [item for item in items if isinstance(item, Item)]
    assert len(readings) == len(items)
    return [(meter.key, i.quantity or meter.quantities[0], to_ms(i.time)) for i in readings if i.time is not None]


def fault_of(kind: Kind) -> tuple[int, Fault]:
    return next((seed, fault) for seed in SEEDS for fault in laid(seed).faults if fault.kind is kind)


@pytest.mark.parametrize("seed", BUSY_SEEDS)
def test_the_identities_written_down_are_those_a_receiver_reads(seed: int) -> None:
    for message in sent(seed)[:: 1 if seed == BUSY_SEEDS[0] else 17]:
        assert decoded(seed, message) == list(message.identities)


@pytest.mark.parametrize("seed", BUSY_SEEDS)
def test_every_time_of_every_register_is_sent_but_those_in_a_gap(seed: int) -> None:
    track = laid(seed)
    gaps = [fault for fault in track.faults if fault.kind is Kind.GAP]
    expected = {
        (meter.key, quantity, time)
        for meter in track.site.meters.values()
        for quantity in meter.quantities
        for time in range(track.begin_ms, track.end_ms + 1, meter.interval // timedelta(milliseconds=1))
        if not any(gap.meter == meter.key and gap.covers(time) for gap in gaps)
    }
    assert gaps and {identity for message in sent(seed) for identity in message.identities} == expected


@pytest.mark.parametrize("seed", BUSY_SEEDS)
def test_duplicates_never_add_an_identity_nor_another_value(seed: int) -> None:
    payloads: dict[tuple[tuple[str, str, int], ...], bytes] = {}
    twice = 0
    for message in sent(seed):
        twice += message.identities in payloads
        assert payloads.setdefault(message.identities, message.payload) == message.payload
    assert twice > 10
    flat = [identity for ids in payloads for identity in ids]
    assert len(flat) == len(set(flat))


def test_messages_leave_in_the_order_of_their_sending_and_after_what_they_tell() -> None:
    times = [message.publish_ms for message in sent(3)]
    assert times == sorted(times)
    assert all(m.publish_ms >= max(i[2] for i in m.identities) for m in sent(3))


def test_a_late_day_arrives_a_day_later() -> None:
    seed, fault = fault_of(Kind.LATE_DAY)
    assert fault.end_ms is not None
    late = [m for m in sent(seed) if m.identities[0][0] == fault.meter and fault.covers(m.identities[0][2])]
    assert late and all(m.publish_ms >= m.identities[0][2] + DAY_MS for m in late)


def test_a_disordered_line_tells_later_readings_before_earlier_ones() -> None:
    seed, fault = fault_of(Kind.DISORDER)
    own = [m for m in sent(seed) if m.identities[0][0] == fault.meter and fault.covers(m.identities[0][2])]
    inside = [time for m in own for _, _, time in m.identities]
    assert inside != sorted(inside)
    first = [min(i[2] for i in m.identities) for m in own]
    assert first != sorted(first)


@pytest.mark.parametrize("seed", [1, 4])
def test_live_meters_speak_now_and_the_others_when_their_interval_has_passed(seed: int) -> None:
    track = laid(seed)
    time = from_ms(track.end_ms) + timedelta(minutes=50)
    messages = live(track, time - timedelta(seconds=5), time, FORMATS)
    speaking = {message.identities[0][0] for message in messages}
    assert speaking == {meter.key for meter in track.site.meters.values() if meter.live}
    hour = time.replace(minute=0, second=0) + timedelta(hours=1)
    all_speaking = live(track, hour - timedelta(seconds=5), hour + timedelta(seconds=1), FORMATS)
    assert {message.identities[0][0] for message in all_speaking} == set(track.site.meters)
    assert all(decoded(seed, message) == list(message.identities) for message in messages + all_speaking)


def test_live_values_go_on_from_the_history() -> None:
    track = laid(3)
    last = {m.topic: m for m in sent(3)}
    time = from_ms(track.end_ms) + timedelta(seconds=20)
    for message in live(track, from_ms(track.end_ms), time, FORMATS):
        before, now = (
            [i for i in FORMATS[fmt].decode(Message(message.topic, payload, NOW)) if isinstance(i, Item)]
            for fmt in ["shelly" if message.topic.endswith("/rpc") else "native"]
            for payload in (last[message.topic].payload, message.payload)
        )
        newest = max((i for i in before if not i.quantity), key=lambda item: item.time or NOW)
        assert newest.value <= now[0].value <= newest.value + 50
