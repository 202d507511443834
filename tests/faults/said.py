"""What the meters of the matrix say: each message another, each reading its own."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.faults.publisher import Told
from tests.faults.row import Ground

START_MS = 1_700_002_800_000  # 2023-11-14T23:00:00Z
MINUTE_MS = 60_000
METERS = 4


def reading(number: int, value: float) -> dict[str, float]:
    """Return the entry of a minute."""
    return {"time": START_MS + number * MINUTE_MS, "register": float(value)}


def payload(number: int, value: float) -> bytes:
    """Return a message of one reading."""
    return json.dumps(reading(number, value)).encode()


def value(ground: Ground, number: int) -> float:
    """Return what a register says in a minute."""
    return ground.values[number % len(ground.values)] if ground.values else float(number)


def plain(ground: Ground, first: int, count: int) -> list[Told]:
    """Return readings of a minute each, the meters taking turns."""
    return [(f"ours/m{n % METERS}", payload(n, value(ground, n))) for n in range(first, first + count)]


def mixed(ground: Ground, first: int, count: int) -> list[Told]:
    """Return mostly readings, some messages of nobody's meter, some that cannot be read."""
    messages = plain(ground, first, count)
    for n in range(count):
        if (first + n) % 17 == 5:
            messages[n] = "ours/nobody", f"what {first + n}".encode()
        elif (first + n) % 23 == 7:
            messages[n] = messages[n][0], f"broken {first + n}".encode()
    return messages


def endless(ground: Ground, enough: object) -> Iterator[Told]:
    """Yield mixed messages until `enough.is_set()`."""
    first = 0
    while not enough.is_set():  # type: ignore[attr-defined]
        yield from mixed(ground, first, 50)
        first += 50


def batches(ground: Ground, count: int, per_message: int) -> list[Told]:
    """Return messages of many readings each, one meter's after the other."""
    return [
        (f"ours/m{n % METERS}", json.dumps({"readings": [reading(m, value(ground, m)) for m in run]}).encode())
        for n in range(count)
        for run in (range(n * per_message, (n + 1) * per_message),)
    ]
