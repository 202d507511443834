"""How fast both stores take readings and give a meter's year: `python benchmarks/store.py [--data DIR] [--quick]`.

DIR has the shape of `cambridge/`: `<building>/<quantity>/<year>.csv` with a time and a number per row. InfluxDB is
measured where CAMPUS_TEST_INFLUXDB_URL, _TOKEN and _ORG name a server, in buckets made for it and removed after.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np

# A program's own folder comes first in the path: `store` would be this file.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from campus.ports import Store
from campus.schema import CONSUMPTION, REGISTER, Columns, Point, SeriesId, from_ms, to_ms
from store import sqlite_schema
from store.sqlite import SLICE, open_sqlite

DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "cambridge"
RUNS = 3
HOUR_MS = 3_600_000
YEAR_HOURS = 8_760
YEAR_START = datetime(2025, 1, 1, tzinfo=UTC)
QUICK_POINTS = 60_000
SERVER = ("CAMPUS_TEST_INFLUXDB_URL", "CAMPUS_TEST_INFLUXDB_TOKEN", "CAMPUS_TEST_INFLUXDB_ORG")


def readings(folder: Path) -> list[Point]:
    """Return the rows of a folder's files as hourly interval readings, in order of time as they would arrive."""
    points = [
        Point(SeriesId(REGISTER, path.parts[-3], path.parts[-2]), time_ms, (value, 3600.0, "good", ""))
        for path in sorted(folder.glob("*/*/*.csv"))
        for time_ms, value in rows_of(path)
    ]
    return sorted(points, key=lambda point: point.time_ms)


def rows_of(path: Path) -> Iterator[tuple[int, float]]:
    with path.open(newline="", encoding="utf-8") as file:
        for row in list(csv.reader(file))[1:]:
            if len(row) > 1 and row[1].strip():
                yield to_ms(datetime.fromisoformat(row[0]).replace(tzinfo=UTC)), float(row[1])


def made_up() -> list[Point]:
    """Return ten meters' five years of hourly counters, where no data is."""
    ids = [SeriesId(REGISTER, f"m{n}", "electricity") for n in range(10)]
    start = to_ms(YEAR_START)
    hours = range(5 * YEAR_HOURS)
    return [Point(one, start + hour * HOUR_MS, (hour * 1.25, 0.0, "good", "S1")) for hour in hours for one in ids]


def per_s(points: list[Point], work: Callable[[list[Point]], object]) -> float:
    begun = time.perf_counter()
    work(points)
    return len(points) / (time.perf_counter() - begun)


def meter_year_ms(store: Store) -> float:
    """Write a year of hours and return the median time to read it as columns."""
    series = SeriesId(CONSUMPTION, "benchmark", "electricity")
    times = to_ms(YEAR_START) + np.arange(YEAR_HOURS, dtype=np.int64) * HOUR_MS
    values = np.random.default_rng(1).gamma(2.0, 5.0, YEAR_HOURS)
    window = (YEAR_START, from_ms(int(times[-1]) + HOUR_MS))
    columns = Columns(times, {"value": values, "coverage": np.ones(YEAR_HOURS), "estimated": np.zeros(YEAR_HOURS)})
    store.replace(series, window, columns)
    taken = []
    for _ in range(7):
        begun = time.perf_counter()
        found = store.series([series], *window)[series]
        taken.append((time.perf_counter() - begun) * 1000)
        assert np.array_equal(found.value, values)
    return median(taken)


def bare_per_s(points: list[Point], path: Path) -> float:
    """Return what SQLite itself takes of the same rows in the same slices, without checks, keys and conflicts."""
    keys = {series: key for key, series in enumerate({point.series for point in points})}
    rows = [(keys[series], time_ms, *values) for series, time_ms, values in points]
    db = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", *sqlite_schema.definitions()):
        db.execute(statement)

    def work(_: list[Point]) -> None:
        for first in range(0, len(rows), SLICE):
            db.execute("BEGIN IMMEDIATE")
            db.executemany(f"INSERT INTO {REGISTER} VALUES (?, ?, ?, ?, ?, ?)", rows[first : first + SLICE])
            db.execute("COMMIT")

    rate = per_s(points, work)
    db.close()
    return rate


def sqlite(points: list[Point]) -> dict[str, float | None]:
    """Measure the embedded store: new readings, the same again, and beside them bare SQLite; medians of the runs."""
    new, again, bare = [], [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            bare.append(bare_per_s(points, Path(folder) / "bare.db"))
            store = open_sqlite(Path(folder) / "store.db")
            new.append(per_s(points, store.write))
            again.append(per_s(points, store.write))
            year_ms = meter_year_ms(store)
            store.close()
    return {
        "sqlite_upserts_per_s": median(new),
        "sqlite_meter_year_ms": year_ms,
        "sqlite_same_again_per_s": median(again),
        "sqlite_bare_per_s": median(bare),
    }


@contextmanager
def influxdb_store() -> Iterator[Store]:
    from store import influx_http
    from store.influx import open_influx
    from store.influx_buckets import ensure_buckets

    url, token, org = (os.environ[name] for name in SERVER)
    school = f"benchmark-{uuid.uuid4().hex[:12]}"
    server = influx_http.connect(url, token, org)
    names = ensure_buckets(server, school)
    store = open_influx(url, token, org, school)
    try:
        yield store
    finally:
        store.close()
        api = server.client.buckets_api()
        for name in names:
            api.delete_bucket(api.find_bucket_by_name(name))
        server.client.close()


def influxdb(points: list[Point]) -> dict[str, float | None]:
    """Measure InfluxDB once, or give nulls where no server is named."""
    if not all(name in os.environ for name in SERVER):
        return {"influxdb_upserts_per_s": None, "influxdb_meter_year_ms": None}
    with influxdb_store() as store:
        return {
            "influxdb_upserts_per_s": per_s(points, store.write),
            "influxdb_meter_year_ms": meter_year_ms(store),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="a folder of the shape of cambridge/")
    parser.add_argument("--quick", action="store_true", help=f"no more than {QUICK_POINTS} readings")
    options = parser.parse_args()
    points = readings(options.data)
    source = str(options.data) if points else "made up: no files of that shape"
    points = (points or made_up())[: QUICK_POINTS if options.quick else None]
    figures = sqlite(points) | influxdb(points)
    print(f"{len(points)} readings of {len({p.series for p in points})} series ({source})")
    for name, value in figures.items():
        print(f"{name:28s} {'not measured' if value is None else f'{value:12,.1f}'}")
    rounded = {name: None if value is None else round(value, 1) for name, value in figures.items()}
    print(json.dumps({"readings": len(points)} | rounded))


if __name__ == "__main__":
    main()
