"""The SQLite file: shared by processes, outliving kill -9, readable by plain SQL, with errors that say what to do."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campus.errors import StoreUnavailable
from campus.schema import CONSUMPTION, DAY, FIGURE, HOUR, REGISTER, Columns, Point, SeriesId, from_ms, to_ms
from store import sqlite_file
from store.sqlite import SLICE, SqliteStore, open_sqlite
from tests.sizes import examples, within

T0 = to_ms(datetime(2026, 1, 1, tzinfo=UTC))
WINDOW = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
METER = SeriesId(REGISTER, "m1", "electricity")

WRITER = """
import sys
from pathlib import Path
from campus.schema import Point, SeriesId
from store.sqlite import open_sqlite
path, meter, first, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
series, store, done = SeriesId("register", meter, "electricity"), open_sqlite(path), 0
while True:
    store.write([Point(series, first + done + n, (float(done + n), 0.0, "good", "")) for n in range(size)])
    done += size
    print(done, flush=True)
"""

# What the release before corrections made.
VERSION_1 = """
CREATE TABLE series (id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL,
    resolution TEXT NOT NULL, UNIQUE (measurement, subject, name, resolution));
CREATE TABLE conflict (id INTEGER PRIMARY KEY AUTOINCREMENT, series INTEGER NOT NULL, time_ms INTEGER NOT NULL,
    old REAL NOT NULL, new REAL NOT NULL, UNIQUE (series, time_ms, old, new));
CREATE TABLE register (series INTEGER NOT NULL, time_ms INTEGER NOT NULL, value REAL, seconds REAL, quality TEXT,
    serial TEXT, PRIMARY KEY (series, time_ms)) WITHOUT ROWID;
CREATE TABLE consumption (series INTEGER NOT NULL, time_ms INTEGER NOT NULL, value REAL, coverage REAL,
    estimated REAL, PRIMARY KEY (series, time_ms)) WITHOUT ROWID;
CREATE TABLE figure (series INTEGER NOT NULL, time_ms INTEGER NOT NULL, value REAL, low REAL, high REAL,
    coverage REAL, estimated REAL, PRIMARY KEY (series, time_ms)) WITHOUT ROWID;
CREATE VIEW consumption_view AS SELECT s.subject AS meter, s.name AS quantity, m.time_ms, m.value, m.coverage,
    m.estimated FROM consumption m JOIN series s ON s.id = m.series;
PRAGMA user_version = 1
"""


def points(count: int, series: SeriesId = METER) -> list[Point]:
    return [Point(series, T0 + n, (float(n), 0.0, "good", "")) for n in range(count)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = open_sqlite(path)
    yield store
    store.close()


def writer(path: Path, meter: str, size: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WRITER, str(path), meter, str(T0), str(size)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def kill_after(process: subprocess.Popen[str], writes: int, delay_s: float) -> int:
    """Kill a writer at some moment after some writes; return how many points it had reported written."""
    assert process.stdout is not None
    for _ in range(writes):
        process.stdout.readline()
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().splitlines()
    process.stdout.close()
    process.wait()
    return int(rest[-1]) if rest else 0


@pytest.mark.parametrize("delay_s", [0.0, 0.013, 0.027, 0.041])
def test_what_was_reported_written_outlives_kill_9_and_the_file_stays_sound(path: Path, delay_s: float) -> None:
    open_sqlite(path).close()
    reported = kill_after(writer(path, "m1", 3 * SLICE), writes=1, delay_s=delay_s)
    store = open_sqlite(path)
    values = store.series([METER], *WINDOW)[METER].value.tolist()
    store.close()
    assert len(values) >= reported
    assert len(values) % SLICE == 0, "a slice is written whole or not at all"
    assert values == [float(n) for n in range(len(values))]
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()


def test_a_second_process_writes_while_a_third_reads_and_nobody_is_turned_away(
    store: SqliteStore, path: Path
) -> None:
    other = writer(path, "m2", 1_000)
    longest, seen, mine = 0.0, 0, 0
    theirs = SeriesId(REGISTER, "m2", "electricity")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (seen == 0 or mine < 200):
        begun = time.monotonic()
        store.write([Point(METER, T0 + mine, (float(mine), 0.0, "good", ""))])
        longest, mine = max(longest, time.monotonic() - begun), mine + 1
        now = len(store.series([theirs], *WINDOW)[theirs])
        assert now >= seen
        seen = now
    reported = kill_after(other, writes=0, delay_s=0)
    assert len(store.series([theirs], *WINDOW)[theirs]) >= reported > 0
    assert len(store.series([METER], *WINDOW)[METER]) == mine > 0
    assert longest < within(5), "a writer waits for a slice, not for a batch"


def test_threads_of_one_process_may_share_the_store(store: SqliteStore) -> None:
    ids = [SeriesId(REGISTER, f"m{n}", "water") for n in range(4)]
    threads = [threading.Thread(target=lambda one=one: store.write(points(5_000, one))) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(columns) for columns in store.series(ids, *WINDOW).values()] == [5_000] * 4


def test_processes_may_open_a_new_file_at_the_same_moment(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from store.sqlite import open_sqlite; open_sqlite(Path(sys.argv[1]))"
    )
    openers = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(6)]
    assert [process.wait() for process in openers] == [0] * 6


def test_plain_sql_reads_every_measurement_by_its_tag_names(store: SqliteStore, path: Path) -> None:
    store.write([Point(METER, T0, (1.5, 900.0, "manual", "S1"))])
    store.write([Point(SeriesId(CONSUMPTION, "m1", "electricity"), T0, (2.5, 1.0, None, 0.5))])
    store.write([Point(SeriesId(FIGURE, "school", "electricity", DAY), T0, (3.5, None, None, 1.0, 0.0, None))])
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    register = "SELECT meter, quantity, time_ms, value, seconds, quality, serial FROM register_view"
    consumption = "SELECT meter, quantity, time_ms, value, coverage, estimated, corrected FROM consumption_view"
    figure = "SELECT subject, figure, resolution, time_ms, value, low, high, coverage, estimated FROM figure_view"
    assert db.execute(register).fetchall() == [("m1", "electricity", T0, 1.5, 900.0, "manual", "S1")]
    assert db.execute(consumption).fetchall() == [("m1", "electricity", T0, 2.5, 1.0, None, 0.5)]
    assert db.execute(figure).fetchall() == [("school", "electricity", "day", T0, 3.5, None, None, 1.0, 0.0)]
    db.close()


def test_a_file_of_the_release_without_corrections_is_taken_over_and_says_nobody_corrected(path: Path) -> None:
    with closing(sqlite3.connect(path)) as old:
        old.executescript(VERSION_1)
        old.execute("INSERT INTO series VALUES (1, 'consumption', 'm1', 'electricity', '')")
        old.execute("INSERT INTO consumption VALUES (1, ?, 2.5, 1.0, 0.0)", (T0,))
        old.commit()
    with closing(open_sqlite(path)) as store:
        one = SeriesId(CONSUMPTION, "m1", "electricity")
        assert store.latest([one])[one].values == (2.5, 1.0, 0.0, None)
        store.write([Point(one, T0 + 1, (3.5, 1.0, 0.0, 0.25))])
        assert store.latest([one])[one].values == (3.5, 1.0, 0.0, 0.25)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        seen = "SELECT value, corrected FROM consumption_view ORDER BY time_ms"
        assert db.execute(seen).fetchall() == [(2.5, None), (3.5, 0.25)]


def test_the_same_conflict_again_is_one_line(store: SqliteStore) -> None:
    for value in (1.0, 2.0, 1.0, 2.0):
        store.write([Point(METER, T0, (value, 0.0, "good", ""))])
    assert [(conflict.old, conflict.new) for conflict in store.conflicts()] == [(1.0, 2.0), (2.0, 1.0)]


def test_a_file_held_too_long_is_said_so_and_nothing_is_lost(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_S", 0.1)
    store = open_sqlite(path)
    store.write(points(1))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match=r"store\.db.*another program held it.*transaction open"):
        store.write(points(2))
    assert len(store.series([METER], *WINDOW)[METER]) == 1, "reading goes on meanwhile"
    holder.execute("ROLLBACK")
    holder.close()
    store.write(points(2))
    assert len(store.series([METER], *WINDOW)[METER]) == 2
    store.close()


def test_a_full_disk_is_said_so_and_the_store_goes_on_when_there_is_room(store: SqliteStore) -> None:
    store.write(points(10))
    ((pages,),) = store._connection.execute("PRAGMA page_count")
    store._connection.execute(f"PRAGMA max_page_count = {pages + 3}")
    with pytest.raises(StoreUnavailable, match="disk is full: free space"):
        store.write(points(SLICE))
    assert len(store.series([METER], *WINDOW)[METER]) == 10
    store._connection.execute("PRAGMA max_page_count = 1000000")
    assert store.write(points(SLICE)).refused == ()
    assert len(store.series([METER], *WINDOW)[METER]) == SLICE


def test_a_series_that_could_not_be_made_is_made_by_the_next_write(store: SqliteStore) -> None:
    store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreUnavailable, match="owner and mode"):
        store.write(points(1))
    store._connection.execute("PRAGMA query_only = OFF")
    store.write(points(1))
    assert store.ids(REGISTER) == [METER]


def test_a_file_that_is_no_store_is_said_so(path: Path) -> None:
    path.write_text("meter,value\nm1,12.5\n" * 200)
    with pytest.raises(StoreUnavailable, match=r"not a SQLite file.*move the file away"):
        open_sqlite(path)


def test_a_damaged_file_is_said_so(path: Path) -> None:
    store = open_sqlite(path)
    store.write(points(20_000))
    store.close()
    damaged = bytearray(path.read_bytes())
    damaged[8_192:400_000] = b"\xff" * (400_000 - 8_192)
    path.write_bytes(damaged)
    store = open_sqlite(path)
    with pytest.raises(StoreUnavailable, match=r"damaged.*restore a backup"):
        store.series([METER], *WINDOW)
    store.close()


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="check that its folder exists"):
        open_sqlite(tmp_path / "nowhere" / "store.db")


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    open_sqlite(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreUnavailable, match="newer version"):
        open_sqlite(path)


def test_the_embedded_store_loads_neither_the_influxdb_client_nor_pandas() -> None:
    code = "import sys, store.sqlite; print(sorted({'influxdb_client', 'pandas', 'urllib3'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


HOURS = [SeriesId(CONSUMPTION, "m1", "electricity"), SeriesId(FIGURE, "school", "electricity", HOUR)]
_odd = st.sampled_from([(1.0, 0.0, None), (0.5, 0.0, None), (0.0, 1.0, None), (1.0, 0.0, 0.25), (None, None, None)])


@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    series=st.sampled_from(HOURS),
    told=st.sampled_from((0.0, None)),
    odd=st.dictionaries(st.integers(0, 1499), _odd, max_size=8),
    missing=st.sets(st.integers(0, 1499), max_size=2),
    unknown=st.sets(st.integers(0, 1499), max_size=1),
)
def test_law_many_hours_are_read_as_few_are(store: SqliteStore, series, told, odd, missing, unknown) -> None:
    hours_ms = [T0 + n * 3_600_000 for n in range(1500) if n not in missing]
    values = [None if n in unknown else n / 7 for n in range(1500) if n not in missing]
    marks = [odd.get(n, (1.0, told, None)) for n in range(1500) if n not in missing]
    table = {"value": values} | dict(
        zip(("coverage", "estimated", "corrected"), zip(*marks, strict=True), strict=True)
    )
    columns = Columns(np.array(hours_ms, np.int64), {k: np.array(v, np.float64) for k, v in table.items()})
    store.replace(series, WINDOW, columns)
    many = store.series([series], *WINDOW)[series]
    edges = [*range(T0, hours_ms[-1] + 1, 20 * 86_400_000), hours_ms[-1] + 1]
    few = [store.series([series], from_ms(a), from_ms(b))[series] for a, b in pairwise(edges)]
    np.testing.assert_array_equal(many.time_ms, np.concatenate([part.time_ms for part in few]))
    for name, column in many.fields.items():
        np.testing.assert_array_equal(column, np.concatenate([part.fields[name] for part in few]), name)
