"""A million damaged messages: each is read or refused with a reason, none wrongly, and every one is accounted for."""

import math
import random
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from campus.readings import Reject
from campus.registry import Meter, Register
from campus.remedies import REMEDIES
from campus.schema import to_ms
from campus.units import QUANTITIES, Quantity, units_of
from ingest import journal
from ingest.checks import Routed, Routes, routes
from ingest.drain import message_of
from ingest.journal import Position, Record
from ingest.payload import Item, Message
from ingest.sessions import Hearing, read
from tests.heap import nothing_else_to_walk
from tests.ingest import mutated_frames
from tests.ingest.golden import ARRIVED
from tests.ingest.mutated_how import SEALED, Said, mutated
from tests.ingest.mutated_seeds import seeds
from tests.ingest.schools import FORMATS, Place, meter, school

SEEDS = seeds()
SMALL, FULL = 20_000, 1_000_000
# Of the processor's time [s]: a message that takes longer would hold up thousands behind it.
LONGEST_S = 0.25
AT_A_TIME = 2_000


@dataclass
class Tally:
    """What became of the messages of one format; `by_chance` were read though damaged.

    A sum of eight bits lets 1 of 256 damages by: counted are frames whose checksum another program, too, finds right.
    """

    sent: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    silent: int = 0
    by_chance: int = 0
    slowest_s: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", FORMATS)
def test_damaged_messages_are_read_right_or_refused_and_every_one_is_accounted_for(
    name, tmp_path, size, record_property
):
    dice, tally, began = random.Random(f"campus {name}"), Tally(), time.perf_counter()
    own, foreign = SEEDS[name], [said for other in SEEDS if other != name for said in SEEDS[other]]
    place = Place(tmp_path / name, listening(name, own))
    wanted = (FULL if size == "full" else SMALL) // len(FORMATS) + 1
    with closing(journal.Writer(place.journal)) as writer, nothing_else_to_walk():
        while tally.sent < wanted:
            made = [mutated(dice, name, own, foreign) for _ in range(min(AT_A_TIME, wanted - tally.sent))]
            for said, how in made:
                decoded(name, said, how, tally)
            writer.append([Record(arrival_ms(tally.sent + n), *said) for n, (said, _) in enumerate(made)])
            tally.sent += len(made)
    place.drain_all()
    accounted(place, tally)
    took = time.perf_counter() - began
    record_property("mutated", str(tally))
    print(f"{name:12} {took:7.1f} s  {row(tally)}")
    shutil.rmtree(place.folder)


def arrival_ms(number: int) -> int:
    return to_ms(ARRIVED) + number * 1000


def row(tally: Tally) -> str:
    words = ("sent", "stored", "duplicate", "quarantined", "silent", "by_chance")
    told = "  ".join(f"{word} {getattr(tally, word):,}" for word in words)
    return f"{told}  slowest {tally.slowest_s * 1e3:.0f} ms"


def decoded(name: str, said: Said, how: Sequence[str], tally: Tally) -> None:
    """Decode a message by itself: no exception, no long thinking, finite numbers, and no broken frame read."""
    message, began = Message(*said, ARRIVED), time.thread_time()
    items = FORMATS[name].decode(message)
    tally.slowest_s = max(tally.slowest_s, taken := time.thread_time() - began)
    assert taken < LONGEST_S, (name, how, taken, said)
    for item in items:
        if isinstance(item, Reject):
            assert item.reason in REMEDIES and item.detail, (how, said)
        else:
            assert math.isfinite(item.value) and (item.time is None or item.time.tzinfo), (how, said)
    if name in SEALED and any(isinstance(item, Item) for item in items):
        tally.by_chance += framed(name, said, how, items)


def framed(name: str, said: Said, how: Sequence[str], items: Sequence[Item | Reject]) -> bool:
    """Hold that what a frame says was in a frame whose checksum is right; return whether it is so by chance.

    Of Modbus bare answers alone are protected, and where they begin no frame says: a dump is a gateway's own words.
    """
    found = [item for item in items if isinstance(item, Item) and spoken(item) not in BEFORE[name].spoken]
    if not found or (name == "modbus" and is_json(said[1])):
        return False
    whole = set(mutated_frames.frames(name, said[1]))
    unknown = whole if name == "modbus" else whole - BEFORE[name].frames
    assert unknown, ("a number that no whole frame says", how, said, found)
    return "seal" not in how and name in mutated_frames.LENGTH_AT


def is_json(payload: bytes) -> bool:
    return payload.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def spoken(item: Item) -> tuple[object, ...]:
    return item.value, item.quantity, item.unit, item.channel, item.serial


@dataclass(frozen=True)
class Before:
    """What the undamaged seeds say: their frames, and the readings in them."""

    frames: frozenset[bytes]
    spoken: frozenset[tuple[object, ...]]


def before(name: str) -> Before:
    own = SEEDS[name]
    items = [item for topic, payload in own for item in FORMATS[name].decode(Message(topic, payload, ARRIVED))]
    return Before(
        frozenset(frame for _, payload in own for frame in mutated_frames.frames(name, payload)),
        frozenset(spoken(item) for item in items if isinstance(item, Item)),
    )


BEFORE = {name: before(name) for name in SEALED}


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", sorted(SEALED))
def test_of_a_frame_with_one_wrong_byte_nothing_is_read(name, size):
    whole = whole_frames(name)
    assert len(whole) >= 3
    for topic, frame in whole if size == "full" else whole[:: len(whole) // 3]:
        few = size != "full" and len(frame) > 100
        for at in range(0, len(frame), len(frame) // 20 if few else 1):
            # A checksum of eight bits tells any change of one byte; so does one of sixteen.
            for change in (1 << bit for bit in range(8)) if len(frame) > 100 else range(1, 256):
                wrong = frame[:at] + bytes([frame[at] ^ change]) + frame[at + 1 :]
                told = seen(name, topic, wrong + frame_end(name, frame))
                assert not any(isinstance(item, Item) for item in told), (at, change, told)


def whole_frames(name: str) -> list[Said]:
    """Return each frame of the seeds, with its topic, that gives readings by itself; of P1 without its checksum."""
    found = {(topic, frame) for topic, payload in SEEDS[name] for frame in mutated_frames.frames(name, payload)}
    return [
        (topic, frame)
        for topic, frame in sorted(found)
        if any(isinstance(item, Item) for item in seen(name, topic, frame + frame_end(name, frame)))
    ]


def frame_end(name: str, frame: bytes) -> bytes:
    return mutated_frames.sealed(name, frame)[len(frame) :] if name == "dsmr_p1" else b""


def seen(name: str, topic: str, payload: bytes) -> list[Item | Reject]:
    return FORMATS[name].decode(Message(topic, payload, ARRIVED))


def listening(name: str, own: Iterable[Said]) -> Routes:
    """Return a school that has a meter for everything the seeds say."""
    said = [
        (base, item)
        for topic, payload in own
        if (base := FORMATS[name].base(topic)) is not None
        for item in FORMATS[name].decode(Message(topic, payload, ARRIVED))
        if isinstance(item, Item)
    ]
    # What names no channel would be claimed by every meter of its topic.
    alone = {base for base, item in said if not item.channel}
    meters: dict[tuple[str, str], Meter] = {}
    for base, item in said:
        if not item.channel or base not in alone:
            meters.setdefault((base, item.channel), fitting(f"m{len(meters)}", base, name, item))
    return routes([school(meters.values())], FORMATS)


def fitting(key: str, topic: str, name: str, item: Item) -> Meter:
    quantities = [QUANTITIES[item.quantity]] if item.quantity in QUANTITIES else list(QUANTITIES.values())
    chosen = next((one for one in quantities if can_be(item.unit, one)), quantities[0])
    return meter(key, topic, format=name, channel=item.channel, registers=(Register(chosen, chosen.unit),))


def can_be(unit: str, quantity: Quantity) -> bool:
    return not unit or unit in units_of(quantity)


def accounted(place: Place, tally: Tally) -> None:
    """Hold that each message of the journal is in the store or in quarantine, by reading all three back."""
    heard = Heard()
    hearing, at = Hearing(place.known), Position()
    while entries := list(journal.read(place.journal, at)):
        for entry in entries:
            heard.messages += 1
            results = read(hearing, message_of(entry))
            tally.silent += not results
            for position, result in enumerate(results):
                heard.note((entry.at.segment, entry.at.offset, position), result)
        at = entries[-1].next
    assert heard.messages == tally.sent
    held = in_quarantine(place)
    refused = {where for where, reason in held.items() if reason == "store_refused"}
    assert {where: reason for where, reason in held.items() if where not in refused} == heard.rejects
    assert refused <= set(heard.readings)
    expected: dict[tuple[str, str, int], float] = {}
    for where, (identity, value) in heard.readings.items():
        if where not in refused:
            tally.duplicate += identity in expected
            expected[identity] = value
    stored = {identity: row[0] for identity, row in place.stored().items()}
    assert stored == expected and all(math.isfinite(value) for value in stored.values())
    tally.stored, tally.quarantined, tally.reasons = len(stored), len(held), Counter(held.values())
    assert len(heard.readings) + len(heard.rejects) == tally.stored + tally.duplicate + tally.quarantined
    assert tally.stored and tally.quarantined


@dataclass
class Heard:
    """What the messages of a journal come to, by the place of each item in it."""

    messages: int = 0
    readings: dict[tuple[int, int, int], tuple[tuple[str, str, int], float]] = field(default_factory=dict)
    rejects: dict[tuple[int, int, int], str] = field(default_factory=dict)

    def note(self, where: tuple[int, int, int], result: Routed | Reject) -> None:
        if isinstance(result, Reject):
            self.rejects[where] = str(result.reason)
        else:
            said = result.reading
            self.readings[where] = (said.meter, said.quantity, to_ms(said.time)), said.value


def in_quarantine(place: Place) -> dict[tuple[int, int, int], str]:
    with closing(sqlite3.connect(f"file:{place.folder / 'quarantine.db'}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT segment, offset, item, reason FROM quarantine").fetchall()
    return {(segment, offset, item): reason for segment, offset, item, reason in rows}
