"""Where an installation under test keeps its readings, and how they are counted there without our own code."""

from __future__ import annotations

import http
import os
import sqlite3
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SERVER = ("CAMPUS_TEST_INFLUXDB_URL", "CAMPUS_TEST_INFLUXDB_TOKEN", "CAMPUS_TEST_INFLUXDB_ORG")


@dataclass(frozen=True, slots=True)
class Kept:
    """A kind of store: what settings and environment say of it, and how many readings of a school it gives back."""

    kind: str
    school: str
    settings: str
    count: Callable[[Path], int]
    environment: Mapping[str, str] = field(default_factory=dict)


def in_sqlite() -> Kept:
    return Kept("sqlite", "bench", "", lambda data: count_sqlite(data / "schools" / "bench" / "store.sqlite"))


def count_sqlite(store: Path) -> int:
    """Return how many readings a file holds, by plain SQL; none while it is being made."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM register").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@contextmanager
def in_influxdb() -> Iterator[Kept | None]:
    """A school of its own on the server that the environment names, removed afterwards; None without one."""
    if not all(name in os.environ for name in SERVER):
        yield None
        return
    url, token, org = (os.environ[name] for name in SERVER)
    school = f"bench-{uuid.uuid4().hex[:12]}"
    settings = f'[store]\nkind = "influxdb"\nurl = "{url}"\norg = "{org}"\n'
    try:
        yield Kept("influxdb", school, settings, lambda _: _counted(school), {"CAMPUS_INFLUXDB_TOKEN": token})
    finally:
        _remove(school)


def _counted(school: str) -> int:
    """Return how many readings the server gives back, by plain Flux; none before the bucket is made."""
    flux = (
        f'from(bucket: "{school}-raw") |> range(start: 0) |> filter(fn: (r) => r._measurement == "register" '
        'and r._field == "value") |> group() |> count() |> keep(columns: ["_value"])'
    )
    try:
        rows = _asked("/api/v2/query", flux.encode(), "application/vnd.flux").split()
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.NOT_FOUND:
            raise
        return 0
    return int(rows[-1].rpartition(",")[2]) if len(rows) > 1 else 0


def _asked(path: str, body: bytes, kind: str) -> str:
    url, token, org = (os.environ[name] for name in SERVER)
    query = urllib.parse.urlencode({"org": org})
    headers = {"Authorization": f"Token {token}", "Content-Type": kind, "Accept": "application/csv"}
    request = urllib.request.Request(f"{url}{path}?{query}", body, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.read().decode())


def _remove(school: str) -> None:
    from store import influx_http

    url, token, org = (os.environ[name] for name in SERVER)
    api = influx_http.connect(url, token, org).client.buckets_api()
    for name in (school, f"{school}-raw"):
        if (bucket := api.find_bucket_by_name(name)) is not None:
            api.delete_bucket(bucket)
