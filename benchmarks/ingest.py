"""How fast readings are taken in without loss: `python benchmarks/ingest.py [--data DIR] [--quick]`.

Messages wait at a mosquitto for a session whose client is halted. A bare counting subscriber, and `campus ingest`
with its drain, empty that queue in turns (ABBA): same broker process and configuration, same messages, both warm. The
bare one is timed from its first message to its last, ours from the moment it goes on to the last byte in the journal
(one fsync is added), and to the last reading read back from the store by plain SQL or Flux. Afterwards the broker
must have nothing left. A capacity is what was stored of such a queue; latency is measured at parts of it.

DIR has the shape of `cambridge/`: `<building>/<quantity>/<year>.csv` with a time and a number per row. InfluxDB is
measured where CAMPUS_TEST_INFLUXDB_URL, _TOKEN and _ORG name a server, in a school of its own, removed after.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

# A program's own folder comes first in the path: `ingest` would be this file.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import broker
from app.broker import IN_FLIGHT
from benchmarks.support.bare import Bare, bare
from benchmarks.support.disk import disk_folder, filesystem, fsync_ms
from benchmarks.support.installation import Bench, Run, emptied, waited
from benchmarks.support.kept import in_influxdb
from benchmarks.support.latency import latencies
from benchmarks.support.messages import DISTRICT, Message, batches, minutes, series, singles
from benchmarks.support.profiled import shares

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "cambridge"
PARTS_OF_CAPACITY = (10, 50, 90)  # percent
USUAL_PART = 50
MEMBERS = (2, 4)
PROFILED = 20_000  # messages under the profiler; the first that are in flight come before it begins


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured; `rounds` of ABBA, each figure the median of their means."""

    messages: int = 100_000
    batches: int = 3_000
    rounds: int = 3
    waiting: int = 1_000_000
    latency_s: float = 20.0
    members: tuple[int, ...] = MEMBERS


QUICK = Size(messages=8_000, batches=300, rounds=1, waiting=0, latency_s=1.0, members=())


def in_turns(bench: Bench, messages: list[Message], rounds: int) -> tuple[list[Bare], list[Run]]:
    """Return what the rounds came to, bare and ours, each the mean of its two runs in ABBA order."""
    bares, runs = [], []
    for number in range(rounds):
        first = bare(bench, messages)
        two = [emptied(bench, messages), emptied(bench, messages)]
        last = bare(bench, messages)
        bares.append(Bare((first.per_s + last.per_s) / 2, (first.cpu_us + last.cpu_us) / 2))
        runs.append(_mean(two))
        print(
            f"round {number + 1}: bare {bares[-1].per_s:,.0f}/s, journaled {runs[-1].journaled_per_s:,.0f}/s, "
            f"stored {runs[-1].stored_per_s:,.0f}/s, {runs[-1].peak_rss_mb:.0f} MB",
            file=sys.stderr,
        )
    return bares, runs


def _mean(runs: list[Run]) -> Run:
    return Run(
        sum(run.journaled_per_s for run in runs) / len(runs),
        sum(run.stored_per_s for run in runs) / len(runs),
        max(run.peak_rss_mb for run in runs),
        {part: sum(run.cpu_us[part] for run in runs) / len(runs) for part in runs[0].cpu_us},
    )


def of_singles(bench: Bench, messages: list[Message], rounds: int) -> dict[str, Any]:
    """Return what is taken of messages of one reading, beside a bare subscriber."""
    disk_ms = fsync_ms(bench.folder)
    bares, runs = in_turns(bench, messages, rounds)
    bare_per_s, stored_per_s = median(one.per_s for one in bares), median(run.stored_per_s for run in runs)
    # The journal's last byte is seen when it is written; its acknowledgement waits for one fsync more.
    seconds = len(messages) / median(run.journaled_per_s for run in runs) + disk_ms / 1000
    return {
        "messages": len(messages),
        "messages_per_s": round(len(messages) / seconds),
        "stored_per_s": round(stored_per_s),
        "bare_per_s": round(bare_per_s),
        "journal_share": round(len(messages) / seconds / bare_per_s, 3),
        "stored_share": round(stored_per_s / bare_per_s, 3),
        "store": "sqlite",
        "filesystem": filesystem(bench.folder),
        "fsync_ms": round(disk_ms, 2),
        "peak_rss_mb": round(max(run.peak_rss_mb for run in runs), 1),
        "cpu_us": {part: round(median(run.cpu_us[part] for run in runs), 1) for part in runs[0].cpu_us},
        "bare_cpu_us": round(median(one.cpu_us for one in bares), 1),
    }


def of_influxdb(bench: Bench, messages: list[Message], bare_per_s: float) -> dict[str, Any]:
    """Return what is stored in InfluxDB of the same messages, or nulls where no server is named."""
    with in_influxdb() as kept:
        run = None if kept is None else emptied(bench, messages, kept=kept)
    return {
        "influxdb_stored_per_s": None if run is None else round(run.stored_per_s),
        "influxdb_stored_share": None if run is None else round(run.stored_per_s / bare_per_s, 3),
    }


def of_latency(bench: Bench, capacity_per_s: float, seconds: float) -> dict[str, Any]:
    """Return half and 99 % of the times from due to readable, at parts of the capacity."""
    found = {}
    for part in PARTS_OF_CAPACITY:
        per_s = capacity_per_s * part / 100
        taken = latencies(bench, per_s, seconds)
        half, most = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
        found[str(part)] = {"per_s": round(per_s), "p50_s": round(half, 3), "p99_s": round(most, 3)}
    usual = found[str(USUAL_PART)]
    return {"latency_p50_s": usual["p50_s"], "latency_p99_s": usual["p99_s"], "latency_at_percent": found}


def measure(bench: Bench, data: Path, size: Size) -> dict[str, Any]:
    """Return the figures of the last line."""
    meters = series(data)
    messages = singles(meters, size.messages)
    figures = of_singles(bench, messages, size.rounds)
    stored_per_s, bare_per_s = figures["stored_per_s"], figures["bare_per_s"]
    figures |= of_influxdb(bench, messages, bare_per_s)
    many = [emptied(bench, batches(meters, size.batches)).stored_per_s for _ in range(size.rounds)]
    scaling: dict[str, int | None] = {"1": stored_per_s} | dict.fromkeys(map(str, MEMBERS))
    for count in size.members:
        names = ("main", *map(str, range(2, count + 1)))
        scaling[str(count)] = round(emptied(bench, messages, names).stored_per_s)
    figures |= {"readings_per_s_batched": round(median(many)), "scaling": scaling}
    figures |= of_latency(bench, stored_per_s, size.latency_s)
    keys = [f"district-{number}" for number in range(DISTRICT)]
    run = waited(bench, minutes(size.waiting), keys) if size.waiting else None
    figures |= {"waiting": size.waiting or None, "waiting_rss_mb": None if run is None else round(run.peak_rss_mb, 1)}
    figures["peak_rss_mb"] = max(figures["peak_rss_mb"], figures["waiting_rss_mb"] or 0.0)
    return figures | {"own_time_share": shares(bench, messages[:PROFILED])}


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
    return broker.installed() or sys.exit("mosquitto is not installed: apt-get install mosquitto")


def lines(figures: dict[str, Any]) -> list[str]:
    """Return the table for people."""
    told = []
    for name, value in figures.items():
        if not isinstance(value, dict):
            told.append(f"{name:24s} {format(value, ',') if isinstance(value, int) else value!s:>12}")
            continue
        told.append(name)
        for part, said in value.items():
            told += (
                [f"    {part}", *(f"        {share:6.1%}  {what}" for what, share in said)]
                if _shares(said)
                else [f"    {part:20s} {said}"]
            )
    return told


def _shares(said: object) -> bool:
    return isinstance(said, list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="a folder of the shape of cambridge/")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK.messages} messages, one round, no million")
    options = parser.parse_args()
    _mosquitto()
    with tempfile.TemporaryDirectory(dir=disk_folder()) as folder:
        bench = Bench(Path(folder), broker.start(Path(folder) / "broker"))
        try:
            print(configuration(bench), flush=True)
            figures = measure(bench, options.data, QUICK if options.quick else Size())
        finally:
            bench.broker.stop()
    print("\n".join(lines(figures)))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
