"""How long a reading takes from the moment it is due until SQL can read it."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.support.installation import Bench, installation
from benchmarks.support.messages import Message
from benchmarks.support.publisher import publish

_START_MS = 1_700_000_000_000
_WATCHER = """
import json, sqlite3, sys, time
store, start_ms, wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
key = db.execute("SELECT id FROM series WHERE subject = 'warm'").fetchone()[0]
seen, newest = [], -1
while newest < wanted - 1:
    told = db.execute("SELECT max(time_ms) FROM register WHERE series = ?", (key,)).fetchone()[0]
    number = (told - start_ms) // 1000
    if number > newest:
        seen.append((time.time(), number))
        newest = number
    time.sleep(0.005)
print(json.dumps(seen))
"""


def latencies(bench: Bench, per_s: float, seconds: float) -> list[float]:
    """Return how long each message took [s], sorted; a publisher that is held up counts: its meters wait too."""
    bodies = (
        {"time": _START_MS + n * 1000, "register": n, "unit": "Wh"} for n in range(max(10, int(seconds * per_s)))
    )
    messages = [Message("bench/warm", json.dumps(body).encode()) for body in bodies]
    with installation(bench) as ours:
        ours.set_up([])
        ours.start()
        warm = ours.warm_up()
        command = [sys.executable, "-c", _WATCHER, str(ours.store()), str(_START_MS), str(len(messages))]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as watcher:
            due = publish(bench.broker.port, messages, per_s)
            assert watcher.stdout is not None
            seen = json.load(watcher.stdout)
        found = ours.stored() - warm
        ours.stop()
    if found != len(messages):
        sys.exit(f"{len(messages) - found} readings were not stored")
    # Readings come in order: whoever sees a later one can read all before it.
    first, taken = 0, []
    for at, number in seen:
        taken += [at - due[n] for n in range(first, number + 1)]
        first = number + 1
    return sorted(taken)
