"""Anything the DL/T 645-2007 format can say: present energy registers of meters on one line."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from campus.readings import Kind
from ingest.payload import Item

RATES = st.integers(1, 63).map("rate{}".format)
REGISTERS = st.tuples(st.just(""), st.just("") | st.just("combined") | RATES | RATES.map("combined:{}".format)) | (
    st.tuples(st.just("electricity_export"), st.just("") | RATES)
)
NUMBERS = st.text("0123456789", min_size=12, max_size=12)
# Combined energy has a sign in its highest bit, so both ends of the others are tried by the golden cases.
HUNDREDTHS = st.integers(0, 79_999_999)


@st.composite
def dlt645(draw):
    """The answers of meters, all read at one time."""
    time = draw(st.none() | st.datetimes(datetime(2001, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC)))
    return [
        Item(draw(HUNDREDTHS) / 100, Kind.REGISTER, time, quantity, "kWh", channel, serial=draw(NUMBERS))
        for quantity, channel in draw(st.lists(REGISTERS, min_size=1, max_size=4))
    ]


SAYS = {"dlt645": dlt645()}
SPOKEN_ON = {"dlt645": "campus/gateway/up"}
TOPICS = ["campus/gateway/up"]
KEYS = ["data", "zone"]
