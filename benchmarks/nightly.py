"""The night's work on 1 000 meters with a year of hours: `python benchmarks/nightly.py [--data DIR] [--quick]`.

`campus analyse` runs as a process of its own, cold, over simulated schools of 21 meters whose stores hold a year of
hours, days and sums, and nothing of what it writes: what is usual, carbon, findings. Then one hour more comes to all
meters: the deriving process, which has judged before, sums and judges it; that what it leaves is what a run over
everything leaves is seen on a copy. `--data` is taken for the form's sake: a simulation reads none. InfluxDB is
measured where CAMPUS_TEST_INFLUXDB_URL, _TOKEN and _ORG name a server, in buckets made for it and removed after: the
first night of all, and the next one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

# A program's own folder comes first in the path: `store` would be the benchmark beside this one.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import sums, virtual
from app.analyse import FOR_A_CORE
from app.derive import Key
from app.judge import Judge
from app.recompute import derive_register
from app.shelf import Shelf
from app.windows import Window
from app.wiring import Installation, install, open_books
from benchmarks.support import nights, processes
from benchmarks.support.nights import METERS_A_SCHOOL, Place, key_of
from campus.schema import CONSUMPTION, FIGURE, Point, from_ms

ROOT = Path(__file__).resolve().parents[1]
METERS, QUICK_METERS = (250, 500, 1000), (21, 63)
LOOK_S = 0.1  # between two looks at memory
DAY = timedelta(days=1)
SERVER = ("CAMPUS_TEST_INFLUXDB_URL", "CAMPUS_TEST_INFLUXDB_TOKEN", "CAMPUS_TEST_INFLUXDB_ORG")


@dataclass(frozen=True, slots=True)
class Run:
    """What a run came to: all of it [s], and of that what its processes, beside each other, read, reckoned, wrote."""

    seconds: float
    read_s: float
    compute_s: float
    write_s: float
    peak_rss_mb: float
    meters: int


def analyse(place: Place, schools: Sequence[str], workers: int) -> Run:
    """Run `campus analyse` in a process of its own, and look at its memory on the way."""
    named = [word for school in schools for word in ("--school", school)]
    command = [sys.executable, "-m", "app", "analyse", "--json", "--workers", str(workers), *named]
    begun, peak = time.perf_counter(), 0.0
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | place.environment(), stdout=subprocess.PIPE, text=True, process_group=0
    ) as process:
        while process.poll() is None:
            peak = max(peak, processes.rss_mb(processes.group_of([process.pid])))
            time.sleep(LOOK_S)
        seconds = time.perf_counter() - begun
        assert process.stdout is not None
        said = process.stdout.read()
    if process.returncode not in (0, 1):
        sys.exit(f"campus analyse ended with {process.returncode}")
    done = json.loads(said.splitlines()[-1])["schools"]
    read, write = (sum(one["spent"][what] for one in done) / workers for what in ("read_s", "write_s"))
    whole = sum(one["seconds"] for one in done) / workers
    return Run(seconds, read, whole - read - write, write, peak, sum(one["meters"] for one in done))


def forget(place: Place, schools: Sequence[str]) -> None:
    """Remove what a night writes: what is usual, carbon, and the ledger."""
    for path in (place.folder / "data").glob("ledger.sqlite*"):
        path.unlink()
    for school in schools:
        with closing(sqlite3.connect(place.folder / "data" / "schools" / school / "store.sqlite")) as db:
            mine = "SELECT id FROM series WHERE name LIKE 'usual/%' OR name LIKE 'carbon/%'"
            db.execute(f"DELETE FROM figure WHERE series IN ({mine})")
            db.commit()
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def one_more_hour(place: Place, seeds: Sequence[int]) -> dict[str, float]:
    """Let the deriving process judge all that is there, and then an hour more; return what each took [s].

    The hours themselves are derived as readings come; sums and judgement are the night's work on them.
    """
    installation = install(place.settings())
    with closing(open_books(installation.settings)) as books:
        judge, begun = Judge(books), time.perf_counter()
        judge(installation, {key: [] for key in _every(installation)})
        first, points = time.perf_counter() - begun, dict[Key, list[Point]](nights.next_hour(seeds))
        for (school, _, _), readings in points.items():
            installation.stores[school].write(readings)
        begun = time.perf_counter()
        changed = {
            key: [window] for key, readings in points.items() if (window := _derived(installation, key, readings))
        }
        derived = time.perf_counter()
        for school, registry in installation.registries.items():
            shelf = Shelf(installation.stores[school])
            mine = {key[1:]: windows for key, windows in changed.items() if key[0] == school}
            sums.follow(registry, shelf, mine)
            virtual.follow(registry, shelf, mine)
            shelf.flush()
        summed = time.perf_counter()
        judge(installation, changed)
        judged = time.perf_counter()
    installation.stores.close()
    return {"all before": first, "hours": derived - begun, "sums": summed - derived, "judgement": judged - summed}


def _derived(installation: Installation, key: Key, readings: list[Point]) -> Window | None:
    school, meter, quantity = key
    registry = installation.registries[school]
    touched = from_ms(readings[0].time_ms), from_ms(readings[-1].time_ms)
    return derive_register(installation.stores[school], registry, (registry.meters[meter], quantity), touched)


def _every(installation: Installation) -> list[tuple[str, str, str]]:
    return [(key, *one) for key, registry in installation.registries.items() for one in nights.registers(registry)]


def stands(place: Place) -> dict[str, Any]:
    """Return all figures and hours of an installation, and its findings."""
    installation, found = install(place.settings()), dict[str, Any]()
    with closing(open_books(installation.settings)) as books:
        for school in installation.registries:
            store = installation.stores[school]
            for measurement in (CONSUMPTION, FIGURE):
                for one, rows in store.series(store.ids(measurement), *nights.EVER).items():
                    columns = (rows.time_ms, *rows.fields.values())
                    found["/".join((school, *one))] = hash(b"".join(column.tobytes() for column in columns))
            episodes = ((e.finding.rule, e.finding.subject, repr(e.finding)) for e in books.episodes(school))
            found[school] = sorted(episodes)
    installation.stores.close()
    return found


def influxdb(folder: Path, seeds: Sequence[int], workers: int) -> tuple[Run, Run] | None:
    """Run two nights on InfluxDB: the first, which packs months, and the next, with a day more of all meters.

    Nothing where no server is named.
    """
    if not all(name in os.environ for name in SERVER):
        return None
    from store import influx_buckets, influx_http

    url, token, org = (os.environ[name] for name in SERVER)
    text = f'[store]\nkind = "influxdb"\nurl = "{url}"\norg = "{org}"\n'
    place, schools = Place(folder / "influxdb", text, (("CAMPUS_INFLUXDB_TOKEN", token),)), list(map(key_of, seeds))
    try:
        nights.make(place, seeds, workers, nights.NOW - DAY)
        first = analyse(place, schools, workers * FOR_A_CORE["influxdb"])
        nights.fill(place, seeds, workers, (nights.NOW - DAY, nights.NOW))
        return first, analyse(place, schools, workers * FOR_A_CORE["influxdb"])
    finally:
        server = influx_http.connect(url, token, org)
        api = server.client.buckets_api()
        for school in schools:
            for name in (influx_buckets.raw_bucket(school), influx_buckets.result_bucket(school)):
                if (bucket := api.find_bucket_by_name(name)) is not None:
                    api.delete_bucket(bucket)
        server.client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="taken for the form's sake: a simulation reads none")
    parser.add_argument("--quick", action="store_true", help=f"no more than {QUICK_METERS[-1]} meters")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes to analyse with")
    options = parser.parse_args()
    sizes = QUICK_METERS if options.quick else METERS
    seeds = range(1, -(-sizes[-1] // METERS_A_SCHOOL) + 1)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        place = Place(Path(temporary) / "sqlite")
        nights.make(place, seeds, options.workers)
        runs = {}
        for size in sizes:
            schools = [key_of(seed) for seed in seeds[: -(-size // METERS_A_SCHOOL)]]
            forget(place, schools)
            runs[size] = analyse(place, schools, options.workers)
        again = analyse(place, schools, options.workers)
        hour = one_more_hour(place, seeds)
        copy = Place(Path(temporary) / "copy")
        shutil.copytree(place.folder, copy.folder)
        forget(copy, schools)
        analyse(copy, schools, options.workers)
        equal = stands(place) == stands(copy)
        influx = influxdb(Path(temporary), seeds, options.workers)
    show(runs, hour, {"again": again, "influxdb": influx, "equal": equal, "load": load})


def show(runs: dict[int, Run], hour: dict[str, float], more: dict[str, Any]) -> None:
    """Print the table and the last line."""
    whole = list(runs.values())[-1]
    print(f"load {more['load']:.1f} at the start, {os.getloadavg()[0]:.1f} at the end, {os.cpu_count()} cores")
    for run in runs.values():
        parts = f"read {run.read_s:5.1f}  reckon {run.compute_s:5.1f}  write {run.write_s:5.1f}"
        print(f"{run.meters:5d} meters  {run.seconds:6.1f} s   {parts}   {run.peak_rss_mb:6.0f} MB")
    print(f"the same again, with everything written: {more['again'].seconds:.1f} s")
    print("an hour more: " + ", ".join(f"{what} {seconds:.1f} s" for what, seconds in hour.items()))
    first, influx = more["influxdb"] or (None, None)
    if first is not None and influx is not None:
        print(
            f"InfluxDB: first night {first.seconds:.1f} s, the next {influx.seconds:.1f} s "
            f"(read {influx.read_s:.1f}  reckon {influx.compute_s:.1f}  write {influx.write_s:.1f})"
        )
    print(
        json.dumps(
            {
                "store": "sqlite",
                "meters": whole.meters,
                "seconds": round(whole.seconds, 2),
                "seconds_read": round(whole.read_s, 2),
                "seconds_compute": round(whole.compute_s, 2),
                "seconds_write": round(whole.write_s, 2),
                "seconds_again": round(more["again"].seconds, 2),
                "seconds_influxdb": None if influx is None else round(influx.seconds, 2),
                "seconds_influxdb_first": None if first is None else round(first.seconds, 2),
                "peak_rss_mb": round(whole.peak_rss_mb, 1),
                "incremental_seconds": round(hour["sums"] + hour["judgement"], 2),
                "incremental_hours_seconds": round(hour["hours"], 2),
                "incremental_equal": more["equal"],
                "seconds_by_meters": {str(run.meters): round(run.seconds, 2) for run in runs.values()},
                "load": round(more["load"], 1),
            }
        )
    )


if __name__ == "__main__":
    main()
