"""Anything the Tasmota format can say: total and exported energy, as a sum or for each phase."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from campus.readings import Kind
from ingest.payload import Item

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@st.composite
def tasmota(draw):
    """The counters of one device at one time."""
    time = draw(st.none() | TIMES)
    fields = draw(st.sampled_from([("",), ("electricity_export",), ("", "electricity_export")]))
    items = []
    for quantity in fields:
        phases = draw(st.integers(0, 3))
        channels = [f"ENERGY:{phase}" for phase in range(1, phases + 1)] or ["ENERGY"]
        items += [Item(draw(NUMBERS), Kind.REGISTER, time, quantity, "kWh", channel) for channel in channels]
    return items


SAYS = {"tasmota": tasmota()}
SPOKEN_ON = {"tasmota": "tele/plug/SENSOR"}
TOPICS = ["tele/plug/SENSOR", "stat/plug/STATUS10", "SENSOR", "stat/stat/STATUS8"]
KEYS = ["Time", "Epoch", "ENERGY", "StatusSNS", "Total", "ExportActive"]
