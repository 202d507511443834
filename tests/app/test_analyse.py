"""`campus analyse`: the same figures and findings from one process, from several, and from a Dask cluster."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app import night
from app.analyse import FOR_A_CORE, Analysis, as_many_as_help, pool
from app.cli import main
from app.cluster import ClusterUnusable, cluster
from app.judge import Judge, lock_of
from app.lock import held
from app.settings import CONFIG, DATA, load_settings
from app.shelf import Shelf
from app.sim_rows import SimRows
from app.wiring import Installation, install, open_books, open_store
from campus.ports import Store
from campus.registry import Registry
from campus.schema import CONSUMPTION, DAY, FIELDS, FIGURE, REGISTER, Point, SeriesId, meter_subject
from sim.registers import lay
from sim.toml import school_toml
from tests.ports import free_port
from tests.sim.schools import NOW

EVER = (datetime(2020, 1, 1, tzinfo=NOW.tzinfo), datetime(2030, 1, 1, tzinfo=NOW.tzinfo))
SCHOOLS = {"one": 3, "two": 5}


def _rows(store: Store, rows: SimRows, registry: Registry) -> None:
    """Keep what a deriving process would have: registers, hours and days of every meter."""
    shelf = Shelf(store)
    for meter in registry.meters.values():
        for register in meter.registers:
            key, quantity = meter.key, register.quantity.key
            for one in (SeriesId(CONSUMPTION, key, quantity), SeriesId(FIGURE, meter_subject(key), quantity, DAY)):
                shelf.replace(one, EVER, rows.series([one], *EVER)[one])
            raw = SeriesId(REGISTER, key, quantity)
            last = rows.series([raw], NOW - timedelta(days=2), EVER[1])[raw]
            columns = [last.fields[name].tolist() for name in FIELDS[REGISTER]]
            store.write([Point(raw, t, v) for t, *v in zip(last.time_ms.tolist(), *columns, strict=True)])
    shelf.flush()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two simulated schools of six weeks, as the deriving process leaves them but for all that is summed."""
    folder = tmp_path_factory.mktemp("analyse")
    (folder / "config" / "schools").mkdir(parents=True)
    for school, seed in SCHOOLS.items():
        text = school_toml(lay(seed, NOW)).replace('key = "demo"', f'key = "{school}"', 1)
        text = text.replace("campus/demo/", f"campus/{school}/")
        (folder / "config" / "schools" / f"{school}.toml").write_text(text, encoding="utf-8")
    installation = _installation(folder)
    for school, seed in SCHOOLS.items():
        with closing(open_store(installation.settings, school)) as store:
            registry = installation.registries[school]
            _rows(store, SimRows(lay(seed, NOW), registry), registry)
    return folder


def _installation(folder: Path) -> Installation:
    return install(load_settings({CONFIG: str(folder / "config"), DATA: str(folder / "data")}))


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    shutil.copytree(filled, tmp_path / "home")
    return tmp_path / "home"


def _analysed(folder: Path, hands: Any) -> dict[str, Any]:
    """Analyse on some workers and return all that is then stored and recorded."""
    installation = _installation(folder)
    with closing(open_books(installation.settings)) as books, hands as workers:
        outcomes = list(
            Analysis(folder / "config", folder / "data", books, workers).run(list(installation.registries.values()))
        )
        assert {outcome.school for outcome in outcomes} == set(SCHOOLS)
        assert all(outcome.spent.rows_read > 10_000 and outcome.spent.rows_written > 1_000 for outcome in outcomes)
        return _stands(installation, books)


def _stands(installation: Installation, books: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for school in sorted(installation.registries):
        with closing(open_store(installation.settings, school)) as store:
            for one, columns in store.series(store.ids(FIGURE), *EVER).items():
                values = (columns.time_ms, *columns.fields.values())
                found["/".join((school, *one))] = [column.tobytes() for column in values]
        episodes = [(e.finding.rule, e.finding.subject, repr(e.finding)) for e in books.episodes(school)]
        assert episodes or school == "two"  # a healthy seed
        found[school] = sorted(episodes)
    return found


@pytest.fixture(scope="module")
def once(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process leaves."""
    folder = tmp_path_factory.mktemp("once") / "home"
    shutil.copytree(filled, folder)
    return _analysed(folder, pool(1))


def test_sums_the_usual_carbon_and_findings_are_there(once: dict[str, Any]) -> None:
    for name in ("school/electricity/year", "school/usual/electricity/hour", "school/carbon/total/month"):
        assert f"one/figure/{name}" in once
    assert (
        "one/figure/building/dormitory/water/hour" in once and "one/figure/meter/w-dormitory/usual/water/hour" in once
    )


def test_several_processes_leave_what_one_leaves(home: Path, once: dict[str, Any]) -> None:
    assert _analysed(home, pool(2)) == once


def test_a_school_done_in_parts_is_as_done_in_one(
    home: Path, once: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night, "PART", 5)
    assert _analysed(home, pool(1)) == once


@contextmanager
def local_cluster(folder: Path) -> Iterator[str]:
    """A Dask scheduler and two workers, each a process of its own, on loopback."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    quiet = ["--no-dashboard"]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
    with (folder / "dask.log").open("wb") as log:
        started = [
            subprocess.Popen([*command, *quiet], stdout=log, stderr=log, cwd=Path(__file__).resolve().parents[2])
            for command in (scheduler, worker, worker)
        ]
        try:
            yield address
        finally:
            for process in reversed(started):
                process.kill()
            for process in started:
                process.wait(30)


def test_a_dask_cluster_leaves_what_one_process_leaves(home: Path, once: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    with local_cluster(tmp_path) as address:
        assert _analysed(home, cluster(address)) == once


def test_a_cluster_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.setattr("app.cluster.PATIENCE_S", 0.3)
    with (
        pytest.raises(ClusterUnusable, match="no cluster with a worker at"),
        cluster(f"tcp://127.0.0.1:{free_port()}"),
    ):
        pass


def test_the_deriving_process_finds_nothing_to_change_after_it(home: Path, once: dict[str, Any]) -> None:
    _analysed(home, pool(1))
    installation = _installation(home)
    with closing(open_books(installation.settings)) as books:
        every = [
            (s, m.key, r.quantity.key)
            for s, one in installation.registries.items()
            for m in one.meters.values()
            for r in m.registers
        ]
        Judge(books)(installation, {key: [] for key in every})
        installation.stores.close()
        assert _stands(installation, books) == once


def test_a_school_that_is_being_judged_is_waited_for(home: Path, once: dict[str, Any]) -> None:
    done = threading.Event()

    def analyse() -> None:
        assert _analysed(home, pool(1)) == once
        done.set()

    with held(lock_of(home / "data", "two")):
        thread = threading.Thread(target=analyse)
        thread.start()
        assert not done.wait(2.0)
    thread.join(60)
    assert done.is_set()


def test_the_command_says_what_it_read_wrote_and_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG, str(home / "config"))
    monkeypatch.setenv(DATA, str(home / "data"))
    told = CliRunner().invoke(main, ["analyse", "--school", "two", "--workers", "1"])
    assert told.exit_code == 0, told.output
    assert "two" in told.output and "one" not in told.output.split("findings")[0]
    told = CliRunner().invoke(main, ["analyse", "--workers", "1", "--json"])
    said = json.loads(told.stdout.splitlines()[-1])
    assert {one["school"] for one in said["schools"]} == set(SCHOOLS)
    going_on = sum(one["going_on"] for one in said["schools"])
    assert going_on > 0 and told.exit_code == 1
    assert CliRunner().invoke(main, ["analyse", "--school", "nowhere"]).exit_code == 2


def test_a_server_is_read_by_more_processes_than_there_are_cores() -> None:
    assert as_many_as_help("influxdb") == 2 * as_many_as_help("sqlite") >= 2
    assert set(FOR_A_CORE) == {"sqlite", "influxdb"}
