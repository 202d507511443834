"""What the meters say is poison, a storm, a contradiction, out of order, or at impossible times."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence

from tests.faults import said
from tests.faults.pipe import piped
from tests.faults.publisher import Told
from tests.faults.row import Case, Ground, Row

DAY = 1440  # minutes
POISONS: tuple[bytes, ...] = (
    b"",
    b"\x00" * 40,
    b"\xff\xfe\xfa not UTF-8",
    b"{",
    b"[" * 100_000,
    b'{"register": "' + b"9" * 5_000 + b'"}',
    b'{"register": ' + b"9" * 5_000 + b"}",
    b'{"time": 1700002800000, "register": NaN}',
    b'{"time": 1700002800000, "register": -Infinity}',
    b'{"time": 1700002800000, "register": 1e400}',
    b'{"time": 1700002800000, "register": true}',
    b'{"time": 1700002800000, "register": null}',
    b'{"time": "yesterday", "register": 1}',
    b'{"time": "1700002800000", "register": {}}',
    b'{"register": 1, "unit": "parsec", "time": "2023-11-14T23:00:00Z"}',
    b'{"register": 1, "quantity": "luck", "time": "2023-11-14T23:00:00Z"}',
    b'{"register": 1e308, "unit": "MWh", "time": "2023-11-14T23:00:00Z"}',
    b'{"register": 1, "serial": "\\ud800", "time": "2023-11-14T23:00:00Z"}',
    b'{"readings": []}',
    b'{"readings": "x' + b"y" * 1_000_000 + b'"}',
)


def _through(ground: Ground, case: str, messages: Sequence[Told], program: Sequence[str] = ("-m", "app")) -> Row:
    """Return the row of messages that go through a pipe."""
    with piped(ground) as pipe:
        pipe.start(program=program)
        pipe.meters.publish(messages)
        pipe.settled()
        pipe.end_politely()
        return pipe.row(f"content: {case}")


def _poison(ground: Ground) -> Row:
    poisons = [("ours/m0", payload) for payload in POISONS]
    row = _through(ground, "20 poison messages before 200 good ones", [*poisons, *said.plain(ground, 0, 200)])
    assert (row.quarantined, row.stored) == (len(poisons), 200), row
    return row


def _storm(ground: Ground) -> Row:
    once = said.mixed(ground, 0, max(50, ground.size.messages // 20))
    row = _through(ground, "a storm, each message twenty times", [told for told in once for _ in range(20)])
    assert row.duplicate >= 19 * len(once)
    return row


def _conflicts(ground: Ground) -> Row:
    first = said.plain(ground, 0, ground.size.messages // 2)
    second = [(topic, said.payload(n, n + 0.5)) for n, (topic, _) in enumerate(first)]
    row = _through(ground, "two values under one identity, the later wins", [*first, *second])
    assert (row.stored, row.conflict) == (len(second), len(first)), row
    return row


def _reordered(ground: Ground) -> Row:
    count = ground.size.messages // 2
    days = [said.plain(ground, first, count) for first in (max(DAY, count), 0)]
    for day in days:
        random.Random(7).shuffle(day)
    return _through(ground, "a day late, and each day shuffled", [*days[0], *days[1]])


def _at(ground: Ground, times_ms: Sequence[int]) -> list[Told]:
    return [
        (f"ours/m{n % said.METERS}", json.dumps({"time": time_ms, "register": said.value(ground, n)}).encode())
        for n, time_ms in enumerate(times_ms)
    ]


def _device_clock(ground: Ground) -> Row:
    now_ms, count = int(time.time() * 1000), ground.size.messages // 4
    leaps_ms = (3_600_000, 86_400_000, 10 * 365 * 86_400_000)
    ahead = [now_ms + leaps_ms[n % 3] + n for n in range(count)]
    back = [now_ms - leaps_ms[n % 2] - n * said.MINUTE_MS for n in range(count)]
    lost = [(0, 946_684_800_000)[n % 2] + n for n in range(count)]  # 1970, 2000
    right = [now_ms - n * said.MINUTE_MS - 30_000 for n in range(count)]
    mingled = [one for four in zip(ahead, back, lost, right, strict=True) for one in four]
    row = _through(ground, "device clocks jump ahead, back, to 1970 and 2000", _at(ground, mingled))
    assert row.quarantined == 2 * count, "those that cannot be true are held"
    return row


SLOW_CLOCK = """
import sys, time
real = time.time_ns
time.time_ns = lambda: real() - 86_400 * 10**9
from app.cli import main
main(sys.argv[1:])
"""


def _host_clock(ground: Ground) -> Row:
    now_ms, count = int(time.time() * 1000), ground.size.messages
    messages = [*_at(ground, [now_ms - n * said.MINUTE_MS for n in range(count)]), *said.plain(ground, 0, count)]
    row = _through(ground, "our own clock is a day behind", messages, program=("-c", SLOW_CLOCK))
    assert row.quarantined, "what seems to come from the future is held, with the reason"
    return row


def _day_at_once(ground: Ground) -> Row:
    messages = said.batches(ground, max(5, ground.size.messages // 50), DAY)
    return _through(ground, "a day's 1 440 readings in one message", messages)


CASES: dict[str, Case] = {
    "poison first": _poison,
    "storm": _storm,
    "conflicts": _conflicts,
    "reordered": _reordered,
    "device clocks": _device_clock,
    "our clock": _host_clock,
    "a day at once": _day_at_once,
}
