"""DL/T 645-2007 electricity meters behind a transparent gateway: replies to "read data", raw or in hex.

Source: DL/T 645-2007, "multi-function watt-hour meter communication protocol", 5.2 (frame: 68H, address A0…A5,
68H, control, length, data + 33H, checksum, 16H), 7.1 and 7.2 (control codes, error byte), annex A, table A.1
(energy 00 xx xx xx: BCD XXXXXX.XX kWh, low byte first) and the table of frozen data 05 xx xx xx (time YYMMDDhhmm).
The standard names no time zone: a frozen register is read only where the envelope names the zone of the meter's
clock. Gauges, demand, events, parameters, reactive energy and single phases are no meter registers: passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from campus.ports import Reason
from campus.readings import Kind, Reject
from ingest.frames import Wire, bcd, frame, hundredths, numbered, owner, published, split, unbcd, wires
from ingest.payload import Format, Item, Message

_LENGTH_AT, _SECOND_START_AT = 9, 7
_FROM_METER, _ABNORMAL, _MORE, _FUNCTION = 0x80, 0x40, 0x20, 0x1F  # bits of the control code
_READ, _READ_ON, _READ_1997 = 0x11, 0x12, 0x01
_OFFSET = 0x33  # added to every byte of data by the sender
_ERRORS = (
    "another error",
    "no such data",
    "wrong password or not allowed",
    "the baud rate cannot be changed",
    "too many zones",
    "too many periods",
    "too many rates",
)
# DI2 -> (quantity, channel) of energy 00 DI2 DI1 DI0. What "combined" adds up, a setting of the meter says.
_ENERGY = {0x00: ("", "combined"), 0x01: ("", ""), 0x02: ("electricity_export", "")}
_ALL = 0xFF  # a block: every rate, or every settlement day
_RATES, _SETTLEMENT_DAYS = 63, 12
# DI1 of frozen data 05 DI2 DI1 DI0, DI0 counting back from the latest: 00 its time, 01 and 02 the energy blocks.
_FROZEN = {0x01: "", 0x02: "electricity_export"}
_BYTES, _TIME_BYTES = 4, 5  # of a register, and of the time of a freeze

# Meter, DI2 (which kind of freeze) and DI0 (how many ago).
_Freeze = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class _Reply:
    """A meter's answer: its number, the control code, and its data without the offset."""

    serial: str
    control: int
    data: bytes
    wire: Wire

    @property
    def id(self) -> tuple[int, ...]:
        """The data id from its high byte DI3 to its low byte DI0."""
        return tuple(self.data[3::-1])

    @property
    def label(self) -> str:
        """The data id as it stands in the standard."""
        return self.data[3::-1].hex().upper()


def decode(message: Message) -> list[Item | Reject]:
    """Return the energy registers of every reply in a payload; requests heard on the line give nothing."""
    replies = [reply for wire in wires(message.payload) for reply in _replies(wire)]
    frozen = _freezes(replies)
    return numbered(
        item for reply in replies for item in ([reply] if isinstance(reply, Reject) else _items(reply, frozen))
    )


def _freezes(replies: Sequence[_Reply | Reject]) -> dict[_Freeze, bytes]:
    """Return the times of freezes that a payload tells, where it tells one alone of each."""
    told: dict[_Freeze, set[bytes]] = {}
    for reply in replies:
        if isinstance(reply, _Reply) and _is_read(reply) and reply.id[0] == 0x05 and reply.id[2] == 0x00:
            told.setdefault((reply.serial, reply.id[1], reply.id[3]), set()).add(reply.data[4:])
    return {freeze: times.pop() for freeze, times in told.items() if len(times) == 1}


def _replies(wire: Wire | Reject) -> Iterator[_Reply | Reject]:
    if isinstance(wire, Reject):
        yield wire
        return
    for body in split(wire.data, _LENGTH_AT, _SECOND_START_AT):
        if isinstance(body, Reject):
            yield body
        elif body[8] & _FROM_METER:
            data = bytes((byte - _OFFSET) % 256 for byte in body[10:-2])
            yield _Reply(body[6:0:-1].hex().upper(), body[8], data, wire)


def _is_read(reply: _Reply) -> bool:
    return reply.control == _FROM_METER | _READ and len(reply.data) >= 4


def _items(reply: _Reply, frozen: Mapping[_Freeze, bytes]) -> Iterator[Item | Reject]:
    function = reply.control & _FUNCTION
    if function == _READ_1997:
        yield Reject(Reason.UNDECODABLE, f"meter {reply.serial} answers by DL/T 645-1997: poll it by 2007")
    elif reply.control & _ABNORMAL:
        yield Reject(Reason.NO_READING, f"meter {reply.serial} refuses: {_errors(reply.data)}")
    elif function == _READ_ON or (function == _READ and reply.control & _MORE):
        yield Reject(Reason.NO_READING, f"meter {reply.serial} answers in several frames: poll registers one by one")
    elif function == _READ and len(reply.data) < 4:
        yield Reject(Reason.UNDECODABLE, f"meter {reply.serial} answers without a data id")
    elif function == _READ and reply.id[0] == 0x00:
        yield from _energy(reply)
    elif function == _READ and reply.id[0] == 0x05:
        yield from _frozen(reply, frozen)
    elif function == _READ and reply.id[0] == 0x06:
        yield Reject(Reason.NO_READING, f"load record {reply.label} is not read: poll 00010000")


def _errors(data: bytes) -> str:
    said = [text for bit, text in enumerate(_ERRORS) if data[:1] and data[0] >> bit & 1]
    return ", ".join(said) or f"error {data.hex().upper() or 'without a byte'}"


def _energy(reply: _Reply) -> Iterator[Item | Reject]:
    _, kind, rate, day = reply.id
    if kind not in _ENERGY:
        return
    if 0 < day <= _SETTLEMENT_DAYS:
        yield Reject(Reason.BAD_TIME, f"{reply.label} is of settlement day {day}, whose date is not said")
    elif day not in (0, _ALL) or (rate > _RATES and rate != _ALL) or (rate == day == _ALL):
        yield Reject(Reason.NO_READING, f"data id {reply.label} is not known: poll 00010000")
    elif _ALL not in (rate, day) and len(reply.data) - 4 != _BYTES:
        yield Reject(Reason.UNDECODABLE, f"{reply.label} holds {len(reply.data) - 4} bytes where {_BYTES} are due")
    else:
        quantity, channel = _ENERGY[kind]
        # A block begins with its total, or with the present day; rates are polled by ids of their own.
        named = ":".join(part for part in (channel, f"rate{rate}" if 0 < rate < _ALL else "") if part)
        yield _register(reply, reply.wire.time, (quantity, named))


def _register(reply: _Reply, time: datetime | None, named: tuple[str, str]) -> Item | Reject:
    """Return the first register of an answer under its (quantity, channel)."""
    values, (quantity, channel) = reply.data[4:], named
    if not values or len(values) % _BYTES:
        return Reject(Reason.UNDECODABLE, f"{reply.label} holds {len(values)} bytes: a register takes {_BYTES}")
    value = bcd(values[:_BYTES])
    # The highest bit of combined energy is its sign (table A.1, its note): such a register does not only grow.
    if value is None or (channel.startswith("combined") and value >= 80_000_000):
        return Reject(Reason.NOT_A_NUMBER, f"{reply.label} is {values[:_BYTES].hex(' ').upper()}, no register in BCD")
    return Item(value / 100, Kind.REGISTER, time, quantity, "kWh", channel, serial=owner(reply.serial))


def _frozen(reply: _Reply, frozen: Mapping[_Freeze, bytes]) -> Iterator[Item | Reject]:
    _, event, kind, back = reply.id
    if kind == _ALL:
        detail = f"block {reply.label} is not read: poll 05{event:02X}0001 and 05{event:02X}0101"
        yield Reject(Reason.NO_READING, detail)
    if kind not in _FROZEN:
        return
    digits = frozen.get((reply.serial, event, back))
    if digits is None:
        detail = f"{reply.label} is frozen: poll its time 05{event:02X}00{back:02X} into the same message"
        yield Reject(Reason.BAD_TIME, detail)
        return
    time = _freeze_time(digits, reply)
    yield time if isinstance(time, Reject) else _register(reply, time, (_FROZEN[kind], ""))


def _freeze_time(digits: bytes, reply: _Reply) -> datetime | Reject:
    written = digits[::-1].hex()
    try:
        naive = datetime.strptime(written if len(digits) == _TIME_BYTES else "", "%y%m%d%H%M")
    except ValueError:
        return Reject(Reason.BAD_TIME, f"{reply.label} is frozen at {written}, which is no time YYMMDDhhmm")
    if reply.wire.zone is None:
        detail = f'{reply.label} is frozen at {naive:%F %R} by its own clock: send {{"data": …, "zone": "+08:00"}}'
        return Reject(Reason.NO_TIME_ZONE, detail)
    return naive.replace(tzinfo=reply.wire.zone).astimezone(UTC)


def encode(items: Sequence[Item]) -> bytes:
    """Return the replies of a meter to polls of current energy, in hex; with a time, in an envelope.

    Raises ValueError for what a frame cannot say: no number, more than two decimals, several times.
    """
    return published(b"".join(_said(item) for item in items), items)


def _said(item: Item) -> bytes:
    parts = item.channel.split(":")
    rate = int(parts.pop().removeprefix("rate")) if parts[-1].startswith("rate") else 0
    kind = next((di2 for di2, said in _ENERGY.items() if said == (item.quantity, ":".join(parts))), None)
    if kind is None or item.unit != "kWh" or len(item.serial) != 12:
        raise ValueError("a frame carries energy in kWh, and the twelve digits of its meter")
    data = bytes([0, rate, kind, 0]) + unbcd(hundredths(item.value), _BYTES)
    head = b"\x68" + bytes.fromhex(item.serial)[::-1] + b"\x68" + bytes([_FROM_METER | _READ])
    return b"\xfe" * 4 + frame(head, bytes((byte + _OFFSET) % 256 for byte in data))


def base(topic: str) -> str | None:
    """Return the topic itself: a gateway is registered under the topic it publishes on."""
    return topic


FORMAT = Format(
    name="dlt645",
    summary="DL/T 645-2007 electricity meters through a transparent gateway (frames, raw or in hex)",
    example_topic="campus/demo/gateway-1/up",
    example_payload=b"FE FE FE FE 68 12 90 78 56 34 12 68 91 08 33 33 34 33 65 67 45 33 30 16",
    base=base,
    decode=decode,
    encode=encode,
    channels=("", "combined", "rate1"),
)
