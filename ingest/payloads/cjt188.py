"""CJ/T 188 water, gas and heat meters behind a transparent gateway: replies to "read measured data", raw or in hex.

Sources: CJ/T 188-2004 and -2018, "technical requirements of utility meters data transmission": frame (68H, meter
type T, address A0…A6, control, length, data, checksum, 16H), control codes 81H and C1H, data id 901F and its two
layouts (water, gas and others: present volume, volume at settlement day, clock, status; heat: heat at settlement
day, present heat, power, flow, volume, two temperatures, hours, clock, status), values BCD XXXXXX.XX, low byte
first, each with its unit code. The 2004 edition sends the data id high byte first, that of 2018 low byte first.
Power, flow, temperatures and a heat meter's volume are no registers of a school's use: passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from campus.ports import Reason
from campus.readings import Kind, Reject
from ingest.frames import Wire, bcd, frame, hundredths, numbered, owner, published, split, unbcd, wires
from ingest.payload import Format, Item, Message

_LENGTH_AT = 10
_FROM_METER, _ABNORMAL, _FUNCTION, _READ = 0x80, 0x40, 0x3F, 0x01
_MEASURED = 0x901F
_HISTORY = (0xD1, 0xD2, 0xD3, 0xD4)  # high bytes of ids of settlement days and freezes
_VALUE = 5  # bytes: four of BCD and the unit code
# Type T, its high half-byte -> quantity; 40H to 49H are the maker's own meters, which say what they count by unit.
_TYPES = {0x10: "water", 0x20: "heat", 0x30: "gas", 0x40: ""}
_HEAT = 0x20  # T of a meter of heat alone; 21H counts cold, 22H both
# Quantity -> (bytes of the reply, where its present value begins).
_LAYOUTS = {"water": (0x16, 3), "gas": (0x16, 3), "": (0x16, 3), "heat": (0x2E, 8)}
# Unit codes: three in a row for ×1, ×10 and ×100 (2018; the 2004 table has 0AH and 13H of the multiples).
_ROWS = {
    0x02: (Fraction(1), "Wh"),
    0x05: (Fraction(1), "kWh"),
    0x08: (Fraction(1), "MWh"),
    0x0B: (Fraction(1, 1000), "MJ"),  # kJ
    0x0E: (Fraction(1), "MJ"),
    0x11: (Fraction(1), "GJ"),
    0x29: (Fraction(1), "L"),
    0x2C: (Fraction(1), "m³"),
}
UNITS: dict[int, tuple[Fraction, str]] = {
    0x01: (Fraction(1, 1_000_000), "MJ"),  # J
    **{code + step: (per * 10**step, unit) for code, (per, unit) in _ROWS.items() for step in range(3)},
}


def decode(message: Message) -> list[Item | Reject]:
    """Return the present register of every reply in a payload; requests heard on the line give nothing."""
    return numbered(item for wire in wires(message.payload) for item in _replies(wire))


def _replies(wire: Wire | Reject) -> Iterator[Item | Reject]:
    if isinstance(wire, Reject):
        yield wire
        return
    for body in split(wire.data, _LENGTH_AT):
        if isinstance(body, Reject):
            yield body
        elif body[9] & _FROM_METER:
            yield from _items(body, body[_LENGTH_AT + 1 : -2], wire)


def _items(body: bytes, data: bytes, wire: Wire) -> Iterator[Item | Reject]:
    serial, control = body[8:1:-1].hex().upper(), body[9]
    if control & _ABNORMAL:
        yield Reject(Reason.NO_READING, f"meter {serial} refuses: {data.hex(' ').upper() or 'without a reason'}")
    elif control & _FUNCTION != _READ:
        return
    elif len(data) < 3:
        yield Reject(Reason.UNDECODABLE, f"meter {serial} answers without a data id")
    elif _MEASURED in (data[0] << 8 | data[1], data[1] << 8 | data[0]):
        yield _measured(body[1], serial, data, wire)
    elif data[0] in _HISTORY or data[1] in _HISTORY:
        yield Reject(Reason.BAD_TIME, f"{data[:2].hex().upper()} is a register of the past: poll 901F")
    elif 0x91 in data[:2]:
        yield Reject(Reason.NO_READING, f"{data[:2].hex().upper()} (heat and cold) is not read: poll 901F")


def _measured(kind: int, serial: str, data: bytes, wire: Wire) -> Item | Reject:
    quantity = _TYPES.get(kind & 0xF0)
    if quantity is None or kind & 0x0F > 9 or (quantity == "heat" and kind != _HEAT):
        return Reject(Reason.UNKNOWN_QUANTITY, f"meter {serial} is of type {kind:02X}H, which is not kept here")
    length, at = _LAYOUTS[quantity]
    if len(data) != length:
        return Reject(Reason.UNDECODABLE, f"meter {serial} answers {len(data)} bytes where {length} are due")
    value, code = bcd(data[at : at + _VALUE - 1]), data[at + _VALUE - 1]
    if value is None:
        return Reject(Reason.NOT_A_NUMBER, f"meter {serial}: {data[at : at + 4].hex(' ').upper()} is no BCD")
    per, unit = UNITS.get(code, (Fraction(1), f"?unit code {code:02X}H is not in CJ/T 188"))
    register = float(Fraction(value, 100) * per)
    return Item(register, Kind.REGISTER, wire.time, quantity, unit, serial=owner(serial))


def encode(items: Sequence[Item]) -> bytes:
    """Return the replies of meters to a poll of 901F, in hex; with a time, in an envelope.

    Raises ValueError for what a frame cannot say: another unit, more than two decimals, several times.
    """
    return published(b"".join(_said(item) for item in items), items)


def _said(item: Item) -> bytes:
    kind = next((kind for kind, quantity in _TYPES.items() if quantity == item.quantity), None)
    code = next((code for code, known in UNITS.items() if known == (Fraction(1), item.unit)), None)
    if kind is None or code is None or len(item.serial) != 14:
        raise ValueError("a frame carries water, gas or heat in a unit of CJ/T 188, and its meter's fourteen digits")
    length, at = _LAYOUTS[item.quantity]
    value = unbcd(hundredths(item.value), _VALUE - 1) + bytes([code])
    data = b"\x1f\x90\x00".ljust(at, b"\x00") + value
    head = b"\x68" + bytes([kind]) + bytes.fromhex(item.serial)[::-1] + bytes([_FROM_METER | _READ])
    return b"\xfe" * 3 + frame(head, data.ljust(length, b"\x00"))


def base(topic: str) -> str | None:
    """Return the topic itself: a gateway is registered under the topic it publishes on."""
    return topic


FORMAT = Format(
    name="cjt188",
    summary="CJ/T 188 water, gas and heat meters through a transparent gateway (frames, raw or in hex)",
    example_topic="campus/demo/gateway-2/up",
    example_payload=b"FE FE FE 68 10 44 33 22 11 00 33 78 81 16 1F 90 00 "
    b"56 34 12 00 2C 00 30 12 00 2C 00 15 08 22 11 26 20 00 00 DF 16",
    base=base,
    decode=decode,
    encode=encode,
)
