"""Anything the wmbusmeters format can say: one meter's register in one telegram."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from campus.readings import Kind
from ingest.payload import Item

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
METERS = [
    [("", "kWh")],
    [("electricity_export", "kWh")],
    [("", "kWh"), ("electricity_export", "kWh")],
    [("gas", "m³")],
    [("heat", "kWh")],
    [("heat", "GJ")],
    [("water", "m³")],
]


@st.composite
def wmbusmeters(draw):
    """The telegram of one meter."""
    meter_id = draw(st.text("0123456789abcdef", min_size=8, max_size=8))
    time = draw(st.none() | TIMES)
    return [
        Item(draw(NUMBERS), Kind.REGISTER, time, quantity, unit, meter_id, serial=meter_id)
        for quantity, unit in draw(st.sampled_from(METERS))
    ]


SAYS = {"wmbusmeters": wmbusmeters()}
SPOKEN_ON = {"wmbusmeters": "wmbusmeters/18444343"}
TOPICS = ["wmbusmeters/18444343"]
KEYS = ["media", "meter", "id", "total_m3", "total_kwh", "timestamp", "status"]
