"""Anything the P1 format can say: what its own meter took and gave until a whole second."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from campus.readings import Kind
from ingest.payload import Item

COUNTS = st.integers(0, 10**12 - 1).map(lambda thousandths: thousandths / 1000)
SERIALS = st.text(st.sampled_from("ABCXYZ0123456789"), max_size=17).filter(lambda text: not text.isdigit())
SECONDS = st.datetimes(datetime(2001, 1, 1), datetime(2098, 12, 31), timezones=st.just(UTC)).map(
    lambda time: time.replace(microsecond=0)
)


@st.composite
def telegram(draw):
    """The registers of one meter at one time."""
    time, serial = draw(SECONDS), draw(SERIALS)
    quantities = draw(st.sampled_from([("",), ("electricity_export",), ("", "electricity_export")]))
    return [
        Item(draw(COUNTS), Kind.REGISTER, time, quantity, "kWh", "electricity", serial=serial)
        for quantity in quantities
    ]


SAYS = {"dsmr_p1": telegram()}
SPOKEN_ON = {"dsmr_p1": "p1/telegram"}
TOPICS = ["p1/telegram"]
