"""A real PostgreSQL of the system's packages, started for the tests on a free port and in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.ports import free_port

DRIVER = "postgresql+psycopg://"
# Nothing here outlives the tests, so nothing waits for the disk.
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
STARTS_S = 30.0
_fresh = count(1)


def binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs; Debian keeps them out of the path."""
    found = [Path(where).parent] if (where := shutil.which("initdb")) else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists()), None)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give the URL of a running server's database `postgres`."""
    programs = binaries()
    if programs is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not installed (package postgresql)")
    with server(programs) as url:
        yield url


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """Run a server that trusts whoever comes from this machine."""
    folder = Path(tempfile.mkdtemp(prefix="campus-postgres-"))
    # The server refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user, user)
    data = folder / "data"
    trusting = [programs / "initdb", "-D", data, "-U", "campus", "--auth=trust", "--no-sync", "-E", "UTF8"]
    subprocess.run(trusting, check=True, stdout=subprocess.DEVNULL, user=user, group=user, cwd=folder)
    port = free_port()
    listening = ("-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", "-p", str(port))
    with (folder / "log").open("wb") as log:
        command = [programs / "postgres", "-D", data, *listening, *FAST]
        running = subprocess.Popen(command, stdout=log, stderr=log, user=user, group=user, cwd=folder)
    try:
        url = f"{DRIVER}campus@127.0.0.1:{port}/postgres"
        _wait(url, running)
        yield url
    finally:
        # A fast shutdown: it does not wait for whoever is still connected.
        running.send_signal(signal.SIGINT)
        running.wait(STARTS_S)
        shutil.rmtree(folder)


def fresh_database(url: str) -> str:
    """Make an empty database on the server; return its URL."""
    name = f"ledger_{next(_fresh)}"
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    return f"{url.rpartition('/')[0]}/{name}"


def _plain(url: str) -> str:
    return url.replace(DRIVER, "postgresql://", 1)


def _wait(url: str, running: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_S
    while True:
        try:
            psycopg.connect(_plain(url), connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if running.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
