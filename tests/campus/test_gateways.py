"""A gateway is what is registered, else the longest levels of its topic that a meter shares with another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.gateways import called, gateways
from campus.registry import Arrival, Meter, Register
from campus.units import QUANTITIES

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
REGISTERS = (Register(QUANTITIES["electricity"], "kWh"),)


def meter(key: str, topic: str, gateway: str = "", **more) -> Meter:
    values = {"interval": QUARTER, "arrival": Arrival.LIVE, **more}
    return Meter(key, key, key, topic, "native", REGISTERS, gateway=gateway, **values)


def keys(*meters: Meter) -> dict[str, list[str]]:
    return {name: [one.key for one in below] for name, below in gateways(meters).items()}


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        (("s/a", "s/b"), {"s": ["0", "1"]}),
        (("s/up", "s/up", "s/other/x"), {"s/up": ["0", "1"], "s": ["2"]}),
        (("s/1/x", "s/1/y", "s/2/x", "s/3/x"), {"s/1": ["0", "1"], "s": ["2", "3"]}),
        (("plug-1", "plug-2"), {"plug-1": ["0"], "plug-2": ["1"]}),
        (("spBv1.0/g/DDATA/east/a", "spBv1.0/g/DDATA/east/b", "tele/x"), None),
        (("east/a", "eastern/b"), {"east/a": ["0"], "eastern/b": ["1"]}),
    ],
)
def test_the_topic_names_the_gateway_where_nobody_did(topics, expected):
    found = keys(*(meter(str(n), topic) for n, topic in enumerate(topics)))
    assert found == (expected or {"spBv1.0/g/DDATA/east": ["0", "1"], "tele/x": ["2"]})


def test_what_is_registered_overrides_the_topic_and_who_is_read_by_hand_has_none():
    found = keys(meter("a", "s/a", "east"), meter("b", "t/b", "east"), meter("c", "s/c"), meter("d", ""))
    assert found == {"east": ["a", "b"], "s": ["c"]}


LEVELS = st.sampled_from("abc")
TOPICS = st.lists(st.lists(LEVELS, min_size=1, max_size=4).map("/".join), max_size=8)


@given(TOPICS)
def test_every_meter_with_a_topic_has_one_gateway_whatever_the_order(topics):
    meters = [meter(str(n), topic) for n, topic in enumerate(topics)]
    found = keys(*meters)
    assert sorted(key for below in found.values() for key in below) == sorted(one.key for one in meters)
    turned = keys(*reversed(meters))
    assert {name: sorted(below) for name, below in found.items()} == {n: sorted(b) for n, b in turned.items()}


@pytest.mark.parametrize(
    ("gateway", "zh"), [("东区", "东区采集器"), ("东区网关", "东区网关"), ("campus/demo", "采集器 campus/demo ")]
)
def test_a_gateway_is_called_as_people_named_it(gateway, zh):
    assert called(gateway).zh == zh


@pytest.mark.parametrize(
    ("arrival", "interval", "hours"),
    [
        (Arrival.LIVE, QUARTER, 1),
        (Arrival.LIVE, HOUR, 2),
        (Arrival.HOURLY, HOUR, 6),
        (Arrival.DAILY_FROZEN, HOUR, 36),
        (Arrival.DAILY_FROZEN, timedelta(days=1), 36),
        (Arrival.MANUAL, timedelta(days=30), 960),
    ],
)
def test_a_meter_may_be_silent_as_long_as_its_class_and_never_less_than_two_turns(arrival, interval, hours):
    assert meter("m", "t", arrival=arrival, interval=interval).silence_limit == timedelta(hours=hours)
