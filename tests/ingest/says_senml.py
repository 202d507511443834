"""Anything the SenML format can say: named counters and levels, absolute in time or taken as they are sent."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from campus.readings import Kind
from ingest.payload import Item

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9:./_-]{0,12}", fullmatch=True)
# From the smallest absolute time (RFC 8428, 4.5.3) on, as far as a float tells microseconds apart.
TIMES = st.datetimes(datetime(1978, 7, 5), datetime(2100, 1, 1), timezones=st.just(UTC))
COUNTED = st.tuples(st.just(Kind.REGISTER), st.sampled_from(["", "kWh", "Wh", "J", "m³", "L"]))
LEVELS = st.tuples(st.just(Kind.GAUGE), st.sampled_from(["W", "kW", "L/s", "m³/s", "°C"]))


@st.composite
def senml(draw):
    """A pack of records."""
    return [
        Item(draw(NUMBERS), kind, draw(st.none() | TIMES), unit=unit, channel=draw(NAMES))
        for kind, unit in draw(st.lists(COUNTED | LEVELS, min_size=1, max_size=5))
    ]


SAYS = {"senml": senml()}
SPOKEN_ON = {"senml": "campus/senml"}
TOPICS = ["campus/senml"]
KEYS = ["bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "s", "t", "vs", "x_"]
