"""Which names that an integrator gave are counters: where a payload's words are not those of a specification.

A counter is known by its unit ("total_kwh", "Volume m3") or by a word for one ("pulse_2", "Totalizer"). What is of a
period, a limit, a rate or the radio link counts something else, and a name of neither kind says nothing for certain.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Counter(NamedTuple):
    """The unit a name tells ("" as registered, "?…" in doubt) and the quantity, where it tells one."""

    unit: str
    quantity: str = ""


_UNITS = {"kwh": "kWh", "wh": "Wh", "m3": "m³", "m³": "m³", "gj": "GJ", "liters": "L", "litres": "L"}
# "mwh" in small letters: a thousand kWh, or a thousandth of a Wh. Only their first letter tells them apart.
_IN_DOUBT = {"mwh": "MWh", "mj": "MJ"}
_WRITTEN = ("kWh", "Wh", "MWh", "m³", "m3", "L", "GJ", "MJ")  # units of counters, where a unit has its own place
_COUNTERS = {"pulse", "pulses", "counter", "totalizer", "totaliser"}
_EXPORTED = {"export", "exported", "returned", "injected"}
_OF_SOMETHING_ELSE = (
    "today yesterday day daily hour hourly week weekly month monthly year yearly last previous delta diff increment"
    " interval period min max avg average mean rate flow threshold limit target alarm reset price cost per h s conv"
    " estimated forecast reactive apparent frame uplink downlink packet message error boot event rx tx seq retry join"
    " width frequency duration config setpoint"
)
_NONE = frozenset(_OF_SOMETHING_ELSE.split())
_BREAKS = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])|[^0-9A-Za-z³]+")
_WHOLE = re.compile(r"([kKM])W[hH]")  # one word, though it looks like two


def counter(name: str) -> Counter | None:
    """Return what a name tells of its counter; None for what is none, or not for certain."""
    written = _words(name)
    words = {word.lower() for word in written}
    if words & _NONE:
        return None
    quantity = _quantity(words)
    for word in written:
        if word.lower() in _IN_DOUBT:
            meant = _IN_DOUBT[word.lower()]
            small = f"?{name[:40]} may be {meant} or a milliunit: write it with a capital letter"
            return Counter(meant if word[0] == "M" else small, quantity)
        if word.lower() in _UNITS:
            return Counter(_UNITS[word.lower()], quantity)
    return Counter("") if words & _COUNTERS else None


def counter_in(name: str, unit: str) -> Counter | None:
    """Return the same where the payload tells the unit beside the name: of an energy or a volume it is a counter."""
    words = {word.lower() for word in _words(name)}
    if unit.strip() in _WRITTEN and not words & _NONE:
        return Counter(unit.strip(), _quantity(words))
    found = counter(name)
    if found is None or not unit.strip() or unit.strip().lower() in _COUNTERS:
        return found
    return Counter(unit.strip(), found.quantity)


def _words(name: str) -> list[str]:
    return [word for word in _BREAKS.split(_WHOLE.sub(r"\1wh", name)) if word]


def _quantity(words: set[str]) -> str:
    return "electricity_export" if words & _EXPORTED else ""
