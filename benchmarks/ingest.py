"""How fast readings are taken in without loss: `python benchmarks/ingest.py [--data DIR] [--quick]`.

Messages wait at a mosquitto for a session that is away. A bare counting subscriber, and `campus ingest` with its
drain, empty that queue in turns (ABBA): same broker process and configuration, same messages. The bare one is timed
from its first message to its last, ours from the first arrival in the journal to the last byte of it (one fsync is
added), and to the last reading read back from the store by plain SQL. Afterwards the broker must have nothing left.

DIR has the shape of `cambridge/`: `<building>/<quantity>/<year>.csv` with a time and a number per row.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

# A program's own folder comes first in the path: `ingest` would be this file.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import broker
from app.broker import IN_FLIGHT
from benchmarks.support.disk import disk_folder, filesystem, fsync_ms
from benchmarks.support.installation import Bench, Run, emptied, installation, moment, read_back
from benchmarks.support.messages import PATIENCE_S, Message, Meters, batches, publish, series, session, singles

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "cambridge"
MESSAGES, QUICK_MESSAGES = 100_000, 10_000
ROUNDS = 3  # of ABBA; each figure is the median of their means
LATENCY_PER_S = 1_000
LATENCY_S, QUICK_LATENCY_S = 30, 5
BARE = """
import sys, time
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
port, wanted = int(sys.argv[1]), int(sys.argv[2])
count, first, last = 0, 0.0, 0.0
def on_message(client, userdata, message):
    global count, first, last
    count += 1
    if count == 1: first = time.perf_counter()
    if count == wanted: last = time.perf_counter()
client = Client(CallbackAPIVersion.VERSION2, client_id="bare", clean_session=False)
client.on_message = on_message
client.connect("127.0.0.1", port)
client.loop_start()
while not last: time.sleep(0.01)
client.disconnect()
client.loop_stop()
print(wanted / (last - first))
"""


def bare(bench: Bench, messages: list[Message]) -> float:
    """Return what a counting subscriber takes per second."""
    session(bench.broker.port, "bare", ["bench/#"])
    publish(bench.broker.port, messages)
    command = [sys.executable, "-c", BARE, str(bench.broker.port), str(len(messages))]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=PATIENCE_S)
    session(bench.broker.port, "bare", [], keep=False)
    return float(said.stdout)


def latencies(bench: Bench, seconds: float) -> list[float]:
    """Return how long each message took from being handed to the broker until SQL could read it [s]."""
    start_ms = 1_700_000_000_000
    messages = [
        Message("bench/live", json.dumps({"time": start_ms + n * 1000, "register": n, "unit": "Wh"}).encode())
        for n in range(int(seconds * LATENCY_PER_S))
    ]
    with installation(bench) as ours:
        ours.set_up(["live"])
        ours.start()
        publish(bench.broker.port, messages[:1])
        moment(lambda: read_back(ours.store()) == 1, ours, Run())
        with subprocess.Popen(
            [sys.executable, "-c", WATCHER, str(ours.store()), str(start_ms), str(len(messages))],
            stdout=subprocess.PIPE,
        ) as watcher:
            handed = publish(bench.broker.port, messages, LATENCY_PER_S)
            assert watcher.stdout is not None
            seen = json.load(watcher.stdout)
        found = read_back(ours.store())
        ours.stop()
    if found != len(messages):
        sys.exit(f"{len(messages) - found} readings were not stored")
    # Readings come in order: whoever sees a later one can read all before it.
    newest, taken = 0, []
    for at, number in seen:
        taken += [at - handed[n] for n in range(newest, number + 1)]
        newest = max(newest, number + 1)
    return taken


WATCHER = """
import json, sqlite3, sys, time
store, start_ms, wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
seen, newest = [], 0
while newest < wanted - 1:
    number = (db.execute("SELECT max(time_ms) FROM register WHERE series = 1").fetchone()[0] - start_ms) // 1000
    if number > newest:
        seen.append((time.time(), number))
        newest = number
    time.sleep(0.005)
print(json.dumps(seen))
"""


def in_turns(bench: Bench, messages: list[Message], rounds: int) -> tuple[list[float], list[Run]]:
    """Return the rounds' rates, bare and ours, each the mean of its two runs in ABBA order."""
    bares, runs = [], []
    for number in range(rounds):
        first = bare(bench, messages)
        two = [emptied(bench, messages), emptied(bench, messages)]
        bares.append((first + bare(bench, messages)) / 2)
        runs.append(
            Run(
                sum(run.journaled_per_s for run in two) / 2,
                sum(run.stored_per_s for run in two) / 2,
                max(run.peak_rss_mb for run in two),
            )
        )
        print(
            f"round {number + 1}: bare {bares[-1]:,.0f}/s, journaled {runs[-1].journaled_per_s:,.0f}/s, "
            f"stored {runs[-1].stored_per_s:,.0f}/s, {runs[-1].peak_rss_mb:.0f} MB",
            file=sys.stderr,
        )
    return bares, runs


def measure(bench: Bench, meters: Meters, quick: bool) -> dict[str, Any]:
    """Return the figures of the last line."""
    messages = singles(meters, QUICK_MESSAGES if quick else MESSAGES)
    disk_ms = fsync_ms(bench.folder)
    bares, runs = in_turns(bench, messages, 1 if quick else ROUNDS)
    bare_per_s = median(bares)
    # The journal's last byte is seen when it is written; its acknowledgement waits for one fsync more.
    seconds = len(messages) / median(run.journaled_per_s for run in runs) + disk_ms / 1000
    stored_per_s = median(run.stored_per_s for run in runs)
    batched = emptied(bench, batches(meters, len(messages) // 20))
    two = None if quick else emptied(bench, messages, ("a", "b")).stored_per_s
    taken = sorted(latencies(bench, QUICK_LATENCY_S if quick else LATENCY_S))
    return {
        "messages": len(messages),
        "messages_per_s": round(len(messages) / seconds),
        "stored_per_s": round(stored_per_s),
        "bare_per_s": round(bare_per_s),
        "journal_share": round(len(messages) / seconds / bare_per_s, 3),
        "stored_share": round(stored_per_s / bare_per_s, 3),
        "readings_per_s_batched": round(batched.stored_per_s),
        "store": "sqlite",
        "filesystem": filesystem(bench.folder),
        "fsync_ms": round(disk_ms, 2),
        "latency_p50_s": round(taken[len(taken) // 2], 3),
        "latency_p99_s": round(taken[int(len(taken) * 0.99)], 3),
        "latency_messages_per_s": LATENCY_PER_S,
        "peak_rss_mb": round(max(run.peak_rss_mb for run in runs), 1),
        "scaling": {"1": round(stored_per_s), "2": None if two is None else round(two)},
    }


def configuration(bench: Bench) -> str:
    """Return what the figures depend on."""
    mosquitto = subprocess.run([_mosquitto(), "-h"], capture_output=True, text=True, check=False).stdout
    paho = importlib.metadata.version("paho-mqtt")
    return (
        f"{mosquitto.splitlines()[0]}, max_inflight_messages {IN_FLIGHT}, queue unbounded, loopback; "
        f"paho {paho}, MQTT 3.1.1, QoS 1, Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}; {filesystem(bench.folder)} in {bench.folder.parent}"
    )


def _mosquitto() -> str:
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    return found or sys.exit("mosquitto is not installed: apt-get install mosquitto")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="a folder of the shape of cambridge/")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_MESSAGES} messages, one round")
    options = parser.parse_args()
    meters = series(options.data)
    _mosquitto()
    with tempfile.TemporaryDirectory(dir=disk_folder()) as folder:
        bench = Bench(Path(folder), broker.start(Path(folder) / "broker"))
        try:
            print(configuration(bench), flush=True)
            figures = measure(bench, meters, options.quick)
        finally:
            bench.broker.stop()
    for name, value in figures.items():
        print(f"{name:24s} {value if not isinstance(value, int) else format(value, ',')!s:>12}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
