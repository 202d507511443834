"""Installed, not checked out: the wheel holds what runs, and runs outside the checkout."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from app.demo import page_answers
from app.mailbox import mails
from tests.deploy import installed
from tests.e2e import needs
from tests.e2e.test_demo import ENDS_S, PATIENCE_S, await_word, left_behind, running
from tests.imports import ROOT, packages
from tests.sizes import FULL


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def campus(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed.install(wheel, tmp_path_factory.mktemp("environment") / "env")


def shipped_files() -> set[str]:
    """Return every file of our packages, as the wheel should hold it."""
    found = (path for package in packages() for path in (ROOT / package).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}


def test_the_wheel_holds_every_file_of_our_packages_and_nothing_of_the_rest(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    started = {name for name in held if name.startswith("app/start/")}
    brokers = {name for name in held if name.startswith("app/deploy/")}
    assert held - started - brokers == shipped_files()
    assert started == {"app/start/settings.toml", "app/start/schools/example.toml"}
    assert "app/deploy/mosquitto/mosquitto.conf" in brokers
    for kind in ("campus/data/factors.toml", "web/templates/school.html", "web/static/page.js"):
        assert kind in held
    assert any(name.startswith("ledger/migrations/") for name in held)
    assert not any(name.startswith(("tests/", "benchmarks/", "config/")) for name in held)


def test_it_is_run_from_the_environment_it_was_installed_in(campus, tmp_path):
    python = campus.with_name("python")
    script = "import app, campus; print(app.__file__, campus.__file__)"
    (tmp_path / "where.py").write_text(script, encoding="utf-8")
    ran = installed.run(python, "where.py", cwd=tmp_path)
    assert ran.stdout.count(str(campus.parents[1])) == 2, ran.stderr
    assert str(ROOT) not in ran.stdout


EVERY_MODULE = """
import importlib, pkgutil, sys
names = [
    module.name
    for package in sys.argv[1:]
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")
    if not module.name.endswith("__main__")
]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_every_module_loads_with_the_libraries_the_wheel_asks_for(campus, tmp_path):
    (tmp_path / "every.py").write_text(EVERY_MODULE, encoding="utf-8")
    ran = installed.run(campus.with_name("python"), "every.py", *packages(), cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 100


def test_in_an_empty_folder_it_says_how_to_begin(campus, tmp_path):
    checked = installed.run(campus, "check", cwd=tmp_path)
    assert checked.returncode == 0 and "campus init" in checked.stdout
    ran = installed.run(campus, "run", cwd=tmp_path)
    assert ran.returncode == 1 and "campus init" in ran.stderr and "Traceback" not in ran.stderr


def test_it_writes_the_files_to_begin_with_and_touches_none_that_is_there(campus, tmp_path):
    begun = installed.run(campus, "init", cwd=tmp_path)
    assert begun.returncode == 0, begun.stderr
    for name in ("settings.toml", "schools/example.toml"):
        assert (tmp_path / "config" / name).read_bytes() == (ROOT / "config" / name).read_bytes()
    (tmp_path / "config" / "settings.toml").write_text("# ours\n", encoding="utf-8")
    again = installed.run(campus, "init", cwd=tmp_path)
    assert again.returncode == 1 and "已存在" in again.stderr
    assert (tmp_path / "config" / "settings.toml").read_text(encoding="utf-8") == "# ours\n"
    schools = tmp_path / "config" / "schools"
    text = (schools / "example.toml").read_text(encoding="utf-8")
    (schools / "ours.toml").write_text(text.replace('key = "example"', 'key = "ours"', 1), encoding="utf-8")
    checked = installed.run(campus, "check", cwd=tmp_path)
    assert checked.returncode == 0 and "示例中学" in checked.stdout, checked.stderr


@needs.mosquitto
@pytest.mark.timeout(1200)
def test_the_demonstration_of_a_healthy_school_lives_on_at_a_free_port_until_ctrl_c(campus, tmp_path):
    folder = tmp_path / "demo"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running([str(campus)], folder, "--port", str(port), "--seed", "5", "--history", "4w") as (process, said):
            text = await_word(said, "End:")
            assert f"端口 {port} 已被别的程序占用" in text and f"Port {port} is taken" in text
            page_port = int(text.partition("http://127.0.0.1:")[2].partition("/")[0])
            assert page_port > port and page_answers(page_port)
            _await_unregistered(folder)
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(ENDS_S) == 0
    assert left_behind(folder) == []
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as ledger:
        assert ledger.execute("SELECT count(*) FROM episode").fetchone() == (0,)
    assert mails(folder / "mailbox") == []


def _await_unregistered(folder: Path) -> None:
    """Wait until the device nobody registered has spoken and waits in quarantine."""
    until = time.monotonic() + PATIENCE_S
    with closing(sqlite3.connect(f"file:{folder / 'quarantine.sqlite'}?mode=ro", uri=True)) as quarantine:
        while not quarantine.execute("SELECT 1 FROM quarantine WHERE topic='campus/demo/reading-room'").fetchall():
            assert time.monotonic() < until
            time.sleep(0.2)


@needs.mosquitto
@pytest.mark.skipif(not FULL, reason="only at full size (CAMPUS_TEST_SIZE=full): tests/e2e/test_demo.py counts")
def test_the_demonstration_runs_and_loses_nothing(campus, tmp_path):
    words = ["demo", "--for", "1s", "--seed", "7", "--history", "4w", "--json"]
    ran = installed.run(campus, *words, cwd=tmp_path, timeout_s=PATIENCE_S)
    assert ran.returncode == 0, ran.stderr
    line = json.loads(ran.stdout.splitlines()[-1])
    assert line["lost"] == 0 and line["published"] > 1000
    assert line["faults_found"] == line["faults_injected"] > 0
