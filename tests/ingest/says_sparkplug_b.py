"""Anything the Sparkplug format can say: the counters of a birth, each with its time to a millisecond."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from campus.readings import Kind
from ingest.payload import Item

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.integers(1, 4 * 10**12).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
NAMES = {
    "Main/Energy": ("kWh", ""),
    "Exported": ("Wh", "electricity_export"),
    "Water 水": ("m³", ""),
    "Heat": ("GJ", ""),
    "pulse 1": ("", ""),
    "Energy kWh": ("kWh", ""),
}


@st.composite
def birth(draw):
    """The counters of a device."""
    names = draw(st.lists(st.sampled_from(sorted(NAMES)), min_size=1, unique=True))
    return [
        Item(draw(NUMBERS), Kind.REGISTER, draw(st.none() | TIMES), quantity, unit, name)
        for name in names
        for unit, quantity in [NAMES[name]]
    ]


SAYS = {"sparkplug_b": birth()}
SPOKEN_ON = {"sparkplug_b": "spBv1.0/g/DBIRTH/n/d"}
TOPICS = ["spBv1.0/g/DBIRTH/n/d", "spBv1.0/g/DDATA/n/d", "spBv1.0/g/NDEATH/n", "spBv1.0/g/NCMD/n", "spBv1.0/STATE/h"]
