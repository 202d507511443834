"""A device that nobody registered: it speaks every few seconds, for a user to try registering a meter."""

from __future__ import annotations

from datetime import datetime

from campus.readings import Kind
from campus.schema import from_ms, to_ms
from ingest.payload import Item
from ingest.payloads import native
from sim.sender import Outgoing

KEY, QUANTITY = "reading-room", "electricity"
TOPIC = f"campus/demo/{KEY}"
# A reading room's lamps and sockets. Assumed.
LOAD_KW = 1.8
_WHOLE_KWH = 10_000  # its counter starts anew here, as a small meter's does


def speaks(time: datetime) -> Outgoing:
    """Return what the device sends at `time`, in whole milliseconds: its counter [kWh], its unit and its number."""
    time_ms = to_ms(time)
    counted = round(LOAD_KW * time_ms / 3_600_000 % _WHOLE_KWH, 3)
    item = Item(counted, Kind.REGISTER, from_ms(time_ms), unit="kWh", serial="R20471")
    return Outgoing(TOPIC, native.encode([item]), ((KEY, QUANTITY, time_ms),))
