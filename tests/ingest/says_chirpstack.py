"""Anything the ChirpStack format can say: counters whose names tell what they count, of one device at one time."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from campus.readings import Kind
from ingest.payload import Item

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))
NAMES = {
    "pulse_1": ("", ""),
    "counter": ("", ""),
    "totalizer 2": ("", ""),
    "total_kwh": ("kWh", ""),
    "exported_kWh": ("kWh", "electricity_export"),
    "Volume m³": ("m³", ""),
    "heat.GJ": ("GJ", ""),
}


@st.composite
def uplink(draw):
    """The counters of a codec's answer."""
    time, serial = draw(st.none() | TIMES), draw(st.binary(min_size=8, max_size=8)).hex()
    names = draw(st.lists(st.sampled_from(sorted(NAMES)), min_size=1, unique=True))
    return [
        Item(draw(NUMBERS), Kind.REGISTER, time, NAMES[name][1], NAMES[name][0], name, serial=serial)
        for name in names
    ]


SAYS = {"chirpstack": uplink()}
SPOKEN_ON = {"chirpstack": "application/a/device/0102030405060708/event/up"}
TOPICS = [
    "application/a/device/0102030405060708/event/up",
    "application/a/device/0102030405060708/event/status",
    "/device//event/up",
    "/event/",
]
KEYS = [
    "deviceInfo",
    "devEui",
    "devEUI",
    "object",
    "objectJSON",
    "data",
    "fPort",
    "rxInfo",
    "tags",
    "history",
    "pulse",
]
