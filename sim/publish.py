"""What the simulated devices send: messages in the order they reach the broker, each with the readings it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from campus.readings import Kind as ReadingKind
from campus.schema import from_ms, to_ms
from ingest.payload import Format, Item
from sim.fault import Fault, Kind
from sim.noise import Ints, uniform
from sim.registers import Track, registers
from sim.site import SimMeter
from sim.weather import DAY_MS

# A gateway that was told to send its history dumps its buffer in pieces of this length.
BATCH_MS = 6 * 3_600_000
# QoS 1 promises "at least once": one message in so many comes twice on an ordinary line. Assumed.
DOUBLED_SHARE = 0.005
REPEAT_AFTER_MS = 20_000

Identity = tuple[str, str, int]  # meter, quantity, time [epoch ms]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as it is handed to the broker at `publish_ms`, and the identities of the readings in it."""

    publish_ms: int
    topic: str
    payload: bytes
    identities: tuple[Identity, ...]


def history(track: Track, formats: Mapping[str, Format]) -> list[Outgoing]:
    """Return the messages of the history [begin, end], in the order they are sent."""
    messages: list[Outgoing] = []
    for number, meter in enumerate(track.site.meters.values()):
        faults = [fault for fault in track.faults if fault.meter == meter.key]
        sent = (_on_the_line(message, faults, track) for message in _batches(track, meter, faults, formats, number))
        messages += [message for pair in sent for message in pair]
    return sorted(messages, key=lambda message: message.publish_ms)


def live(track: Track, after: datetime, time: datetime, formats: Mapping[str, Format]) -> list[Outgoing]:
    """Return what is sent at `time`, `after` being when something was last sent.

    A live meter sends what it shows now; one that reports at its interval sends when that has passed.
    `time` lies before the end of the track (see `registers.extended`).
    """
    messages = []
    for meter in track.site.meters.values():
        step = meter.interval // timedelta(milliseconds=1)
        times = np.array([to_ms(time)] if meter.live else _marks(to_ms(after), to_ms(time), step), np.int64)
        for items, identities in _items(track, meter, times):
            message = _message(meter, formats, to_ms(time), items, identities)
            messages += _doubled(message, track, identities[0][2])
    return messages


def _marks(after_ms: int, until_ms: int, step_ms: int) -> Ints:
    """Return the multiples of the step in (after, until]."""
    return np.arange(after_ms // step_ms + 1, until_ms // step_ms + 1, dtype=np.int64) * step_ms


def _batches(
    track: Track, meter: SimMeter, faults: list[Fault], formats: Mapping[str, Format], number: int
) -> Iterator[Outgoing]:
    """Yield a meter's history as it would be sent on a good line, without what its gaps swallowed."""
    times = _marks(track.begin_ms - 1, track.end_ms, meter.interval // timedelta(milliseconds=1))
    gaps = [fault for fault in faults if fault.kind is Kind.GAP]
    times = times[[not any(gap.covers(int(time)) for gap in gaps) for time in times]]
    readings = list(_items(track, meter, times))
    if meter.format != "native":
        yield from (_message(meter, formats, ids[0][2], items, ids) for items, ids in readings)
        return
    piece = (times - track.begin_ms) // BATCH_MS
    for index in np.unique(piece):
        chosen = [readings[i] for i in np.flatnonzero(piece == index)]
        if any(fault.kind is Kind.DISORDER and fault.covers(int(times[piece == index][0])) for fault in faults):
            chosen = chosen[::-2] + chosen[-2::-2]
        items = [item for pair in chosen for item in pair[0]]
        identities = tuple(identity for pair in chosen for identity in pair[1])
        sent_ms = track.begin_ms + (int(index) + 1) * BATCH_MS + number * 1000
        yield _message(meter, formats, sent_ms, items, identities)


def _items(track: Track, meter: SimMeter, times: Ints) -> Iterator[tuple[list[Item], tuple[Identity, ...]]]:
    """Yield what a meter shows at each time, all of its registers, with the identities."""
    shown = [registers(track, (meter.key, quantity), times) for quantity in meter.quantities]
    for i, time_ms in enumerate(times.tolist()):
        local = from_ms(time_ms).astimezone(track.site.school.timezone)
        items = [
            Item(
                value=float(values[i]),
                kind=ReadingKind.REGISTER,
                time=local,
                quantity=quantity if number else "",
                unit=meter.unit,
                channel=meter.channel,
                serial=serials[i],
            )
            for number, (quantity, (values, serials)) in enumerate(zip(meter.quantities, shown, strict=True))
        ]
        yield items, tuple((meter.key, quantity, time_ms) for quantity in meter.quantities)


def _message(
    meter: SimMeter, formats: Mapping[str, Format], publish_ms: int, items: list[Item], ids: tuple[Identity, ...]
) -> Outgoing:
    encode = formats[meter.format].encode
    assert encode is not None, f"format {meter.format} cannot be written"
    topic = meter.topic if meter.format == "native" else f"{meter.topic}/events/rpc"
    return Outgoing(publish_ms, topic, encode(items), ids)


def _on_the_line(message: Outgoing, faults: list[Fault], track: Track) -> list[Outgoing]:
    """Return the message as its line treats it: late, out of order, twice."""
    first_ms = min(identity[2] for identity in message.identities)
    now = {fault.kind for fault in faults if fault.covers(first_ms)}
    delay_ms = 0
    if Kind.LATE_DAY in now:
        delay_ms += DAY_MS
    if Kind.DISORDER in now:
        drawn = uniform(track.site.seed, f"disorder/{message.topic}", np.array([first_ms // 1000]))
        delay_ms += int(drawn[0] * DAY_MS)
    late = replace(message, publish_ms=message.publish_ms + delay_ms)
    if Kind.DUPLICATES in now:
        return [late, replace(late, publish_ms=late.publish_ms + REPEAT_AFTER_MS)]
    return _doubled(late, track, first_ms)


def _doubled(message: Outgoing, track: Track, time_ms: int) -> list[Outgoing]:
    """Return the message, and once in a while a second time."""
    drawn = uniform(track.site.seed, f"doubled/{message.topic}", np.array([time_ms // 1000]))
    again = replace(message, publish_ms=message.publish_ms + REPEAT_AFTER_MS)
    return [message, again] if drawn[0] < DOUBLED_SHARE else [message]
