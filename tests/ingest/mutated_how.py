"""What happens to messages on their way and in bad firmware, drawn from a dice: the same seed, the same messages."""

import random
import re
from collections.abc import Callable, Sequence

from tests.ingest.mutated_frames import LENGTH_AT, frames, sealed

Said = tuple[str, bytes]
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
KEY = re.compile(rb'"([^"\\]{1,40})"\s*:')
WRITTEN = re.compile(rb"[0-9A-Fa-f\s]+")
NUMBERS = (
    *(b"NaN", b"Infinity", b"-Infinity", b"null", b"true", b'"12.5"', b"[]", b"{}", b"-1", b"0", b"-0.0", b"00012"),
    *(b"1e308", b"-1e308", b"1e999", b"5e-324", b"9" * 400, b"9" * 5000, b"18446744073709551616", b"0x1F", b"1_000"),
    *(b"1795306500", b"1795306500000", b"253402300800", b"-62135596801", b"1e11", b"0.1e-7", b"+5", b".5", b"5."),
)
KEYS = (
    b"time",
    b"register",
    b"unit",
    b"total",
    b"ENERGY",
    b"v",
    b"n",
    b"bt",
    b"data",
    b"registers",
    b"map",
    b"ts",
    b"",
)
LEVELS = (
    "",
    "/",
    "#",
    "+",
    "\x00",
    "é",
    "电",
    "x" * 300,
    "status/switch:0",
    "emeter/0/total",
    "DDATA",
    "eastron-sdm",
)


def _flip(dice: random.Random, payload: bytes, _other: bytes) -> bytes:
    data = bytearray(payload)
    for _ in range(dice.choice((1, 1, 2, 8))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(data)


def _cut(dice: random.Random, payload: bytes, _other: bytes) -> bytes:
    at = dice.randrange(len(payload))
    return payload[:at] if dice.random() < 0.7 else payload[at:]


def _splice(dice: random.Random, payload: bytes, other: bytes) -> bytes:
    return payload[: dice.randrange(len(payload) + 1)] + other[dice.randrange(len(other) + 1) :]


def _lose(dice: random.Random, payload: bytes, _other: bytes) -> bytes:
    at = dice.randrange(len(payload))
    return payload[:at] + payload[at + dice.choice((1, 1, 2, 7, 40)) :]


def _double(dice: random.Random, payload: bytes, _other: bytes) -> bytes:
    at = dice.randrange(len(payload))
    return payload[: at + dice.choice((1, 2, 7, len(payload)))] + payload[at:]


def _bytes(dice: random.Random, payload: bytes, _other: bytes) -> bytes:
    at = dice.randrange(len(payload))
    return payload[:at] + dice.randbytes(dice.choice((1, 1, 3, 12))) + payload[at:]


def _number(dice: random.Random, payload: bytes, _other: bytes) -> bytes:
    found = list(NUMBER.finditer(payload))
    if not found:
        return payload
    one = dice.choice(found)
    return payload[: one.start()] + dice.choice(NUMBERS) + payload[one.end() :]


def _digit(dice: random.Random, payload: bytes, _other: bytes) -> bytes:
    places = [at for at, byte in enumerate(payload) if byte in b"0123456789"]
    if not places:
        return payload
    at = dice.choice(places)
    return payload[:at] + b"%d" % dice.randrange(10) + payload[at + 1 :]


def _rename(dice: random.Random, payload: bytes, other: bytes) -> bytes:
    found = list(KEY.finditer(payload))
    if not found:
        return payload
    one, names = dice.choice(found), (*KEYS, *(name[1] for name in KEY.finditer(other)))
    return payload[: one.start(1)] + dice.choice(names) + payload[one.end(1) :]


def _nest(dice: random.Random, payload: bytes, _other: bytes) -> bytes:
    before, after = dice.choice(((b"[", b"]"), (b'{"readings":', b"}"), (b'{"params":', b"}"), (b"[{},", b"]")))
    deep = dice.choice((1, 1, 2, 5, 30, 3000))
    return before * deep + payload + after * deep


def _write_otherwise(dice: random.Random, payload: bytes, _other: bytes) -> bytes:
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: payload.replace(b"\r\n", b"\n"),
        lambda: payload.swapcase(),
        lambda: b"\xef\xbb\xbf" + payload,
        lambda: payload.decode("latin-1").encode("utf-16"),
        lambda: payload.hex(" ").encode(),
        lambda: bytes.fromhex(payload.decode()) if len(payload) % 2 == 0 and WRITTEN.fullmatch(payload) else b"",
        lambda: payload + b"\x00",
    )
    try:
        return dice.choice(ways)()
    except ValueError:
        return payload


def _seal(dice: random.Random, payload: bytes, name: str) -> bytes:
    """Damage a frame and make its checksum right again, as a meter with a bad program would send it."""
    found = frames(name, payload)
    if not found:
        return payload
    return sealed(name, _flip(dice, dice.choice(found), b""))


HOW = (_flip, _cut, _splice, _lose, _double, _bytes, _number, _digit, _rename, _nest, _write_otherwise)
SEALED = {*LENGTH_AT, "dsmr_p1", "modbus"}


def _topic(dice: random.Random, topic: str, others: Sequence[Said]) -> str:
    levels = topic.split("/")
    at = dice.randrange(len(levels))
    ways = (
        lambda: dice.choice(others)[0],
        lambda: "/".join([*levels[:at], dice.choice(LEVELS), *levels[at + 1 :]]),
        lambda: "/".join([*levels[:at], *levels[at + 1 :]]),
        lambda: f"{topic}/{dice.choice(LEVELS)}",
    )
    # A topic has at least one character (MQTT 3.1.1, 4.7.3); of a $ one a broker itself speaks.
    return dice.choice(ways)().lstrip("$")[:60_000] or "x"


def mutated(dice: random.Random, name: str, own: Sequence[Said], foreign: Sequence[Said]) -> tuple[Said, list[str]]:
    """Return a message, made of one of `own` by a few changes, and the names of the changes."""
    topic, payload = dice.choice(own)
    done = []
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        if dice.random() < 0.08:
            done.append("topic")
            topic = _topic(dice, topic, (*own, *foreign))
        elif dice.random() < 0.04:
            done.append("foreign")
            payload = dice.choice(foreign)[1]
        elif name in SEALED and dice.random() < 0.1:
            done.append("seal")
            payload = _seal(dice, payload, name)
        else:
            change = dice.choice(HOW)
            done.append(change.__name__)
            other = dice.choice(own if dice.random() < 0.7 else foreign)[1]
            payload = change(dice, payload, other) if payload else other
    return (topic, payload), done
