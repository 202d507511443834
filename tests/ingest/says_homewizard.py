"""Anything the HomeWizard format can say: a device's own counters, which carry no time."""

from hypothesis import strategies as st

from campus.readings import Kind
from ingest.payload import Item

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def homewizard(draw):
    """The measurement of an electricity meter, a water meter, or one that reads both."""
    serial = draw(st.text("0123456789ABCDEF", max_size=8))
    counters = [
        Item(draw(NUMBERS), Kind.REGISTER, None, "", "kWh", "electricity", serial=serial),
        Item(draw(NUMBERS), Kind.REGISTER, None, "electricity_export", "kWh", "electricity", serial=serial),
        Item(draw(NUMBERS), Kind.REGISTER, None, "water", "m³", "water"),
    ]
    kept = draw(st.sets(st.sampled_from(range(3)), min_size=1))
    # The serial is the measurement's: a water meter alone has none to carry it.
    return [item for number, item in enumerate(counters) if number in kept]


SAYS = {"homewizard": homewizard()}
SPOKEN_ON = {"homewizard": "homewizard/gym"}
TOPICS = ["homewizard/gym"]
KEYS = [
    "total_power_import_kwh",
    "total_power_import_t1_kwh",
    "energy_export_kwh",
    "total_liter_m3",
    "total_gas_m3",
    "external",
    "unique_id",
    "type",
    "timestamp",
    "value",
    "meter_model",
]
