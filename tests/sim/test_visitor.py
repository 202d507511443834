"""The unregistered device speaks so that `campus meters add` can read everything but its place out of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campus.schema import to_ms
from ingest.payload import Item, Message, formats, recognise
from sim.site import template
from sim.visitor import KEY, LOAD_KW, TOPIC, speaks

NOW = datetime(2026, 11, 22, 2, 31, 5, tzinfo=UTC)


def heard(time: datetime) -> Item:
    said = speaks(time)
    (item,) = formats()["native"].decode(Message(said.topic, said.payload, time))
    assert isinstance(item, Item) and item.time is not None
    assert said.identities == ((KEY, "electricity", to_ms(item.time)),)
    return item


def test_its_message_is_read_by_a_known_format_with_unit_and_number() -> None:
    said = speaks(NOW)
    assert recognise(formats(), Message(said.topic, said.payload, NOW)) == "native"
    assert heard(NOW).unit == "kWh" and heard(NOW).serial


def test_its_times_are_whole_milliseconds() -> None:
    assert heard(NOW + timedelta(microseconds=1999)).time == NOW + timedelta(milliseconds=1)


def test_its_counter_counts() -> None:
    assert heard(NOW + timedelta(hours=1)).value - heard(NOW).value == pytest.approx(LOAD_KW, abs=0.002)


def test_nobody_has_registered_it() -> None:
    topics = {row.get("topic", f"campus/demo/{row['key']}") for row in template()["meter"]}
    assert topics and TOPIC not in topics
