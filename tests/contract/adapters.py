"""The adapters of the store port that the contract suite runs on; each gives a function that opens the same store."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from campus.ports import Store
from store import influx_http
from store.influx import open_influx
from store.influx_buckets import ensure_buckets, raw_bucket, result_bucket
from store.sqlite import open_sqlite
from tests.contract.influx_standin import ADMIN, standin

Open = Callable[[], Store]
ORG = "campus"
REAL = ("CAMPUS_TEST_INFLUXDB_URL", "CAMPUS_TEST_INFLUXDB_TOKEN", "CAMPUS_TEST_INFLUXDB_ORG")


@contextmanager
def sqlite(folder: Path) -> Iterator[Open]:
    """A file of its own."""
    with _closing(lambda: open_sqlite(folder / "store.db")) as opener:
        yield opener


@contextmanager
def influxdb_standin(_: Path) -> Iterator[Open]:
    """The stand-in that answers as the recording of 2.7.12."""
    with standin(ORG, time.time) as server:
        _make_buckets(server.url, ADMIN, ORG, "school")
        with _closing(lambda: open_influx(server.url, ADMIN, ORG, "school")) as opener:
            yield opener


@contextmanager
def influxdb_real(_: Path) -> Iterator[Open]:
    """A real server, in buckets made for the test and removed after it."""
    url, token, org = (os.environ[name] for name in REAL)
    school = f"campus-test-{uuid.uuid4().hex[:12]}"
    _make_buckets(url, token, org, school)
    try:
        with _closing(lambda: open_influx(url, token, org, school)) as opener:
            yield opener
    finally:
        remove_buckets(url, token, org, school)


def remove_buckets(url: str, token: str, org: str, school: str) -> None:
    """Remove both buckets of a school and all that is in them."""
    server = influx_http.connect(url, token, org)
    api = server.client.buckets_api()
    for name in (raw_bucket(school), result_bucket(school)):
        api.delete_bucket(api.find_bucket_by_name(name))
    server.client.close()


def _make_buckets(url: str, token: str, org: str, school: str) -> None:
    server = influx_http.connect(url, token, org)
    ensure_buckets(server, school)
    server.client.close()


@contextmanager
def _closing(opened: Callable[[], Store]) -> Iterator[Open]:
    with ExitStack() as closing:

        def open_store() -> Store:
            store = opened()
            closing.callback(store.close)
            return store

        yield open_store


def real_server() -> bool:
    """Whether the environment names a real server to test on."""
    return all(name in os.environ for name in REAL)


ADAPTERS = {"sqlite": sqlite, "influxdb stand-in": influxdb_standin} | (
    {"influxdb": influxdb_real} if real_server() else {}
)
