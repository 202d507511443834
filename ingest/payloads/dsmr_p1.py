"""DSMR P1 telegrams: the text a smart meter writes on its customer port, as a gateway publishes it.

Sources: Netbeheer Nederland, "P1 Companion Standard" 5.0.2, section 6.2 (frame, CRC-16) and 6.12 (objects), with its
versions 2.2 to 4.2; Fluvius "e-MUCS_P1" 1.7; Creos/E-Meter P1 (Luxembourg), Swedish "Branschrekommendation för lokalt
kundgränssnitt" and E.ON Hungary, which are the same text with other registers. A register per tariff is a part of the
total; where a meter writes only tariffs (Netherlands, Belgium) their sum is the total. Meters behind it speak on
a channel of their own, at their own time. Power, voltage, reactive energy and monthly maxima are no registers of use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from campus.ports import Reason
from campus.readings import Kind, Reject
from ingest.p1 import Telegram, crc16, local_time, stamp, telegrams, written_time
from ingest.payload import Format, Item, Message

_MAIN = "electricity"  # the channel of the meter that owns the port
_DIRECTIONS = (("1", ""), ("2", "electricity_export"))  # OBIS C: to and from the client
_TARIFFS = range(1, 5)
_ENERGY_UNITS = ("kWh", "Wh", "MWh")
# Device types of EN 13757-3, table 6: what an M-Bus meter behind the port measures.
_MBUS = {2: "electricity", 3: "gas", 4: "heat", 6: "water", 7: "water", 12: "heat"}
_MBUS_UNITS = {"electricity": _ENERGY_UNITS, "gas": ("m3",), "water": ("m3",), "heat": ("GJ", "MJ", "kWh", "MWh")}
_CHANNELS = range(1, 5)
_READINGS = ("24.2.1", "24.2.3")  # the register; .3 is gas as it flowed, not converted to standard temperature
_VALUE = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\*(\w+)")


def decode(message: Message) -> list[Item | Reject]:
    """Return the registers of the telegrams: of the meter itself, and of those behind its port."""
    items: list[Item | Reject] = []
    for telegram in telegrams(message.payload):
        found = [telegram] if isinstance(telegram, Reject) else _items(telegram)
        for item in found:
            items.append(Reject(item.reason, item.detail, len(items)) if isinstance(item, Reject) else item)
    return items


def _items(telegram: Telegram) -> list[Item | Reject]:
    found = [*_energies(telegram), *(item for n in _CHANNELS for item in _behind(telegram, n))]
    return found or [Reject(Reason.NO_READING, "a telegram without any register")]


def _energies(telegram: Telegram) -> Iterator[Item | Reject]:
    time = local_time(telegram.first("0-0:1.0.0"))
    serial = stamp(telegram.first("0-0:96.1.1") or telegram.first("0-0:96.1.0") or telegram.first("0-0:96.1.255"))
    for direction, quantity in _DIRECTIONS:
        total = _total(telegram, direction)
        if isinstance(total, Reject):
            yield total
        elif total is not None:
            # What the port writes it has just read: without a time that can be trusted its arrival is that time.
            when = time if isinstance(time, datetime) else None
            yield Item(total[0], Kind.REGISTER, when, quantity, total[1], _MAIN, serial=serial)


def _total(telegram: Telegram, direction: str) -> tuple[float, str] | Reject | None:
    """Return the register's value and unit, the sum of its tariffs where it has no total; None without either."""
    whole = telegram.first(f"1-0:{direction}.8.0")
    codes = [f"1-0:{direction}.8.{tariff}" for tariff in _TARIFFS]
    texts = [whole] if whole else [text for code in codes if (text := telegram.first(code))]
    if not texts:
        return None
    if not whole and not all(telegram.first(code) for code in codes[:2]):
        return Reject(
            Reason.NO_READING, f"{direction}.8.0 is missing, and so is one of the two tariffs it is made of"
        )
    parts = [_measured(text, _ENERGY_UNITS) for text in texts]
    refused = next((part for part in parts if isinstance(part, Reject)), None)
    if refused is not None:
        return refused
    good = [part for part in parts if not isinstance(part, Reject)]
    if len({unit for _, unit in good}) > 1:
        return Reject(Reason.UNKNOWN_UNIT, f"tariffs of {direction}.8 have different units")
    return float(sum(value for value, _ in good)), good[0][1]


def _measured(text: str, units: Sequence[str]) -> tuple[Decimal, str] | Reject:
    found = _VALUE.fullmatch(text)
    if found is None:
        return Reject(Reason.NOT_A_NUMBER, f"{text[:40]!r} is no number with a unit")
    if found[2] not in units:
        return Reject(Reason.UNKNOWN_UNIT, f"{text[:40]!r} is not in {' or '.join(units)}")
    return Decimal(found[1]), found[2]


def _behind(telegram: Telegram, number: int) -> Iterator[Item | Reject]:
    """Yield the register of an M-Bus meter; of versions before 4 it has no season of its time, and waits."""
    old = telegram.values.get(f"0-{number}:24.3.0")
    if old is not None and any(old[-1:]):
        yield Reject(Reason.NO_TIME_ZONE, f"meter {number}: {old[0][:20]} does not say summer or winter time")
    groups = next((g for code in _READINGS if (g := telegram.values.get(f"0-{number}:{code}")) and any(g)), None)
    if groups is not None:
        yield _mbus(telegram, number, groups)


def _mbus(telegram: Telegram, number: int, groups: Sequence[str]) -> Item | Reject:
    kind = telegram.first(f"0-{number}:24.1.0")
    quantity = _MBUS.get(int(kind)) if kind.isascii() and kind.isdigit() else None
    if quantity is None:
        detail = f"meter {number} is of device type {kind[:10] or 'unknown'}: what it measures is not known"
        return Reject(Reason.UNKNOWN_QUANTITY, detail)
    if len(groups) != 2:
        return Reject(Reason.NO_READING, f"meter {number} gives {len(groups)} values, not time and register")
    time = local_time(groups[0])
    if isinstance(time, Reject):
        return Reject(time.reason, f"meter {number}: {time.detail}")
    value = _measured(groups[1], _MBUS_UNITS[quantity])
    if isinstance(value, Reject):
        return value
    serial = stamp(telegram.first(f"0-{number}:96.1.0") or telegram.first(f"0-{number}:96.1.1"))
    return Item(
        float(value[0]),
        Kind.REGISTER,
        time,
        quantity,
        value[1].replace("m3", "m³"),
        f"{quantity}:{number}",
        serial=serial,
    )


def encode(items: Sequence[Item]) -> bytes:
    """Return a version 5 telegram of the meter's own registers [kWh] at one whole second in this century."""
    time, serial = items[0].time, items[0].serial
    totals = {quantity: direction for direction, quantity in _DIRECTIONS}
    if time is None or time.microsecond or any(item.quantity not in totals for item in items):
        raise ValueError("a telegram tells what its own meter counted until a whole second")
    if any((item.time, item.unit, item.channel, item.serial) != (time, "kWh", _MAIN, serial) for item in items):
        raise ValueError("a telegram is of one meter at one time, in kWh")
    lines = ["/CMP5campus", "", "1-3:0.2.8(50)", f"0-0:1.0.0({written_time(time)})"]
    lines += [f"0-0:96.1.1({serial.encode().hex().upper()})"] if serial else []
    lines += [f"1-0:{totals[item.quantity]}.8.0({_digits(item.value)}*kWh)" for item in items]
    frame = "\r\n".join([*lines, "!"]).encode()
    return frame + b"%04X\r\n" % crc16(frame)


def _digits(value: float) -> str:
    written = f"{Decimal(repr(value)):f}"
    if not _VALUE.fullmatch(f"{written}*kWh"):
        raise ValueError(f"a telegram has no digits for {value!r}")
    return written


def base(topic: str) -> str | None:
    """Return the topic itself: which one a gateway publishes on is its own choice."""
    return topic


FORMAT = Format(
    name="dsmr_p1",
    summary="DSMR P1 telegrams (smart meters of the Low Countries and others), with the meters behind the port",
    example_topic="p1/telegram",
    example_payload=b"/ISK5\\2M550T-1012\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(261122011500W)\r\n"
    b"1-0:1.8.1(004123.400*kWh)\r\n1-0:1.8.2(003999.600*kWh)\r\n!304C\r\n",
    base=base,
    decode=decode,
    encode=encode,
    channels=(_MAIN, "gas:1", "water:2", "heat:1"),
)
