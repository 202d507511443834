"""Anything the Zigbee2MQTT format can say: a device's counters at one time."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from campus.readings import Kind
from ingest.payload import Item

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
ENDPOINTS = ["", "_l1", "_2", "_left", "_phase_c"]
COUNTERS = [
    *(("", "kWh", f"energy{endpoint}") for endpoint in ENDPOINTS),
    *(("electricity_export", "kWh", f"energy{endpoint}") for endpoint in ENDPOINTS),
    ("", "kWh", "active_energy"),
    ("electricity_export", "kWh", "reverse_energy"),
    ("", "Wh", "energy_wh"),
    ("water", "", "water_consumed"),
    ("water", "L", "water_total"),
    ("gas", "m³", "gas_l1"),
]
HEAT = ("heat", "kWh", "cumulative_heat")


@st.composite
def zigbee2mqtt(draw):
    """The counters of one device at one time."""
    time = draw(st.none() | TIMES)
    several = st.lists(st.sampled_from(COUNTERS), min_size=1, max_size=5, unique=True)
    counters = draw(several | st.just([HEAT]))
    return [Item(draw(NUMBERS), Kind.REGISTER, time, *counter) for counter in counters]


SAYS = {"zigbee2mqtt": zigbee2mqtt()}
SPOKEN_ON = {"zigbee2mqtt": "zigbee2mqtt/plug"}
TOPICS = [
    "zigbee2mqtt/plug",
    "zigbee2mqtt/plug/energy",
    "zigbee2mqtt/bridge/state",
    "zigbee2mqtt",
    "zigbee2mqtt/a/set",
]
KEYS = ["energy", "produced_energy_l2", "water_consumed", "gas", "last_seen"]
