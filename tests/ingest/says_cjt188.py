"""Anything the CJ/T 188 format can say: present registers of water, gas, heat and a maker's own meters."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from campus.readings import Kind
from ingest.payload import Item

MEDIA = {"water": ["m³", "L"], "gas": ["m³", "L"], "heat": ["kWh", "MWh", "GJ", "MJ", "Wh"], "": ["kWh", "m³"]}
KINDS = st.sampled_from([(quantity, unit) for quantity, units in MEDIA.items() for unit in units])
NUMBERS = st.text("0123456789", min_size=14, max_size=14)
HUNDREDTHS = st.integers(0, 99_999_999)


@st.composite
def cjt188(draw):
    """The answers of meters, all read at one time."""
    time = draw(st.none() | st.datetimes(datetime(2001, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC)))
    return [
        Item(draw(HUNDREDTHS) / 100, Kind.REGISTER, time, quantity, unit, serial=draw(NUMBERS))
        for quantity, unit in draw(st.lists(KINDS, min_size=1, max_size=4))
    ]


SAYS = {"cjt188": cjt188()}
SPOKEN_ON = {"cjt188": "campus/gateway/up"}
TOPICS: list[str] = []
KEYS: list[str] = []
