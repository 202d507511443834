"""Milesight LoRaWAN devices: the counters in their payloads of (channel, type, data), by model.

Source: Milesight-IoT/SensorDecoders, the "Payload" tables of each model's README; numbers are little endian. The same
two bytes mean one thing in one model and another in the next, so a payload is read by the model it is said to be of,
or, without one, where all models that could have sent it agree. Ampere-hours of CT clamps are no energy.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ingest.register_names import Counter, counter_in

OUI = "24e124"  # IEEE registry: Xiamen Milesight IoT, the first half of its devices' EUI


class Told(NamedTuple):
    """A counter's channel and value; its unit where the device fixes it, its time [s since 1970] if it says one."""

    channel: str
    value: float
    unit: str = ""
    epoch_s: int | None = None


class NotRead(Exception):
    """A payload that its model does not explain; the text says why."""


# A counter, or a sentence on what stands there and cannot be read.
Found = tuple[Told | str, ...]


def _nothing(_: bytes) -> Found:
    return ()


def _fixed(_: bytes) -> int:
    return 0


class Field(NamedTuple):
    """How many bytes a field has, the counters in them, and how many more its first bytes announce."""

    length: int
    told: Callable[[bytes], Found] = _nothing
    more: Callable[[bytes], int] = _fixed


def _count(channel: str, unit: str = "") -> Field:
    return Field(4, lambda data: (Told(channel, int.from_bytes(data, "little"), unit),))


def _water(length: int) -> Field:
    # water_conv (2), pulse_conv (2), water (float): already in the unit that the device was set to
    return Field(length, lambda data: (Told("water", struct.unpack_from("<f", data, 4)[0]),))


def _history(length: int, kind_at: int, channel: str, code: str) -> Field:
    def told(data: bytes) -> Found:
        if data[kind_at] != _PULSE:
            return ()
        (value,) = struct.unpack_from(code, data, length - 4)
        return (Told(channel, value, "", int.from_bytes(data[:4], "little")),)

    return Field(length, told)


def _unread(length: int, text: str, more: Callable[[bytes], int] = _fixed) -> Field:
    return Field(length, lambda _: (text,), more)


_MODBUS = "a Modbus value: what it counts stands in the codec of the device profile, so give it one"
_NO_LAYOUT = "history whose layout its maker does not tell: give the device profile a codec"


_PULSE = 2  # gpio_type: the input counts
_ABOUT = {
    b"\xff\x01": 1,
    b"\xff\x09": 2,
    b"\xff\x0a": 2,
    b"\xff\x0b": 1,
    b"\xff\x0f": 1,
    b"\xff\x16": 8,
    b"\xff\xfe": 1,
    b"\xff\xff": 2,
}
_BATTERY = {"0175": 1}


def _layout(others: dict[str, int], counters: dict[str, Field]) -> dict[bytes, Field]:
    """Return a model's fields: what every model has, what holds no counter (its length), and its counters."""
    lengths = _ABOUT | {bytes.fromhex(head): length for head, length in others.items()}
    fields = {head: Field(length) for head, length in lengths.items()}
    return fields | {bytes.fromhex(head): field for head, field in counters.items()}


def _in_bits_3_to_7(data: bytes) -> int:
    return data[1] >> 3


_CLIMATE = _BATTERY | {"0367": 2, "0468": 1, "0500": 1, "8500": 2}
_HALL = {"05e1": _water(8), "85e1": _water(9), "21ce": _history(18, 8, "water", "<f")}
_DI = _layout(_CLIMATE, _HALL | {"05c8": _count("pulse"), "20ce": _history(13, 7, "pulse", "<I")})
_UC300 = _layout(
    {"0300": 1, "0400": 1, "0500": 1, "0600": 1, "0701": 1, "0801": 1, "0967": 2, "0a67": 2}
    | {"ff15": 1}
    | {f"{channel:02x}02": 4 for channel in range(0x0B, 0x0F)}
    | {f"{channel:02x}e2": 8 for channel in range(0x09, 0x0F)},
    {f"{n + 2:02x}c8": _count(f"gpio_counter_{n}") for n in range(1, 5)}
    | {"ff19": _unread(3, _MODBUS, lambda data: data[1])},
)
_UC501 = _layout(
    _BATTERY
    | {
        "0300": 1,
        "0400": 1,
        "0301": 1,
        "0401": 1,
        "ff14": 1,
        "ff15": 1,
        "0502": 8,
        "0602": 8,
        "05e2": 8,
        "06e2": 8,
        "08db": 37,
    }
    | {"85e2": 9, "86e2": 9},
    {f"{n + 2:02x}c8": _count(f"gpio_counter_{n}") for n in range(1, 3)}
    | {"ff0e": _unread(2, _MODBUS, _in_bits_3_to_7), "800e": _unread(3, _MODBUS, _in_bits_3_to_7)}
    | {"20dc": _unread(22, _NO_LAYOUT)},
)
_UC511 = _layout(
    _BATTERY | {"0301": 1, "0501": 1, "0701": 1, "0801": 1, "097b": 2, "ff12": 8, "fe55": 28, "21ce": 6},
    {"04c8": _count("valve_1_pulse"), "06c8": _count("valve_2_pulse"), "20ce": _unread(9, _NO_LAYOUT)},
)
_WS52X = _layout({"0374": 2, "0480": 4, "0581": 1, "07c9": 2, "0870": 1}, {"0683": _count("power_consumption", "Wh")})
_LAYOUTS: Mapping[str, Mapping[bytes, Field]] = {
    "em300-di": _DI,
    "em300-di-hall": _layout(_CLIMATE, _HALL | {"06e1": _water(8)}),
    "uc300": _UC300,
    "uc501": _UC501,
    "uc511": _UC511,
    "uc512": _UC511,
    "ws523": _WS52X,
    "ws525": _WS52X,
}
_WITHOUT_COUNTERS = ("ct101", "ct103", "ct105", "ct303", "ct305", "ct310", "em300-sld", "em300-zld", "em500-pp")


def model(*names: str) -> str:
    """Return the model that the first name to hold one tells, or the empty text."""
    for name in names:
        plain = name.lower().replace("_", "-").replace(" ", "-")
        found = [known for known in (*_LAYOUTS, *_WITHOUT_COUNTERS) if known in plain]
        if found:
            return max(found, key=len)
    return ""


_NAMES = re.compile(r"water|pulse|(?:gpio_)?counter_\d|valve_\d_pulse|modbus_chn_\d+")


def meaning(name: str, unit: str) -> Counter | None:
    """Return what a name of the maker's own codec counts: pulses, what they were set to mean, or watt-hours."""
    if _NAMES.fullmatch(name):
        return Counter("")
    return Counter("Wh") if name == "power_consumption" else counter_in(name, unit)


def read(data: bytes, of: str) -> Found:
    """Return the counters of a payload of a model ("" where it is not known); raises `NotRead`."""
    if of in _WITHOUT_COUNTERS:
        return ()
    if of:
        return _parsed(data, _LAYOUTS[of])
    fitting: dict[Found, str] = {}
    for name, layout in _LAYOUTS.items():
        try:
            fitting.setdefault(_parsed(data, layout), name)
        except NotRead:
            continue
    if len(fitting) == 1:
        return next(iter(fitting))
    could = f"may be of {' or '.join(fitting.values())}" if fitting else "fits no model known here"
    raise NotRead(f"the payload {could}: name the model in the device profile, or give it a codec")


def _parsed(data: bytes, layout: Mapping[bytes, Field]) -> Found:
    told: list[Told | str] = []
    at = 0
    while at < len(data):
        head = data[at : at + 2]
        field = layout.get(head)
        if field is None:
            raise NotRead(f"{head.hex(' ')} at byte {at} is nothing this model sends: check the device's model")
        body = data[at + 2 : at + 2 + field.length]
        length = field.length + field.more(body) if len(body) == field.length else field.length
        if len(data) < at + 2 + length:
            raise NotRead(f"the payload ends inside {head.hex(' ')} at byte {at}: cut on its way")
        told += field.told(body)
        at += 2 + length
    return tuple(told)
